// Whole models of several compositions keep the laws of gradients.
#include <weft/model/bert.hpp>
#include <weft/model/electra.hpp>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/dilated_window.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/union_of.hpp>
#include <weft/pattern/window.hpp>
#include <weft/score/alibi.hpp>
#include <weft/score/soft_cap.hpp>
#include <weft/testing/gradient_laws.hpp>

#include "catch.hpp"
#include "testing/counted_allocations.hpp"

namespace weft_train_compositions {
namespace {
using namespace weft;

struct small : bert_base {
  static constexpr model_shape shape{.width = 24, .heads = 3, .hidden = 40};
};
struct narrow : small {
  using embedding = factorised<12>;
};
struct sloped : small {
  using mixer = attention<window<3>, soft_cap<3, alibi>>;
  using feed_forward = dense<gelu_tanh>;
};
struct sparse : small {
  using mixer = attention<landmarks<2, window<1>>, soft_cap<5>, false>;
  using feed_forward = dense<silu>;
};
struct joined : small {
  using mixer = attention<union_of<causal, dilated_window<2, 2>>>;
};
struct blocks : small {
  using mixer = attention<bigbird_blocks<4, 3>>;
};

template <class Spec, class Head>
void check(testing::gradient_trial trial = {}) {
  trial.allocations = allocations_so_far;
  double worst = 0;
  CHECK(testing::broken_gradient_law<Spec, Head>(trial, &worst) == "");
  CAPTURE(worst);
  CHECK(worst < 1e-4);
}

TEST_CASE("BERT with a pooler learns") { check<small, pooled_classification<>>(); }
TEST_CASE("ELECTRA with narrow tables learns") { check<narrow, dense_classification<>>(); }
TEST_CASE("heads that read tokens learn") { check<small, token_classification>(); }
TEST_CASE("rows that are no keys learn all the same") {
  testing::gradient_trial trial;
  trial.visible = {7, 1, 0, 19, 2, 20};
  check<small, token_classification>(trial);
}
TEST_CASE("attention learns whatever its pattern and its score") {
  check<sloped, pooled_classification<>>();
  check<sparse, pooled_classification<>>();
  check<joined, pooled_classification<>>();
}
TEST_CASE("BigBird's blocks learn") {
  testing::gradient_trial trial;
  trial.model.positions = 64;
  trial.lengths = {60, 11, 45};
  check<blocks, pooled_classification<>>(trial);
}

}  // namespace
}  // namespace weft_train_compositions
