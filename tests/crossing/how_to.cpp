// The pattern of docs/how-to/write-a-pattern.md, taken from the page as it stands, inside three models: one changed
// line each.
#include <cstdlib>
#include <weft/model/convbert.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/testing/pattern_laws.hpp>

#include "crossing/crossing.hpp"
#include "how_to_pattern.hpp"  // neighbours_and_first

namespace {

struct small_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
};
struct small_convbert : weft::convbert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
};
struct small_mobilebert : weft::mobilebert {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
  using embedding = weft::trigram<16>;
  using layout = weft::bottleneck<24, 4, weft::narrowed::query_key>;
};

struct local_bert : small_bert {
  using mixer = weft::attention<neighbours_and_first<4>>;
};
struct local_convbert : small_convbert {
  using mixer = weft::mixed_attention<neighbours_and_first<4>, weft::span_convolution<9>>;
};
struct local_mobilebert : small_mobilebert {
  using mixer = weft::attention<neighbours_and_first<4>>;
};

}  // namespace

TEST_CASE("the how-to page's pattern is lawful") {
  CHECK(weft::testing::broken_pattern_law<neighbours_and_first<4>>() == "");
}
TEST_CASE("the how-to page's pattern works in BERT") { weft_test::check_composition<local_bert>(); }
TEST_CASE("the how-to page's pattern works in ConvBERT") { weft_test::check_composition<local_convbert>(); }
TEST_CASE("the how-to page's pattern works in MobileBERT") { weft_test::check_composition<local_mobilebert>(); }
