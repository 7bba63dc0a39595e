#pragma once
// weft's rows, logits and weights as xtensor views, and xtensor containers as weft's batches and weights.
#include <weft/interop/as_xtensor.hpp>
#include <weft/interop/from_xtensor.hpp>
