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
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/block_table.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/dilated_window.hpp>
#include <weft/pattern/documents.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/union_of.hpp>
#include <weft/score/alibi.hpp>
#include <weft/score/relative_bias.hpp>
#include <weft/score/soft_cap.hpp>
#include <weft/score/unscaled.hpp>
