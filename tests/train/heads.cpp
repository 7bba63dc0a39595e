// Heads, positions and scores of other families, and of one's own, keep the laws of gradients.
#include <weft/head/long_question_answering.hpp>
#include <weft/head/normed_linear.hpp>
#include <weft/head/pooled.hpp>
#include <weft/mixer/fourier.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/window.hpp>
#include <weft/testing/gradient_laws.hpp>

#include "catch.hpp"
#include "testing/counted_allocations.hpp"

namespace weft_train_heads {
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

struct turning : small {
  using mixer = attention<per_layer<2, full, window<2>>, scaled, true, per_layer<2, rotary<100>, rotary<50>>>;
};
TEST_CASE("patterns and positions by layer learn, and heads of means") {
  check<turning, normed_classification<reads::sequences_as_one>>(2);
}
// A score of one's own has no line about training, nor about the reference encoder.
struct leaning {
  auto operator()(const score_site& at, auto key, auto dot) const {
    const auto scaled = simd::rounded(dot * at.scale);
    return simd::fma(simd::tanh(scaled), scaled, simd::rounded(key * 0.0625f));
  }
};
struct leaning_bert : small {
  using mixer = attention<full, leaning>;
};
TEST_CASE("a score of one's own learns as it stands") { check<leaning_bert>(); }

struct transformed : small {
  using mixer = fourier;
};
TEST_CASE("Fourier transforms pass on what they learn") { check<transformed>(); }

TEST_CASE("other heads learn") {
  check<small, normed_lm<>>();
  check<small, pooled<pooling::mean, pooling::first_token, pooling::weighted_mean, pooling::last_token>>();
}

TEST_CASE("BigBird's question answering learns, whatever it lowers") {
  check<small, long_question_answering<gelu_tanh, 5>>();
}

}  // namespace
}  // namespace weft_train_heads
