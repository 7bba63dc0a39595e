// BERT, ELECTRA and BigBird with weights by rule, against values that Hugging Face's transformers 4.27.1 computed in
// double.
#include <weft/model/bigbird.hpp>
#include <weft/model/electra.hpp>

#include "single_token.hpp"

namespace {
using namespace weft_test;

struct small_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 24, .heads = 3, .hidden = 40};
};
struct small_electra : weft::electra_small {
  static constexpr weft::model_shape shape = small_bert::shape;
  using embedding = weft::factorised<12>;
};

// What the small models have in common.
const std::string sizes = R"("vocab_size": 97, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3,
                             "intermediate_size": 40, "max_position_embeddings": 64)";

results run_bert(const owned_batch& batch) {
  std::string labels;
  for (int i = 0; i < 20; ++i) labels += (i ? ", \"" : "\"") + std::to_string(i) + R"(": "a target")";
  using tasks = small_bert::tasks;
  return run<small_bert, tasks::pooled, tasks::masked_lm, tasks::next_sentence, tasks::sequence_classification,
             tasks::question_answering>(R"("model_type": "bert", )" + sizes + R"(, "id2label": {)" + labels + "}",
                                        batch.view());
}

results run_electra(const owned_batch& batch) {
  using tasks = small_electra::tasks;
  return run<small_electra, tasks::replaced_token_detection, tasks::masked_lm, tasks::multiple_choice>(
      R"("model_type": "electra", "embedding_size": 12, )" + sizes, batch.view());
}

// BigBird, sparse from 45 tokens on. The reference pads 50 tokens to 13 whole blocks of 4, and shows inner levels with
// that padding.
struct evaluated : weft::bigbird_base {
  static constexpr weft::model_shape shape{.width = 16, .heads = 2, .hidden = 24};
  using mixer = weft::attention<weft::bigbird_blocks<4, 3>>;
};
struct trained : evaluated {
  using mixer = weft::attention<weft::bigbird_blocks<4, 3, weft::hugging_face_plan>>;
};

template <class Spec>
results run_bigbird(const owned_batch& batch) {
  return run<Spec, typename Spec::tasks::masked_lm, typename Spec::tasks::question_answering>(
      R"("model_type": "big_bird", "vocab_size": 97, "hidden_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 64, "block_size": 4)",
      batch.view());
}
}  // namespace

TEST_CASE("BERT and its heads compute the published values") {
  const auto found = run_bert(short_batch());
  check_sums("embedding", found.levels[0], 2 * 9 * 24, -9.51998294, 20.8762499);
  check_sums("first layer", found.levels[1], 2 * 9 * 24, 9.315514, 21.2736804);
  check_sums("last layer", found.levels[2], 2 * 9 * 24, -12.5842651, 20.6546987);
  check_values("last layer", found.levels[2], 0, {1.16819622, 0.776931928, 0.352576249, 0.194507571});
  check_values("last layer, padded", found.levels[2], 17 * 24, {0.395549165, -0.236675527, 1.10194543, 0.149236091});
  check_values("pooler", found.heads[0], 0, {0.516455162, 0.149723289, 0.403173851, 0.334246369});
  check_sums("masked words", found.heads[1], 2 * 9 * 97, -39.9696762, 24.4244353);
  check_values("next sentence", found.heads[2], 0, {-0.239041914, 0.394288062, 0.14344369, 0.435619994});
  check_values("targets", found.heads[3], 0, {-0.261397457, 0.116448539, 0.122450937, -0.118958159});
  check_sums("targets", found.heads[3], 2 * 20, -0.0829555898, 1.53734096);
  std::vector<float> starts;
  for (std::size_t i = 2 * 9; i < 4 * 9; i += 2) starts.push_back(found.heads[4][i]);
  check_values("starts of the second sequence", starts, 0,
               {-0.62802626, -0.904365665, -0.69887322, -0.718269865, -0.961560717, -0.556492257, 0.372678294,
                -0.243659518, -0.77157933});
}

TEST_CASE("ELECTRA and its heads compute the published values") {
  const auto found = run_electra(short_batch());
  check_sums("embedding", found.levels[0], 2 * 9 * 24, 9.12302441, 9.5167457);
  check_sums("first layer", found.levels[1], 2 * 9 * 24, -18.0986534, 21.1333445);
  check_sums("last layer", found.levels[2], 2 * 9 * 24, 15.3927993, 21.8013537);
  check_values("last layer", found.levels[2], 0, {0.716503526, 1.25228869, 0.159119508, 0.648720885});
  check_values("last layer, padded", found.levels[2], 17 * 24, {0.647367083, 0.594490992, -0.620631292, 0.432950446});
  check_values("replaced tokens", found.heads[0], 0,
               {-0.0583793155, 0.211967617, -0.00350528951, -0.117304379, 0.0829050267, 0.172213789, -0.0144139456,
                0.729481773, 0.253066326});
  check_sums("masked words", found.heads[1], 2 * 9 * 97, -97.6868002, 18.1648889);
  check_values("two choices", found.heads[2], 0, {-0.0491872132, -0.000265408421});
}

