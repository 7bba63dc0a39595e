// Truth tables of the concepts of what stands beside a model's parts: observers, companions, learnt scores, heads that
// know segments, two-stream specs.
#include <weft/concept/head.hpp>
#include <weft/concept/scored.hpp>
#include <weft/encoder/extended.hpp>
#include <weft/encoder/observer.hpp>
#include <weft/head/long_question_answering.hpp>
#include <weft/head/pooler.hpp>
#include <weft/mixer/mixed_attention.hpp>
#include <weft/mixer/span_convolution.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/etc.hpp>
#include <weft/score/alibi.hpp>
#include <weft/score/relative_bias.hpp>
#include <weft/score/soft_cap.hpp>

#include "catch.hpp"

namespace weft::truth_tables_beside {

// ---- attention_observer -------------------------------------------------------------------------------------------
namespace attention_observers {
struct enough {
  float* probabilities(index_t, index_t, index_t, index_t) { return nullptr; }
};
struct constant : enough {
  float* probabilities(index_t, index_t, index_t, index_t) const { return nullptr; }
};
struct nothing_to_write {
  const float* probabilities(index_t, index_t, index_t, index_t) { return nullptr; }
};
struct in_double {
  double* probabilities(index_t, index_t, index_t, index_t) { return nullptr; }
};
struct no_length {
  float* probabilities(index_t, index_t, index_t) { return nullptr; }
};
struct returns_nothing {
  void probabilities(index_t, index_t, index_t, index_t) {}
};
struct sees_hidden_only {
  void hidden(index_t, auto) {}
};
static_assert(attention_observer<enough> && attention_observer<constant> && attention_observer<observe_attention>);
static_assert(!attention_observer<const enough>);  // it would be called on something that may not change
static_assert(!attention_observer<nothing_to_write> && !attention_observer<in_double> &&
              !attention_observer<no_length>);
static_assert(!attention_observer<returns_nothing> && !attention_observer<sees_hidden_only> &&
              !attention_observer<int>);
static_assert(!attention_observer<unobserved>);
static_assert(attention_is_observed<const observed_context<enough>&> && !attention_is_observed<context>);
static_assert(!attention_is_observed<observed_context<sees_hidden_only>>);
}  // namespace attention_observers

// ---- hidden_observer ------------------------------------------------------------------------------------------------
namespace hidden_observers {
struct enough {
  void hidden(index_t, rows<const float, 8>) {}
};
struct any_width {
  void hidden(index_t, auto) {}
};
struct other_width {
  void hidden(index_t, rows<const float, 16>) {}
};
struct writes {
  void hidden(index_t, rows<float, 8>) {}
};
struct no_level {
  void hidden(rows<const float, 8>) {}
};
constexpr auto prints = [](index_t, auto) {};
static_assert(hidden_observer<enough, 8> && hidden_observer<any_width, 8>);
static_assert(hidden_observer<observe_hidden<decltype(prints)>, 8>);
static_assert(!hidden_observer<enough, 16> && !hidden_observer<other_width, 8> && !hidden_observer<writes, 8>);
static_assert(!hidden_observer<const enough, 8> && !hidden_observer<no_level, 8>);
static_assert(!hidden_observer<attention_observers::enough, 8> && !hidden_observer<unobserved, 8>);
}  // namespace hidden_observers

// ---- accompanies ----------------------------------------------------------------------------------------------------
namespace companions {
using form = prepared<float32, simd::native>;
using key = rows<const float, 8>;
using query = rows<const float, 4>;
using out = rows<float, 4>;
template <class Part>
constexpr bool fits = accompanies<Part, form, key, key, query, out>;

struct enough {
  void forward(const auto&, key, key, query, out, const context&) const {}
};
struct any_context {
  template <class Context>
  void forward(const auto&, key, key, query, out, const Context&) const {}
};
struct no_query {
  void forward(const auto&, key, key, out, const context&) const {}
};
struct no_context {
  void forward(const auto&, key, key, query, out) const {}
};
struct writes_its_query {
  void forward(const auto&, key, key, out, out, const context&) const {}
};
struct key_as_wide_as_query {
  void forward(const auto&, query, key, query, out, const context&) const {}
};
struct returning {
  int forward(const auto&, key, key, query, out, const context&) const { return 0; }
};
struct changing {
  void forward(const auto&, key, key, query, out, const context&) {}
};
struct no_default : enough {
  explicit no_default(int) {}
};
static_assert(fits<enough> && fits<any_context> && fits<span_convolution<3>::bind<companion_shape{8, 8, 4, 2}>>);
static_assert(!fits<no_query> && !fits<no_context> && !fits<writes_its_query> && !fits<key_as_wide_as_query>);
static_assert(!fits<returning> && !fits<changing> && !fits<no_default>);
static_assert(!fits<span_convolution<3>> && !fits<attention<>::bind<mixer_shape::self(8, 2)>>);
}  // namespace companions

// ---- learnt_score ---------------------------------------------------------------------------------------------------
namespace learnt_scores {
struct enough : scaled {
  template <index_t Heads>
  struct learnt {};
};
struct no_score {
  template <index_t Heads>
  struct learnt {};
};
struct learnt_of_no_heads : scaled {
  struct learnt {};
};
static_assert(learnt_score<enough> && learnt_score<relative_bias<>>);
static_assert(!learnt_score<scaled> && !learnt_score<alibi> && !learnt_score<soft_cap<30>>);
static_assert(!learnt_score<no_score> && !learnt_score<learnt_of_no_heads>);
}  // namespace learnt_scores

// ---- derives_segments -----------------------------------------------------------------------------------------------
namespace segments {
struct enough {
  static void derive_segments(const batch&, std::int32_t*) {}
};
struct of_an_object {
  void derive_segments(const batch&, std::int32_t*) const {}
};
struct in_bytes {
  static void derive_segments(const batch&, char*) {}
};
struct changes_the_batch {
  static void derive_segments(batch&, std::int32_t*) {}
};
static_assert(derives_segments<enough> && !derives_segments<of_an_object> && !derives_segments<in_bytes>);
static_assert(!derives_segments<changes_the_batch> && !derives_segments<pooler::bind<bert_base>>);
}  // namespace segments

// ---- extended_spec --------------------------------------------------------------------------------------------------
namespace extended_specs {
struct no_heads : etc_base {
  static constexpr model_shape shape{.width = 8, .heads = 0, .hidden = 16};
};
struct heads_do_not_divide : etc_base {
  static constexpr model_shape shape{.width = 8, .heads = 3, .hidden = 16};
};
struct no_mixer {
  static constexpr model_shape shape{.width = 8, .heads = 2, .hidden = 16};
  using activation = gelu_tanh;
  using norm = layer_norm<>;
  using numeric = float32;
};
static_assert(extended_spec<etc_base>);
static_assert(!extended_spec<no_heads> && !extended_spec<heads_do_not_divide> && !extended_spec<no_mixer>);
static_assert(!extended_spec<int>);
}  // namespace extended_specs

}  // namespace weft::truth_tables_beside

TEST_CASE("concepts beside a model's parts hold and refuse what their truth tables say") {
  SUCCEED("checked by the compiler");
}
