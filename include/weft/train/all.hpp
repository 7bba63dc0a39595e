#pragma once
// Every twin, and what models are trained with.
#include <weft/train/embedding/factorised.hpp>
#include <weft/train/embedding/summed.hpp>
#include <weft/train/ffn/dense.hpp>
#include <weft/train/head/dense_classification.hpp>
#include <weft/train/head/masked_lm.hpp>
#include <weft/train/head/pooled_linear.hpp>
#include <weft/train/head/token_linear.hpp>
#include <weft/train/layout/post_norm.hpp>
#include <weft/train/mixer/attention.hpp>
#include <weft/train/model.hpp>
#include <weft/train/norm/layer_norm.hpp>
#include <weft/train/trainer.hpp>