TEST_CASE("padding changes no bit of BERT's and ELECTRA's real rows, on any level") {
  const auto padded = short_batch(), alone = padded.cut(1, 6);
  for (const auto& run_model : {run_bert, run_electra}) {
    const auto among = run_model(padded), by_itself = run_model(alone);
    for (std::size_t level = 0; level < 3; ++level)
      CHECK(second(among.levels[level], 6 * 24) == by_itself.levels[level]);
  }
}

TEST_CASE("BERT and ELECTRA compute their formulas for a text of one token") {
  auto x = summed_embedding("bert.embeddings", single_id, 24);
  for (const std::string at : {"bert.encoder.layer.0", "bert.encoder.layer.1"})
    x = post_norm_layer(x, linear(x, at + ".attention.self.value", 24), at, 40);
  check_row(run_bert(single_token()).levels.back(), x);

  x = linear(summed_embedding("electra.embeddings", single_id, 12), "electra.embeddings_project", 24);
  for (const std::string at : {"electra.encoder.layer.0", "electra.encoder.layer.1"})
    x = post_norm_layer(x, linear(x, at + ".attention.self.value", 24), at, 40);
  check_row(run_electra(single_token()).levels.back(), x);
}

TEST_CASE("BigBird with the blocks of training computes the published values") {
  const auto whole_blocks = batch_by_rule(52, {50, 43}), batch = batch_by_rule(50, {50, 43});
  const auto padded = run_bigbird<trained>(whole_blocks);
  check_sums("embedding", padded.levels[0], 2 * 52 * 16, 15.1971305, 41.5815838);
  check_sums("first layer", padded.levels[1], 2 * 52 * 16, 29.1354854, 41.304798);
  const auto found = run_bigbird<trained>(batch);
  check_sums("last layer", found.levels[2], 2 * 50 * 16, -18.9891984, 39.789137);
  check_values("last layer", found.levels[2], 0, {1.86657927, 1.33351944, 0.790608677, -1.01248777});
  check_values("last layer, sparse", found.levels[2], 20 * 16, {0.371756484, -0.828063265, 0.63433044, -0.094249926});
  check_values("last layer, padded", found.levels[2], 99 * 16, {1.34538867, 0.562322483, -0.046540962, 0.067003586});
  check_sums("masked words", found.heads[0], 2 * 50 * 97, -112.503296, 48.6408008);
}

TEST_CASE("BigBird draws the same blocks of training whenever it is loaded") {
  const auto batch = batch_by_rule(50, {50, 43});
  const auto first = run_bigbird<trained>(batch), again = run_bigbird<trained>(batch);
  CHECK(first.levels == again.levels);
  CHECK(first.heads == again.heads);
}

TEST_CASE("BigBird in evaluation computes the published values") {
  const auto whole_blocks = batch_by_rule(52, {50, 43}), batch = batch_by_rule(50, {50, 43});
  const auto padded = run_bigbird<evaluated>(whole_blocks);
  check_sums("embedding", padded.levels[0], 2 * 52 * 16, 15.1971305, 41.5815838);
  check_sums("first layer", padded.levels[1], 2 * 52 * 16, 29.2666395, 41.3023876);
  const auto found = run_bigbird<evaluated>(batch);
  check_sums("last layer", found.levels[2], 2 * 50 * 16, -18.9326154, 39.7640971);
  check_values("last layer", found.levels[2], 0, {1.86543382, 1.32894941, 0.791327368, -1.00757781});
  check_values("last layer, sparse", found.levels[2], 20 * 16, {0.308694966, -0.811121349, 0.629224778, -0.0659577426});
  check_values("last layer, padded", found.levels[2], 99 * 16, {1.34538867, 0.562322483, -0.046540962, 0.067003586});
  check_sums("masked words", found.heads[0], 2 * 50 * 97, -126.764358, 48.5503486);
}

TEST_CASE("BigBird on a text that is short enough to see everything computes the published values") {
  const auto batch = batch_by_rule(44, {44, 43});
  const auto found = run_bigbird<evaluated>(batch);
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
  batch.segments.clear();
  for (auto& id : batch.ids)
    if (id == 66) id = 68;
  batch.ids[0] = batch.ids[50] = 65;
  batch.ids[9] = batch.ids[50 + 12] = 66;
  const auto found = run_bigbird<evaluated>(batch);
  std::vector<float> starts;
  for (std::size_t i = 0; i < found.heads[1].size(); i += 2) starts.push_back(found.heads[1][i]);
  check_sums("starts", starts, 2 * 50, -21000020.4, 4582575.42);
  const std::vector<double> lowered{-1000000.37, -999999.876, -999999.601, -999999.888, -1000000.99,
                                    -999999.424, -1000000.06, -999999.708, -1000000.04};
  for (std::size_t i = 0; i < lowered.size(); ++i)  // a float near a million is within 1/32 of what it stands for
    CHECK(std::abs(double{starts[1 + i]} - lowered[i]) < 0.04);
  check_values("starts", starts, 0, {0.564809343});
  check_values("starts", starts, 10, {-0.126376631, -0.144080732, -0.22623661, -0.985428223});
}
