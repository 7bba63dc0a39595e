// BigBird with weights by rule, against values that Hugging Face's transformers 4.27.1 computed in double. Sparse from
// 45 tokens on; the reference pads 50 tokens to 13 whole blocks of 4, and shows inner levels with that padding.
#include <weft/model/bigbird.hpp>

#include "by_rule.hpp"

namespace {
using namespace weft_test;

struct evaluated : weft::bigbird_base {
  static constexpr weft::model_shape shape{.width = 16, .heads = 2, .hidden = 24};
  using mixer = weft::attention<weft::bigbird_blocks<4, 3>>;
};
struct trained : evaluated {
  using mixer = weft::attention<weft::bigbird_blocks<4, 3, weft::hugging_face_plan>>;
};

checkpoint_by_rule bigbird() {
  return make_checkpoint(R"("model_type": "big_bird", "vocab_size": 97, "hidden_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 64, "block_size": 4)",
                         {"BigBirdForMaskedLM", "BigBirdForQuestionAnswering"});
}
}  // namespace

TEST_CASE("BigBird with the blocks of training computes the published values") {
  const auto stored = bigbird();
  const auto whole_blocks = batch_by_rule(52, {50, 43}), batch = batch_by_rule(50, {50, 43});
  const auto padded = run<trained>(stored, whole_blocks.view());
  check_sums("embedding", padded.levels[0], 2 * 52 * 16, 15.1971305, 41.5815838);
  check_sums("first layer", padded.levels[1], 2 * 52 * 16, 29.1354854, 41.304798);
  const auto found = run<trained, trained::tasks::masked_lm>(stored, batch.view());
  check_sums("last layer", found.levels[2], 2 * 50 * 16, -18.9891984, 39.789137);
  check_values("last layer", found.levels[2], 0, {1.86657927, 1.33351944, 0.790608677, -1.01248777});
  check_values("last layer, sparse", found.levels[2], 20 * 16, {0.371756484, -0.828063265, 0.63433044, -0.094249926});
  check_values("last layer, padded", found.levels[2], 99 * 16, {1.34538867, 0.562322483, -0.046540962, 0.067003586});
  check_sums("masked words", found.heads[0], 2 * 50 * 97, -112.503296, 48.6408008);
}

TEST_CASE("BigBird in evaluation computes the published values") {
  const auto stored = bigbird();
  const auto whole_blocks = batch_by_rule(52, {50, 43}), batch = batch_by_rule(50, {50, 43});
  const auto padded = run<evaluated>(stored, whole_blocks.view());
  check_sums("embedding", padded.levels[0], 2 * 52 * 16, 15.1971305, 41.5815838);
  check_sums("first layer", padded.levels[1], 2 * 52 * 16, 29.2666395, 41.3023876);
  const auto found = run<evaluated, evaluated::tasks::masked_lm>(stored, batch.view());
  check_sums("last layer", found.levels[2], 2 * 50 * 16, -18.9326154, 39.7640971);
  check_values("last layer", found.levels[2], 0, {1.86543382, 1.32894941, 0.791327368, -1.00757781});
  check_values("last layer, sparse", found.levels[2], 20 * 16, {0.308694966, -0.811121349, 0.629224778, -0.0659577426});
  check_values("last layer, padded", found.levels[2], 99 * 16, {1.34538867, 0.562322483, -0.046540962, 0.067003586});
  check_sums("masked words", found.heads[0], 2 * 50 * 97, -126.764358, 48.5503486);
}

TEST_CASE("BigBird on a text that is short enough to see everything computes the published values") {
  const auto batch = batch_by_rule(44, {44, 43});
  const auto found = run<evaluated, evaluated::tasks::masked_lm>(bigbird(), batch.view());
  check_sums("embedding", found.levels[0], 2 * 44 * 16, 17.737347, 38.224349);
  check_sums("first layer", found.levels[1], 2 * 44 * 16, 24.3255687, 37.9838327);
  check_sums("last layer", found.levels[2], 2 * 44 * 16, -18.5194249, 37.2463209);
  check_values("last layer", found.levels[2], 0, {1.87493535, 1.3225066, 0.808222586, -1.0081216});
  check_values("last layer", found.levels[2], 20 * 16, {0.391242521, -0.81279026, 0.640043974, -0.0957026335});
  check_values("last layer, padded", found.levels[2], 87 * 16, {1.07494116, -0.696688914, -0.326289334, -0.602637879});
  check_sums("masked words", found.heads[0], 2 * 44 * 97, -102.265207, 45.4135743);
}

TEST_CASE("BigBird's question answering finds the question and the segments, and computes the published values") {
  auto batch = batch_by_rule(50, {50, 43});
  for (auto& id : batch.ids)
    if (id == 66) id = 68;
  batch.ids[0] = batch.ids[50] = 65;
  batch.ids[9] = batch.ids[50 + 12] = 66;
  const auto found = run<evaluated, evaluated::tasks::question_answering>(bigbird(), batch.view());
  std::vector<float> starts;
  for (std::size_t i = 0; i < found.heads[0].size(); i += 2) starts.push_back(found.heads[0][i]);
  check_sums("starts", starts, 2 * 50, -21000020.4, 4582575.42);
  // A float near a million lies within 1/32 of the number that it stands for.
  for (const double v : {-1000000.37, -999999.876, -999999.601, -999999.888, -1000000.99, -999999.424, -1000000.06,
                         -999999.708, -1000000.04}) {
    static std::size_t t = 0;
    CHECK(std::abs(double{starts[++t]} - v) < 0.04);
  }
  check_values("starts", starts, 0,
               {0.564809343, -1000000.37, -999999.876, -999999.601, -999999.888, -1000000.99, -999999.424, -1000000.06,
                -999999.708, -1000000.04, -0.126376631, -0.144080732, -0.22623661, -0.985428223});
}
