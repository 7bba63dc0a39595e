// A score that begins with the query's row and with the key's, over every kind of pattern and in mixed attention.
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/pattern/window.hpp>

#include "crossing/crossing.hpp"
#include "disentangled.hpp"

namespace {
using both_terms = weft_test::disentangled<12, 8>;
struct begun_full : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
  using mixer = weft::attention<weft::full, both_terms>;
};
struct begun_window : begun_full {
  using mixer = weft::attention<weft::window<5>, both_terms>;
};
struct begun_blocks : begun_full {
  using mixer = weft::attention<weft::bigbird_blocks<4, 3>, both_terms>;
};
struct begun_mixed : begun_full {
  using mixer = weft::mixed_attention<weft::full, weft::span_convolution<5>, weft::head_ratio<2>, both_terms>;
};
}  // namespace

TEST_CASE("a score that begins, full") { weft_test::check_composition<begun_full>(); }
TEST_CASE("a score that begins, window") { weft_test::check_composition<begun_window>(); }
TEST_CASE("a score that begins, block-sparse") { weft_test::check_composition<begun_blocks>(); }
TEST_CASE("a score that begins, mixed") { weft_test::check_composition<begun_mixed>(); }
