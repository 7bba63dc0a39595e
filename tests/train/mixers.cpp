// Mixers other than plain attention, and scores and positions with something of their own, keep the laws of gradients.
#include <weft/ffn/grouped.hpp>
#include <weft/mixer/mixed_attention.hpp>
#include <weft/mixer/span_convolution.hpp>
#include <weft/model/bert.hpp>
#include <weft/model/modernbert.hpp>
#include <weft/model/mpnet.hpp>
#include <weft/pattern/window.hpp>
#include <weft/testing/gradient_laws.hpp>

#include "catch.hpp"
#include "testing/counted_allocations.hpp"

namespace weft_train_mixers {
namespace {
using namespace weft;

struct small : bert_base {
  static constexpr model_shape shape{.width = 24, .heads = 4, .hidden = 40};
};

template <class Spec, class Head = token_classification>
void check(testing::gradient_trial trial = {}, index_t layers = 1) {
  trial.model.layers = layers;
  trial.lengths = {7, 1, 0, 12};
  trial.allocations = allocations_so_far;
  double worst = 0;
  CHECK(testing::broken_gradient_law<Spec, Head>(trial, &worst) == "");
  CAPTURE(worst);
  CHECK(worst < 1e-4);
}

template <invisible_rows Invisible>
struct mixed : small {
  using mixer = mixed_attention<window<4>, span_convolution<5, Invisible>>;
  using feed_forward = grouped<2, gelu>;
};
TEST_CASE("mixed attention and grouped linears learn") {
  testing::gradient_trial trial;
  trial.visible = {5, 1, 0, 12};
  check<mixed<invisible_rows::read>>(trial);
  check<mixed<invisible_rows::zeros>>(trial);
}

struct biased : small {
  static constexpr auto names = mpnet_names;  // one table for all layers
  using embedding = words_and_positions_after_padding;
  using mixer = attention<full, relative_bias<8, 6>>;
};
TEST_CASE("a table of relative positions learns, and positions behind the padding") {
  testing::gradient_trial trial;
  trial.model.first_position = 3;
  trial.visible = {5, 1, 0, 12};
  check<biased>(trial, 2);
}

struct turned : small {
  using embedding = words_and_segments;
  using norm = without_bias<layer_norm<>>;
  using first = pre_norm_first;
  using layout = pre_norm;
  using last = final_norm<>;
  using mixer = attention<window<4>, scaled, false, rotary<>, false, projections_stored::as_one>;
  using feed_forward = gated<silu, gate_stored::as_one, false>;
};
struct plainly_turned : small {
  using embedding = summed_rescaled;
  using layout = pre_norm;
  using last = final_norm<>;
  using mixer = attention<full, scaled, true, rotary<100>, true, projections_stored::as_one>;
  using feed_forward = gated<gelu, gate_stored::apart, true>;
};
TEST_CASE("rotary positions, projections as one, gated feed-forwards and norms in front learn") {
  check<turned>({}, 2);
  check<plainly_turned, masked_lm<>>();
}

}  // namespace
}  // namespace weft_train_mixers
