// A score that begins with the query's row and with the key's, over every kind of pattern, in mixed attention, under
// every layout and beside rotation.
#include <weft/layout/pre_norm.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/window.hpp>
#include <weft/position/rotary.hpp>
#include <weft/score/disentangled.hpp>

#include "crossing/crossing.hpp"

namespace {
using weft::disentangled, weft::logarithmic_buckets, weft::clamped_distances, weft::position_terms;
using near_and_far = logarithmic_buckets<16, 60>;
using both_terms = disentangled<position_terms{}, near_and_far, weft::shared_projections, weft::layer_norm<>>;
using own = disentangled<position_terms{}, clamped_distances<8>, weft::own_projections<false, true>>;
using of_queries = disentangled<position_terms{true, true, false, 1}, near_and_far>;
using of_keys = disentangled<position_terms{true, false, true, 3}, clamped_distances<100>>;

struct begun : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
};
template <class Mixer, class Layout = weft::post_norm>
struct with : begun {
  using mixer = Mixer;
  using layout = Layout;
};
template <class Pattern, class Score>
using mixed = weft::mixed_attention<Pattern, weft::span_convolution<5>, weft::head_ratio<2>, Score>;
}  // namespace

TEST_CASE("terms of positions, full") { weft_test::check_composition<with<weft::attention<weft::full, both_terms>>>(); }
TEST_CASE("terms of positions, window, projections of their own") {
  weft_test::check_composition<with<weft::attention<weft::window<5>, own>>>();
}
TEST_CASE("terms of positions, block-sparse, one term") {
  weft_test::check_composition<with<weft::attention<weft::bigbird_blocks<4, 3>, of_queries>, weft::pre_norm>>();
}
TEST_CASE("terms of positions, landmarks, the other term") {
  weft_test::check_composition<with<weft::attention<weft::landmarks<3>, of_keys>, weft::bottleneck<24, 2>>>();
}
TEST_CASE("terms of positions, mixed") { weft_test::check_composition<with<mixed<weft::full, both_terms>>>(); }
TEST_CASE("terms of positions, mixed, window, narrow") {
  weft_test::check_composition<with<mixed<weft::window<5>, own>, weft::bottleneck<24, 2>>>();
}
TEST_CASE("terms of positions beside rotation") {
  weft_test::check_composition<with<weft::attention<weft::full, both_terms, true, weft::rotary<>>, weft::pre_norm>>();
}
