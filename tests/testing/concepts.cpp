// Truth tables of the concepts: a type that is just enough, and its neighbours that miss one requirement each.
#include <weft/concept/bind.hpp>
#include <weft/concept/head.hpp>
#include <weft/concept/pattern.hpp>
#include <weft/concept/score.hpp>
#include <weft/concept/spec.hpp>
#include <weft/model/bert.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "window.hpp"

namespace weft::truth_tables {

// ---- attention_pattern ------------------------------------------------------------------------------------------
namespace patterns {
struct enough {
  static constexpr index_t query_tile = 8;
  bool sees(const query_block&, index_t, index_t) const { return true; }
  void visit(const query_block& b, auto&& spans) const { spans.full({0, b.length}); }
};
struct counts : enough {
  index_t sees(const query_block&, index_t, index_t) const { return 2; }
};
struct no_tile {
  bool sees(const query_block&, index_t, index_t) const { return true; }
  void visit(const query_block&, auto&&) const {}
};
struct zero_tile : enough {
  static constexpr index_t query_tile = 0;
};
struct no_sees {
  static constexpr index_t query_tile = 8;
  void visit(const query_block&, auto&&) const {}
};
struct sees_text : enough {
  const char* sees(const query_block&, index_t, index_t) const { return ""; }
};
struct sees_two_numbers : enough {
  bool sees(index_t, index_t) const { return true; }
};
struct changing_sees : enough {
  bool sees(const query_block&, index_t, index_t) { return true; }
};
struct no_visit {
  static constexpr index_t query_tile = 8;
  bool sees(const query_block&, index_t, index_t) const { return true; }
};
struct changing_visit : enough {
  void visit(const query_block&, auto&&) {}
};
struct visit_returns : enough {
  bool visit(const query_block&, auto&&) const { return true; }
};
struct no_default : enough {
  explicit no_default(int) {}
};
static_assert(attention_pattern<enough> && attention_pattern<counts> && attention_pattern<full>);
static_assert(attention_pattern<window<2>> && attention_pattern<counting_blocks>);
static_assert(!attention_pattern<no_tile> && !attention_pattern<zero_tile>);
static_assert(!attention_pattern<no_sees> && !attention_pattern<sees_text> && !attention_pattern<sees_two_numbers>);
static_assert(!attention_pattern<changing_sees> && !attention_pattern<no_visit> && !attention_pattern<changing_visit>);
static_assert(!attention_pattern<visit_returns> && !attention_pattern<no_default> && !attention_pattern<int>);
}  // namespace patterns

// ---- score_modifier ---------------------------------------------------------------------------------------------
namespace scores {
using vector = simd::vector<simd::native>;
struct enough {
  auto operator()(const score_site& at, auto, auto dot) const { return dot * at.scale; }
};
struct two_overloads {
  float operator()(const score_site&, float, float dot) const { return dot; }
  vector operator()(const score_site&, vector, vector dot) const { return dot; }
};
struct one_key_only {
  float operator()(const score_site&, float, float dot) const { return dot; }
};
struct vectors_only {
  vector operator()(const score_site&, vector, vector dot) const { return dot; }
};
struct integer_keys {
  auto operator()(const score_site&, index_t, auto dot) const { return dot; }
};
struct in_double {
  double operator()(const score_site&, float, float dot) const { return dot; }
  vector operator()(const score_site&, vector, vector dot) const { return dot; }
};
struct no_site {
  auto operator()(auto, auto dot) const { return dot; }
};
struct changing {
  auto operator()(const score_site&, auto, auto dot) { return dot; }
};
struct no_default : enough {
  explicit no_default(int) {}
};
static_assert(score_modifier<enough> && score_modifier<two_overloads> && score_modifier<scaled> &&
              score_modifier<leaning>);
static_assert(!score_modifier<one_key_only> && !score_modifier<vectors_only> && !score_modifier<integer_keys>);
static_assert(!score_modifier<in_double> && !score_modifier<no_site> && !score_modifier<changing>);
static_assert(!score_modifier<no_default> && !score_modifier<float>);
}  // namespace scores

// ---- forwards (mixers and feed-forwards) and norms -----------------------------------------------------------------
namespace parts {
using form = form_of<bert_base>;
using in = rows<const float, 8>;
using out = rows<float, 8>;
template <class Part>
constexpr bool runs = forwards<Part, form, in, out>;

struct enough {
  void forward(const auto&, in, out, const context&) const {}
};
struct with_weights {
  template <class Form>
  struct params {
    tensor<Form, 8> bias;
  };
  template <class Form>
  void forward(const params<Form>&, in, out, const context&) const {}
};
struct no_forward {};
struct no_context {
  void forward(const auto&, in, out) const {}
};
struct changing {
  void forward(const auto&, in, out, const context&) {}
};
struct returning {
  out forward(const auto&, in, out y, const context&) const { return y; }
};
struct other_width {
  void forward(const auto&, rows<const float, 9>, out, const context&) const {}
};
struct other_output {
  void forward(const auto&, in, rows<float, 9>, const context&) const {}
};
struct writes_its_input {
  void forward(const auto&, rows<float, 8>, out, const context&) const {}
};
struct others_weights {
  void forward(const with_weights::params<raw>&, in, out, const context&) const {}
};
struct no_default : enough {
  explicit no_default(int) {}
};
static_assert(runs<enough> && runs<with_weights> && runs<refused_part>);
static_assert(!runs<no_forward> && !runs<no_context> && !runs<changing> && !runs<returning> && !runs<other_width>);
static_assert(!runs<other_output> && !runs<writes_its_input> && !runs<others_weights> && !runs<no_default>);
static_assert(forwards<attention<>::bind<mixer_shape::self(8, 2)>, form, streams<mixer_shape::self(8, 2)>, out>);
static_assert(!forwards<attention<>::bind<mixer_shape::self(8, 2)>, form, in, out>);  // rows are not streams
static_assert(forwards<dense<>::bind<row_shape{8, 16}>, form, in, out>);

struct norm_enough {
  void row(const auto&, const float*, float*) const {}
};
struct norm_of_rows {
  void row(const auto&, in, out) const {}
};
struct norm_without_weights {
  void row(const float*, float*) const {}
};
struct norm_in_place {
  void row(const auto&, float*) const {}
};
struct norm_writes_its_input {
  void row(const auto&, float*, float*) const {}
};
struct norm_returns {
  float row(const auto&, const float*, float*) const { return 0; }
};
struct norm_changing {
  void row(const auto&, const float*, float*) {}
};
static_assert(norms<norm_enough, form> && norms<layer_norm<>::bind<8>, form>);
static_assert(!norms<norm_of_rows, form> && !norms<norm_without_weights, form> && !norms<norm_in_place, form>);
static_assert(!norms<norm_writes_its_input, form> && !norms<norm_returns, form> && !norms<norm_changing, form>);

struct residual_owned {
  static constexpr bool owns_residual = true;
};
struct residual_not_owned {
  static constexpr bool owns_residual = false;
};
static_assert(owns_residual<residual_owned> && !owns_residual<residual_not_owned> && !owns_residual<no_forward>);
}  // namespace parts

// ---- embeds --------------------------------------------------------------------------------------------------------
namespace embeddings {
using form = form_of<bert_base>;
using out = rows<float, 8>;
template <class Part>
constexpr bool fits = embeds<Part, form, out>;

struct enough {
  void forward(const auto&, out, const context&) const {}
};
struct any_context {
  void forward(const auto&, out, const auto&) const {}
};
struct no_context {
  void forward(const auto&, out) const {}
};
struct reads_rows {
  void forward(const auto&, rows<const float, 8>, out, const context&) const {}
};
struct other_width {
  void forward(const auto&, rows<float, 9>, const context&) const {}
};
struct changing {
  void forward(const auto&, out, const context&) {}
};
struct returning {
  out forward(const auto&, out x, const context&) const { return x; }
};
struct no_default : enough {
  explicit no_default(int) {}
};
static_assert(fits<enough> && fits<any_context> && fits<refused_part>);
static_assert(!fits<no_context> && !fits<reads_rows> && !fits<other_width> && !fits<changing> && !fits<returning>);
static_assert(!fits<no_default> && !fits<int> && embeds<summed::bind<bert_base>, form, rows<float, 768>>);
}  // namespace embeddings

// ---- layouts, and axes that may be empty ----------------------------------------------------------------------------
namespace layouts {
using form = form_of<bert_base>;
struct plain {};
struct widens {
  static constexpr index_t reads_width = 4;
};
static_assert(reads_width<plain, 8>() == 8 && reads_width<widens, 8>() == 4);
static_assert(forwards<post_norm::bind<bert_base>, form, rows<const float, 768>, rows<float, 768>>);
static_assert(!forwards<post_norm::bind<bert_base>, form, rows<const float, 8>, rows<float, 768>>);
static_assert(!forwards<post_norm, form, rows<const float, 768>, rows<float, 768>>);  // not bound

struct bare : bert_base {
  using feed_forward = none;
  using norm = none;
};
static_assert(std::is_same_v<decltype(bind_feed_forward<bare, row_shape{8, 16}>()), none>);
static_assert(norms<decltype(bind_norm<bare, 8>()), form>);
static_assert(std::is_same_v<decltype(bind_last<bare>())::type, nothing>);
}  // namespace layouts

// ---- head_part ----------------------------------------------------------------------------------------------------
namespace heads {
using form = form_of<bert_base>;
using in = rows<const float, 8>;
template <class Part>
constexpr bool fits = head_part<Part, form, 8>;

struct enough {
  static constexpr auto reads_rows = reads::every_token;
  static constexpr index_t outputs(const sizes&) { return 1; }
  void forward(const auto&, in, matrix<float>, const context&) const {}
};
struct no_reads {
  static constexpr index_t outputs(const sizes&) { return 1; }
  void forward(const auto&, in, matrix<float>, const context&) const {}
};
struct reads_a_number : enough {
  static constexpr int reads_rows = 0;
};
struct no_outputs {
  static constexpr auto reads_rows = reads::every_token;
  void forward(const auto&, in, matrix<float>, const context&) const {}
};
struct outputs_without_sizes : enough {
  static constexpr index_t outputs() { return 1; }
};
struct outputs_of_a_part : enough {
  index_t outputs(const sizes&) const { return 1; }  // a pooling knows at run time
};
struct no_forward {
  static constexpr auto reads_rows = reads::every_token;
  static constexpr index_t outputs(const sizes&) { return 1; }
};
struct writes_rows : enough {
  void forward(const auto&, in, rows<float, 8>, const context&) const {}
};
struct other_width : enough {
  void forward(const auto&, rows<const float, 9>, matrix<float>, const context&) const {}
};
struct changing : enough {
  void forward(const auto&, in, matrix<float>, const context&) {}
};
struct returning : enough {
  int forward(const auto&, in, matrix<float>, const context&) const { return 0; }
};
static_assert(fits<enough> && fits<outputs_of_a_part>);
static_assert(!fits<no_reads> && !fits<reads_a_number> && !fits<no_outputs> && !fits<outputs_without_sizes>);
static_assert(!fits<no_forward> && !fits<writes_rows> && !fits<other_width>);
static_assert(!fits<changing> && !fits<returning>);
static_assert(head_part<pooler::bind<bert_base>, form, 768> && !head_part<pooler::bind<bert_base>, form, 8>);
}  // namespace heads

// ---- encoder_spec -----------------------------------------------------------------------------------------------
namespace specs {
// Each column of the table is one line of a spec; a row leaves out the line of its number.
template <int Missing>
struct shape_line {
  static constexpr model_shape shape{.width = 12, .heads = 3, .hidden = 24};
};
template <>
struct shape_line<0> {};
template <int Missing>
struct embedding_line {
  using embedding = summed;
};
template <>
struct embedding_line<1> {};
template <int Missing>
struct mixer_line {
  using mixer = attention<>;
};
template <>
struct mixer_line<2> {};
template <int Missing>
struct feed_forward_line {
  using feed_forward = dense<>;
};
template <>
struct feed_forward_line<3> {};
template <int Missing>
struct norm_line {
  using norm = layer_norm<>;
};
template <>
struct norm_line<4> {};
template <int Missing>
struct layout_line {
  using layout = post_norm;
};
template <>
struct layout_line<5> {};
template <int Missing>
struct numeric_line {
  using numeric = float32;
};
template <>
struct numeric_line<6> {};
template <int Missing>
struct spec : shape_line<Missing>,
              embedding_line<Missing>,
              mixer_line<Missing>,
              feed_forward_line<Missing>,
              norm_line<Missing>,
              layout_line<Missing>,
              numeric_line<Missing> {};

static_assert(encoder_spec<spec<-1>>);
static_assert(!encoder_spec<spec<0>> && !encoder_spec<spec<1>> && !encoder_spec<spec<2>> && !encoder_spec<spec<3>>);
static_assert(!encoder_spec<spec<4>> && !encoder_spec<spec<5>> && !encoder_spec<spec<6>>);

struct heads_do_not_divide : spec<-1> {
  static constexpr model_shape shape{.width = 12, .heads = 5, .hidden = 24};
};
struct no_heads : spec<-1> {
  static constexpr model_shape shape{.width = 12, .heads = 0, .hidden = 24};
};
struct shape_is_a_number : spec<-1> {
  static constexpr index_t shape = 12;
};
static_assert(!encoder_spec<heads_do_not_divide> && !encoder_spec<no_heads> && !encoder_spec<shape_is_a_number>);
static_assert(encoder_spec<bert_base> && !encoder_spec<int>);
}  // namespace specs

// ---- thread_source ------------------------------------------------------------------------------------------------
namespace pools {
struct enough {
  index_t workers() const { return 1; }
  void for_each(index_t n, task t) {
    for (index_t i = 0; i < n; ++i) t(i, 0);
  }
};
struct any_task {
  int workers() const { return 1; }
  void for_each(index_t n, const auto& t) {
    for (index_t i = 0; i < n; ++i) t(i, 0);
  }
};
struct no_workers {
  void for_each(index_t, task) {}
};
struct changing_workers {
  index_t workers() { return 1; }
  void for_each(index_t, task) {}
};
struct workers_in_words {
  const char* workers() const { return "one"; }
  void for_each(index_t, task) {}
};
struct no_for_each {
  index_t workers() const { return 1; }
};
struct returning : no_for_each {
  bool for_each(index_t, task) { return true; }
};
struct no_count : no_for_each {
  void for_each(task) {}
};
struct task_of_one_number : no_for_each {
  void for_each(index_t, void (*)(index_t)) {}
};
static_assert(thread_source<enough> && thread_source<any_task>);
static_assert(!thread_source<no_workers> && !thread_source<changing_workers> && !thread_source<workers_in_words>);
static_assert(!thread_source<no_for_each> && !thread_source<returning> && !thread_source<no_count>);
static_assert(!thread_source<task_of_one_number> && !thread_source<int>);
}  // namespace pools

// ---- record -------------------------------------------------------------------------------------------------------
namespace records {
struct enough {
  tensor<raw, 2> weight;
  static constexpr void each(auto&& f, auto&... p) { f("weight", p.weight...); }
};
struct no_each {
  tensor<raw, 2> weight;
};
static_assert(record<enough> && record<const enough> && record<nothing>);
static_assert(!record<no_each> && !record<tensor<raw, 2>>);
}  // namespace records
// ---- inner parts ------------------------------------------------------------------------------------------------
namespace nested {
struct plain {};
struct scratched {
  struct scratch {
    frame from;
    rows<float, 16> hidden{from};
  };
};
struct chained {
  struct chain_scratch {
    frame from;
    rows<float, 48> hidden{from};
  };
};
struct prepared_once {
  void prepare(const setup&, arena&) {}
};
struct checks {
  void check(const batch&) const {}
};
struct outer {
  index_t number = 0;
  [[no_unique_address]] plain nothing_to_name;
  [[no_unique_address]] scratched one;
  list<const float> table;
  prepared_once two;
  static constexpr void each(auto&& f, auto&... self) { f("one", self.one...), f("two", self.two...); }
};
struct names_one {
  scratched one;
  prepared_once two;
  static constexpr void each(auto&& f, auto&... self) { f("one", self.one...); }
};
struct bound_ones {
  template <class Form>
  struct params {
    [[no_unique_address]] weights<Form, scratched> one;
    [[no_unique_address]] weights<Form, chained> two;
    static constexpr void each(auto&& f, auto&... p) { f("one", p.one...), f(in_chain("two"), p.two...); }
  };
  params<bound> parts;
};
struct lists {
  scratched one;
  static void parts(auto& self, const auto& f) { f(self.one); }
};
struct built : scratched {  // a base is no part inside
  index_t number = 0;
};
struct hidden {  // no aggregate: not looked at
  explicit hidden(int) {}
  hidden() = default;
  scratched one;
};
struct holds_outer {
  outer inner;
};
static_assert(inner_parts<plain> == 0 && inner_parts<scratched> == 0 && inner_parts<built> == 0);
static_assert(inner_parts<outer> == 2 && inner_parts<names_one> == 2 && inner_parts<bound_ones> == 1);
static_assert(detail::names_all_parts<outer>() && !detail::names_all_parts<names_one>());
static_assert(detail::holds_parts<bound_ones> && detail::lists_parts<lists> && !detail::holds_parts<lists>);
static_assert(inner_parts<hidden> == 0 && inner_parts<holds_outer> == 1);
static_assert(detail::must_be_named<chained> && detail::must_be_named<checks> && !detail::must_be_named<plain>);
}  // namespace nested

TEST_CASE("the scratch of a part is its own and the largest of its inner parts', a chain's in every region") {
  const extent e{.tokens = 200, .longest = 200, .sequences = 1};
  const auto chain = bytes_of<nested::chained::chain_scratch>({.tokens = 64, .longest = 64, .sequences = 1});
  CHECK(scratch_bytes(nested::scratched{}, e, 3) == bytes_of<nested::scratched::scratch>(e));
  CHECK(scratch_bytes(nested::chained{}, e, 3) == 3 * chain);
  CHECK(chain_bytes(nested::bound_ones{}, e, 3) == chain);
  CHECK(scratch_bytes(nested::bound_ones{}, e, 3) == std::max(scratch_bytes(nested::scratched{}, e, 3), 3 * chain));
  CHECK(scratch_bytes(nested::outer{}, e, 3) == scratch_bytes(nested::scratched{}, e, 3));
}

}  // namespace weft::truth_tables

TEST_CASE("concepts hold and refuse what their truth tables say") { SUCCEED("checked by the compiler"); }
