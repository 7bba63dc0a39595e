// Layouts and embeddings of MobileBERT and AutoBERT-Zero keep the laws of gradients.
#include <weft/embedding/trigram.hpp>
#include <weft/head/concatenated_lm.hpp>
#include <weft/head/table_lm.hpp>
#include <weft/layout/bottleneck.hpp>
#include <weft/layout/stacked.hpp>
#include <weft/mixer/light_convolution.hpp>
#include <weft/model/bert.hpp>
#include <weft/norm/affine.hpp>
#include <weft/testing/gradient_laws.hpp>

#include "catch.hpp"
#include "testing/counted_allocations.hpp"

namespace weft_train_layouts {
namespace {
using namespace weft;

struct small : bert_base {
  static constexpr model_shape shape{.width = 24, .heads = 2, .hidden = 20};
  using feed_forward = dense<gelu_tanh>;
};

template <class Spec, class Head = token_classification>
void check(index_t layers = 1) {
  testing::gradient_trial trial;
  trial.model.layers = layers;
  trial.lengths = {5, 1, 0, 8};
  trial.visible = {3, 1, 0, 8};
  trial.allocations = allocations_so_far;
  double worst = 0;
  CHECK(testing::broken_gradient_law<Spec, Head>(trial, &worst) == "");
  CAPTURE(worst);
  CHECK(worst < 1e-4);
}

template <narrowed Narrow, class LastNorm>
struct narrow : small {
  using embedding = trigram<8>;
  using norm = affine;
  using layout = bottleneck<12, 2, Narrow, LastNorm>;
};
TEST_CASE("bottlenecks, trigrams and further tables of words learn") {
  check<narrow<narrowed::query_key, void>, concatenated_lm<gelu>>();
  check<narrow<narrowed::all, layer_norm<>>>();
  check<narrow<narrowed::none, void>>();
}

struct several : small {
  using embedding = projected<10>;
  using layout = stacked<2>;
  using mixer = light_convolution<3>;
};
TEST_CASE("light convolutions and stacked feed-forwards learn") { check<several, table_lm<gelu>>(); }

}  // namespace
}  // namespace weft_train_layouts
