// Rotation of queries and keys in every mixer with attention and every layout.
#include <weft/layout/pre_norm.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/window.hpp>
#include <weft/position/per_layer.hpp>
#include <weft/position/rotary.hpp>
#include <weft/position/rotary_neighbours.hpp>
#include <weft/position/values_too.hpp>

#include "crossing/crossing.hpp"

namespace {
using turned = weft::per_layer<2, weft::rotary<160'000>, weft::rotary<>>;
struct rotary_attention : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
  using mixer = weft::attention<weft::per_layer<2, weft::full, weft::window<5>>, weft::scaled, false, turned>;
};
struct rotary_mixed : rotary_attention {
  using mixer = weft::mixed_attention<weft::full, weft::span_convolution<5>, weft::head_ratio<2>, weft::scaled, turned>;
  using layout = weft::pre_norm;
};
struct rotary_bottleneck : rotary_attention {
  using mixer = weft::attention<weft::full, weft::scaled, true, weft::rotary<>>;
  using layout = weft::bottleneck<24, 2>;
};
struct neighbours_attention : rotary_attention {
  using mixer = weft::attention<weft::window<5>, weft::scaled, true, weft::rotary_neighbours<>>;
};
using some_values = weft::per_layer<2, weft::values_too<weft::rotary_neighbours<>>, weft::rotary<>>;
struct neighbours_mixed : rotary_attention {
  using mixer =
      weft::mixed_attention<weft::full, weft::span_convolution<5>, weft::head_ratio<2>, weft::scaled, some_values>;
  using layout = weft::bottleneck<24, 2>;
};
struct neighbours_values : rotary_attention {
  using mixer = weft::attention<weft::full, weft::scaled, true, weft::values_too<weft::rotary_neighbours<100>>>;
  using layout = weft::pre_norm;
};
}  // namespace

TEST_CASE("rotary_neighbours, window, attention, post_norm") { weft_test::check_composition<neighbours_attention>(); }
TEST_CASE("values_too in some layers, mixed attention, bottleneck") {
  weft_test::check_composition<neighbours_mixed>();
}
TEST_CASE("values_too, attention, pre_norm") { weft_test::check_composition<neighbours_values>(); }
TEST_CASE("rotary, attention, post_norm") { weft_test::check_composition<rotary_attention>(); }
TEST_CASE("rotary, mixed attention, pre_norm") { weft_test::check_composition<rotary_mixed>(); }
TEST_CASE("rotary, attention, bottleneck") { weft_test::check_composition<rotary_bottleneck>(); }
