#include <weft/head/splade.hpp>

#include <cmath>
#include <weft/head/concatenated_lm.hpp>
#include <weft/head/linear_lm.hpp>
#include <weft/head/masked_lm.hpp>
#include <weft/head/model.hpp>
#include <weft/model/bert.hpp>
#include <weft/model/deberta_v2.hpp>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "largest.hpp"

namespace splade_test {
namespace {
using weft::index_t;
using floats = std::vector<float>;
using ids = std::vector<std::int32_t>;

struct small_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 40};
};
struct small_deberta : weft::deberta_v2_of<weft::deberta_v2_numbers{.hidden_size = 24,
                                                                    .num_attention_heads = 3,
                                                                    .intermediate_size = 40,
                                                                    .relative_attention = true,
                                                                    .pos_att_type = 0b11,
                                                                    .position_buckets = 8,
                                                                    .share_att_key = true,
                                                                    .position_biased_input = false,
                                                                    .max_position_embeddings = 40}> {};
// More words than the columns that a worker takes at a time.
constexpr weft::sizes sizes{.layers = 2, .vocabulary = 1100, .positions = 100};

// Of 0, 1, 70, 3, 64 and 0 tokens: blocks end inside a sequence, and where one begins.
weft::token_batch texts() {
  weft::token_batch tokens;
  std::int32_t next = 7;
  for (const int length : {0, 1, 70, 3, 64, 0}) {
    ids own;
    for (int i = 0; i < length; ++i) own.push_back(next = next * 31 % 1093);
    tokens.add(own);
  }
  return tokens;
}

template <class Model>
floats run(const Model& model, const weft::batch& in, weft::executor on = {}) {
  const auto rows = model.output_rows(in), width = model.output_width();
  floats y(static_cast<std::size_t>(rows * width), 7.0f);
  weft::workspace work(model.workspace_bytes(in.size(), on.workers()));
  model.forward(in, weft::matrix<float>(y.data(), rows, width), work, on);
  CHECK(work.used() == 0);
  return y;
}

// From all logits, in double.
floats plain(const floats& logits, const weft::batch& in, weft::splade_pooling how) {
  const index_t words = sizes.vocabulary;
  floats y;
  for (index_t s = 0; s < in.sequences(); ++s)
    for (index_t c = 0; c < words; ++c) {
      double all = 0;
      for (index_t i = 0; i < in.keys(s); ++i) {
        double x = std::log1p(std::max(0.0, double{logits[static_cast<std::size_t>((in.first(s) + i) * words + c)]}));
        if (how.log_twice) x = std::log1p(x);
        all = how.sum ? all + x : std::max(all, x);
      }
      y.push_back(static_cast<float>(all));
    }
  return y;
}

template <class Spec, class Lm>
void compare(weft::sizes s = sizes) {
  using model_type = weft::model<Spec, weft::splade<Lm>>;
  using lm_type = weft::model<Spec, Lm>;
  const auto stored = weft::testing::random_weights<model_type>(s, 3, {.weights = 0.15});
  const auto same = weft::testing::random_weights<lm_type>(s, 3, {.weights = 0.15});
  model_type model(stored.record, s);
  const lm_type lm(same.record, s);
  const auto tokens = texts();
  weft::batch in = tokens;
  const std::vector<index_t> visible{0, 1, 65, 2, 64, 0};
  for (const bool padded : {false, true}) {
    if (padded) in.visible = visible;
    const auto logits = run(lm, in);
    for (const bool sum : {false, true})
      for (const bool twice : {false, true}) {
        model.top().how = {.sum = sum, .log_twice = twice};
        const auto found = run(model, in), wanted = plain(logits, in, model.top().how);
        double largest = 0;
        std::size_t zeros = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          weft_test::raise(largest, std::abs(double{found[i]} - double{wanted[i]}) / std::max(1.0, double{wanted[i]}));
          zeros += wanted[i] == 0;
          if ((wanted[i] == 0) != (found[i] == 0)) FAIL_CHECK("a zero at " << i);
        }
        CHECK(largest < 1e-6);
        CHECK(zeros > 2 * 1100);
        CHECK(zeros < wanted.size());
        weft::testing::scrambled_pool pool(3);
        CHECK(run(model, in, pool) == found);
      }
  }
  // Each text alone, to the bit.
  in.visible = {};
  model.top().how = {.sum = true};
  const auto all = run(model, in);
  for (index_t t = 0; t < in.sequences(); ++t) {
    weft::token_batch one;
    one.add(ids(in.ids.begin() + in.first(t), in.ids.begin() + in.first(t) + in.length(t)));
    const auto alone = run(model, one);
    CHECK(std::equal(alone.begin(), alone.end(), all.begin() + t * 1100));
  }
}
}  // namespace

TEST_CASE("SPLADE's weights are those of all logits, behind every kind of masked language model") {
  compare<small_bert, weft::masked_lm<>>();
  compare<small_bert, weft::linear_lm<true>>();
  compare<small_deberta, typename small_deberta::tasks::masked_lm>(
      {.layers = 2, .vocabulary = 1100, .positions = 100, .segments = 0});
  compare<small_deberta, typename small_deberta::tasks::enhanced_masked_lm>(
      {.layers = 2, .vocabulary = 1100, .positions = 100, .segments = 0});
}

TEST_CASE("SPLADE holds the logits of 64 tokens, not of a batch") {
  using model_type = weft::model<small_bert, weft::splade<weft::masked_lm<>>>;
  const weft::sizes large{.layers = 1, .vocabulary = 30'000, .positions = 512};
  const auto stored = weft::testing::random_weights<model_type>(large, 1);
  const model_type model(stored.record, large);
  const auto bytes = [&](index_t tokens) { return model.workspace_bytes({tokens, 500, tokens / 500}); };
  CHECK(bytes(5000) < 64 * 30'000 * 4 + 8 * 1024 * 1024);
  CHECK(bytes(5000) > 64 * 30'000 * 4);
  weft::token_batch none;
  CHECK(run(model, none).empty());
}

TEST_CASE("a weight that is no number stays one") {
  const float nan = weft::not_a_number(), infinity = std::numeric_limits<float>::infinity();
  using weft::detail::splade_weight;
  CHECK(splade_weight(-3, {}) == 0);
  CHECK(splade_weight(-infinity, {}) == 0);
  CHECK(splade_weight(infinity, {}) == infinity);
  CHECK(weft::is_nan(splade_weight(nan, {})));
  CHECK(weft::is_nan(splade_weight(nan, {.log_twice = true})));
  for (const float x : {1e-30f, 1e-9f, 9e-4f, 2e-3f, 0.25f, 3.0f, 3e38f})
    CHECK(splade_weight(x, {}) == Approx(std::log1p(double{x})).epsilon(1e-7).margin(0));
}

}  // namespace splade_test
