// SqueezeBERT's linears, which are convolutions of one tap in groups, keep the laws of gradients.
#include <weft/ffn/pointwise.hpp>
#include <weft/mixer/grouped_attention.hpp>
#include <weft/model/bert.hpp>
#include <weft/testing/gradient_laws.hpp>

#include "catch.hpp"
#include "testing/counted_allocations.hpp"

namespace weft_train_squeezed {
namespace {
using namespace weft;

struct squeezed : bert_base {
  static constexpr model_shape shape{.width = 24, .heads = 2, .hidden = 20};
  using mixer = grouped_attention<attention_groups{.query = 2, .key = 4, .value = 3, .output = 1}>;
  using feed_forward = pointwise<2, 4, gelu>;
};

TEST_CASE("attention and feed-forwards in groups learn") {
  testing::gradient_trial trial;
  trial.model.layers = 1;
  trial.lengths = {5, 1, 0, 8};
  trial.visible = {3, 1, 0, 8};
  trial.allocations = allocations_so_far;
  double worst = 0;
  CHECK(testing::broken_gradient_law<squeezed, token_classification>(trial, &worst) == "");
  CAPTURE(worst);
  CHECK(worst < 1e-4);
}

}  // namespace
}  // namespace weft_train_squeezed
