#include <weft/head/enhanced_masked_lm.hpp>

#include <cstring>
#include <weft/base/finite.hpp>
#include <weft/head/masked_lm.hpp>
#include <weft/head/model.hpp>
#include <weft/model/deberta_v2.hpp>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"

namespace enhanced_masked_lm_test {
namespace {
using weft::index_t;

struct tiny : weft::deberta_v2_of<weft::deberta_v2_numbers{.hidden_size = 24,
                                                           .num_attention_heads = 3,
                                                           .intermediate_size = 40,
                                                           .relative_attention = true,
                                                           .pos_att_type = 0b11,
                                                           .position_buckets = 8,
                                                           .share_att_key = true,
                                                           .position_biased_input = false,
                                                           .conv_kernel_size = 3,
                                                           .max_position_embeddings = 40}> {};
using model_type = weft::model<tiny, tiny::tasks::enhanced_masked_lm>;
constexpr weft::sizes sizes{.layers = 3, .vocabulary = 30, .positions = 40, .segments = 0};
using ids = std::vector<std::int32_t>;

std::vector<float> logits(const model_type& model, const weft::batch& in, weft::executor run = {}) {
  std::vector<float> values(static_cast<std::size_t>(in.tokens() * 30), 7.0f);
  weft::workspace work(model.workspace_bytes(in.size(), run.workers()));
  model.forward(in, weft::matrix<float>(values.data(), in.tokens(), 30), work, run);
  return values;
}
struct counting {
  index_t levels = 0, steps = 0;
  void hidden(index_t level, auto rows) { levels += level == levels && rows.count == 3; }
  void decoded(index_t step, auto rows) { steps += step == steps + 1 && rows.count == 3; }
};
}  // namespace

TEST_CASE("the enhanced decoder gives chosen rows, and texts alone, the bits that all have") {
  const auto stored = weft::testing::random_weights<model_type>(sizes, 3, {.weights = 0.15});
  const model_type model(stored.record, sizes);
  const ids tokens{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3};
  const std::vector<index_t> offsets{0, 1, 1, 12, 18};
  const weft::batch in{tokens, {}, offsets};
  const auto all = logits(model, in);
  for (const auto value : all) CHECK(weft::is_finite(value));  // a text of one token, too

  const std::vector<index_t> chosen{11, 0, 4};
  std::vector<float> some(3 * 30);
  weft::workspace work(model.workspace_bytes(in.size()));
  model.forward_at(in, chosen, weft::matrix<float>(some.data(), 3, 30), work);
  for (std::size_t i = 0; i < chosen.size(); ++i)
    CHECK(std::memcmp(some.data() + 30 * i, all.data() + 30 * chosen[i], 30 * sizeof(float)) == 0);

  weft::testing::scrambled_pool pool(3);
  CHECK(std::memcmp(logits(model, in, pool).data(), all.data(), all.size() * sizeof(float)) == 0);
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    const ids own(tokens.begin() + offsets[s], tokens.begin() + offsets[s + 1]);
    const std::vector<index_t> ends{0, static_cast<index_t>(own.size())};
    const auto alone = logits(model, weft::batch{own, {}, ends});
    CHECK((own.empty() || std::memcmp(alone.data(), all.data() + 30 * offsets[s], alone.size() * sizeof(float)) == 0));
  }
}

TEST_CASE("an observer sees the levels of the encoder, and the decoder's states") {
  const auto stored = weft::testing::random_weights<model_type>(sizes, 3);
  const model_type model(stored.record, sizes);
  const ids tokens{3, 1, 4};
  const std::vector<index_t> offsets{0, 3};
  counting seen;
  const weft::batch in{tokens, {}, offsets};
  std::vector<float> values(3 * 30);
  weft::workspace work(model.workspace_bytes(in.size()));
  model.forward(in, weft::matrix<float>(values.data(), 3, 30), work, {}, seen);
  CHECK(seen.levels == 4);
  CHECK(seen.steps == 2);
}

// In a type whose tokens have absolute positions there is nothing to enhance.
using biased = weft::deberta_v2_of<weft::deberta_v2_numbers{.position_biased_input = true}>;
static_assert(std::is_same_v<biased::tasks::enhanced_masked_lm, biased::tasks::masked_lm>);
static_assert(weft::reads_before_last<model_type::head<0>>);
static_assert(!weft::reads_before_last<weft::masked_lm<>::bind<weft::bert_base>>);

}  // namespace enhanced_masked_lm_test
