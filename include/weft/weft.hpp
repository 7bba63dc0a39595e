#pragma once
// Everything that computes: floors 0 to 11. Needs xsimd and nothing else. Reading files and text takes
// weft/io/load.hpp, weft/io/tokenizer_json.hpp or weft/pipeline/*.hpp.
#include <weft/base/version.hpp>
#include <weft/encoder/describe.hpp>
#include <weft/encoder/encoder.hpp>
#include <weft/head/model.hpp>
#include <weft/head/pooler.hpp>
#include <weft/model/bert.hpp>
#include <weft/model/electra.hpp>
#include <weft/model/etc.hpp>
