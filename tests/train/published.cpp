// Gradients of models with weights by rule, against values that Hugging Face's transformers 4.27.1 computed in double.
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/electra.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/train/all.hpp>

#include "catch.hpp"
#include "rule_weights.hpp"

namespace weft_train_published {
namespace {
using namespace weft;

struct small_bert : bert_base {
  static constexpr model_shape shape{.width = 24, .heads = 3, .hidden = 40};
};
struct small_electra : electra_small {
  static constexpr model_shape shape = small_bert::shape;
  using embedding = factorised<12>;
};

struct padded_batch {
  std::vector<std::int32_t> ids, segments;
  std::vector<index_t> offsets, visible;
  // Two texts of so many tokens; the second has so many that are no padding.
  explicit padded_batch(std::int32_t tokens = 9, std::int32_t shorter = 6, bool second_segment = true)
      : offsets{0, tokens, 2 * tokens}, visible{tokens, shorter} {
    for (std::int32_t b = 0; b < 2; ++b)
      for (std::int32_t t = 0; t < tokens; ++t) {
        const bool padding = b == 1 && t >= shorter;
        ids.push_back(padding ? 0 : (13 * t + 29 * b + 7 * t * t) % 92 + 5);
        segments.push_back(second_segment && t >= 5 && !padding);
      }
  }
  // (5 id + 1) mod 97 where the position modulo `every` is this and there is no padding.
  std::vector<std::int32_t> labels(index_t every, index_t at) const {
    std::vector<std::int32_t> all;
    for (std::size_t b = 0; b < 2; ++b)
      for (index_t t = 0; t < offsets[1]; ++t)
        all.push_back(t % every == at && t < visible[b]
                          ? (5 * ids[b * static_cast<std::size_t>(offsets[1]) + static_cast<std::size_t>(t)] + 1) % 97
                          : ignored_label);
    return all;
  }
  batch view() const { return {ids, segments, offsets, visible}; }
};

struct sums {
  double l2 = 0, sum = 0;
  std::vector<double> first;
};

template <class Spec, class Head>
class judge {
 public:
  explicit judge(const sizes& s) {
    typename model<Spec, Head>::template params<raw> record{};
    weft_test::fill_by_rule(record, s, store_, model<Spec, Head>::starting_name());
    model_.emplace(record, s);
    for (const auto& place : model_->learnt().places())  // tied tensors by the name that is stored
      for (index_t i = 0; i < place.size; ++i)
        model_->learnt().values()[place.first + i] = weft_test::rule_value(place.name, static_cast<std::uint32_t>(i));
    model_->refresh();
  }
  double pass(auto& loss, const padded_batch& batch = padded_batch()) {
    workspace work(model_->workspace_bytes(batch.view().size()));
    model_->pass(
        batch.view(), [&](matrix<const float> out, matrix<float> d) { loss(out, d, 0); }, work, {}, {}, 0);
    model_->gather_gradients();
    std::vector<double> partial(100);
    length = length_of(model_->gradients().values(), partial);
    return loss.loss();
  }
  sums of(std::string_view name, index_t rows = -1) const {
    return sums_of(name, rows, [](index_t) { return 0.0; });
  }
  // Of the sum of two losses, each of a head of its own.
  template <class Other>
  sums of(std::string_view name, const judge<Spec, Other>& other) const {
    const auto values = other.tensor(name);
    return sums_of(name, -1, [&](index_t i) { return double{values[i]}; });
  }
  list<const float> tensor(std::string_view name) const {
    for (const auto& place : model_->gradients().places())
      if (place.name == name) return model_->gradients().values().part(place.first, place.first + place.size);
    FAIL("no tensor " << name);
    return {};
  }
  double length = 0;

 private:
  sums sums_of(std::string_view name, index_t rows, const auto& more) const {
    for (const auto& place : model_->gradients().places())
      if (place.name == name) {
        sums s;
        const index_t count = rows < 0 ? place.size : rows * place.shape[1];
        for (index_t i = 0; i < count; ++i) {
          const double g = double{model_->gradients().values()[place.first + i]} + more(i);
          s.l2 += g * g, s.sum += g;
          if (i < 3) s.first.push_back(g);
        }
        s.l2 = std::sqrt(s.l2);
        return s;
      }
    FAIL("no tensor " << name);
    return {};
  }
  arena store_;
  std::optional<learning_model<Spec, Head>> model_;
};

void check(const sums& found, double l2, double sum, const std::vector<double>& first) {
  CHECK(found.l2 == Approx(l2).epsilon(1e-4));
  CHECK(found.sum == Approx(sum).margin(1e-4 * l2));
  for (std::size_t i = 0; i < 3; ++i) CHECK(found.first[i] == Approx(first[i]).margin(1e-4 * l2));
}
const sizes small_sizes{.layers = 2, .vocabulary = 97, .positions = 64, .segments = 2, .labels = 20};

TEST_CASE("BERT's regression on 20 targets has the published gradients") {
  judge<small_bert, pooled_classification<>> at(small_sizes);
  std::vector<float> targets;
  for (int b = 0; b < 2; ++b)
    for (int j = 0; j < 20; ++j) targets.push_back(static_cast<float>((3 * j + 5 * b) % 11) / 10);
  mean_squared_error loss(targets);
  CHECK(at.pass(loss) == Approx(0.393110617).epsilon(1e-5));
  CHECK(at.length == Approx(1.46917275).epsilon(1e-4));
  check(at.of("classifier.weight"), 0.430347113, -0.0573865251, {-0.0272744921, -0.0213422961, -0.01158655});
  check(at.of("bert.pooler.dense.weight"), 0.669441808, 0.0547528201, {0.0411671636, 0.0284212806, 0.0149665601});
  CHECK(at.of("bert.embeddings.word_embeddings.weight", 1).l2 == Approx(0).margin(1e-12));
}

TEST_CASE("ELECTRA's discriminator has the published gradients") {
  judge<small_electra, replaced_token_detection<>> at(small_sizes);
  std::vector<float> targets;
  for (int b = 0; b < 2; ++b)
    for (int t = 0; t < 9; ++t) targets.push_back(b == 1 && t >= 6 ? -1.0f : t % 4 == 2 ? 1.0f : 0.0f);
  binary_cross_entropy loss(targets);
  CHECK(at.pass(loss) == Approx(0.775006711).epsilon(1e-5));
  CHECK(at.length == Approx(0.988011837).epsilon(1e-4));
  CHECK(at.of("electra.embeddings.word_embeddings.weight").l2 == Approx(0.245468533).epsilon(1e-4));
  check(at.of("electra.embeddings_project.weight"), 0.370841063, 0.00298205745,
        {0.0202605514, -0.0140488558, -0.000108466495});
  check(at.of("discriminator_predictions.dense_prediction.weight"), 0.347855765, 1.12974495,
        {-0.0237639702, -0.00300533985, 0.119215511});
}

std::vector<std::int32_t> masked_labels() { return padded_batch().labels(3, 1); }

TEST_CASE("ELECTRA's generator has the published gradients") {
  judge<small_electra, generator_lm> at(small_sizes);
  const auto labels = masked_labels();
  cross_entropy loss(labels);
  CHECK(at.pass(loss) == Approx(4.91050996).epsilon(1e-5));
  CHECK(at.length == Approx(4.1440376).epsilon(1e-4));
  CHECK(at.of("electra.embeddings.word_embeddings.weight").l2 == Approx(1.7716731).epsilon(1e-4));
  check(at.of("generator_predictions.dense.weight"), 2.11927561, -0.0532241088,
        {0.0624409955, 0.0850211753, -0.0295448301});
  const auto bias = at.of("generator_lm_head.bias");
  check(bias, 0.440230053, bias.sum, {0.009697673, 0.010724556, 0.00864703279});
}

struct small_convbert : convbert_of<convbert_numbers{.hidden_size = 24,
                                                     .num_attention_heads = 4,
                                                     .intermediate_size = 40,
                                                     .embedding_size = 12,
                                                     .conv_kernel_size = 5,
                                                     .num_groups = 2}> {};

TEST_CASE("ConvBERT's masked language model has the published gradients") {
  judge<small_convbert, generator_lm> at(small_sizes);
  const auto labels = masked_labels();
  cross_entropy loss(labels);
  CHECK(at.pass(loss) == Approx(4.76746904).epsilon(1e-5));
  CHECK(at.length == Approx(3.82834743).epsilon(1e-4));
  const std::string layer = "convbert.encoder.layer.0.";
  const auto mixer = [&](const char* name) { return at.of(layer + "attention.self." + name); };
  CHECK(at.of("convbert.embeddings.word_embeddings.weight").l2 == Approx(1.92556429).epsilon(1e-4));
  check(mixer("key_conv_attn_layer.depthwise.weight"), 0.000744092149, 0.000528731747,
        {-8.19117272e-06, -3.05147429e-05, 6.66013788e-06});
  check(mixer("key_conv_attn_layer.pointwise.weight"), 0.000903275952, -0.000793761412,
        {4.25457484e-07, -3.15536229e-06, 2.96224131e-05});
  check(mixer("key_conv_attn_layer.bias"), 0.00155984809, -0.00296902942,
        {0.000127369385, -0.000690696072, -0.000379437557});
  const auto kernel = mixer("conv_kernel_layer.weight");
  check(kernel, 0.00130715529, kernel.sum, {0.000141754322, -4.30566877e-05, -0.000164974845});
  check(mixer("conv_out_layer.weight"), 0.242194917, -0.138724715, {0.00995593547, 0.0112738693, -0.0234251901});
  check(mixer("query.weight"), 0.00608119397, -0.00651926749, {-0.000613626769, 0.000308553526, 0.00058586237});
  check(at.of(layer + "intermediate.dense.weight"), 0.263128629, -0.0188606148,
        {0.00590116496, 0.0037654886, 0.00171102448});
  check(at.of(layer + "output.dense.weight"), 0.238498097, -0.227001004,
        {-0.00863469863, 0.00229520467, -0.0089351891});
}

struct small_mobilebert : mobilebert_of<mobilebert_numbers{.hidden_size = 32,
                                                           .num_attention_heads = 4,
                                                           .intermediate_size = 20,
                                                           .embedding_size = 8,
                                                           .intra_bottleneck_size = 16,
                                                           .classifier_activation = false}> {};

// Of both heads: the published gradients are those of the sum of both losses.
TEST_CASE("MobileBERT's pre-training has the published gradients") {
  using lm = concatenated_lm<relu, layer_norm<>>;
  judge<small_mobilebert, lm> words(small_sizes);
  judge<small_mobilebert, next_sentence<first_token_pooler>> sentences(small_sizes);
  const auto labels = masked_labels();
  const std::vector<std::int32_t> follows{0, 1};
  cross_entropy loss(labels), other(follows);
  CHECK(words.pass(loss) + sentences.pass(other) == Approx(5.95289123).epsilon(1e-5));
  const auto both = [&](const std::string& name) { return words.of("mobilebert." + name, sentences); };
  const auto unsummed = [&](const std::string& name, double l2, const std::vector<double>& first) {
    const auto found = words.of(name);
    check(found, l2, found.sum, first);
  };
  check(both("embeddings.word_embeddings.weight"), 0.860193423, 0.602205029,
        {-0.00590645927, -0.00553932128, 4.17223959e-05});
  check(both("embeddings.embedding_transformation.weight"), 0.392605203, -0.437026925,
        {0.00560259364, 0.000316861315, 0.00325266484});
  check(both("encoder.layer.0.attention.self.value.weight"), 0.145438516, 0.20834338,
        {-0.00541520843, 0.000527625029, -0.000770340967});
  check(both("encoder.layer.0.bottleneck.attention.dense.weight"), 0.000236964777, 1.75802155e-05,
        {-6.80794612e-06, -1.48852925e-05, 1.44238897e-05});
  check(both("encoder.layer.0.bottleneck.attention.LayerNorm.weight"), 2.34161579e-05, 1.09972353e-05,
        {-1.30260174e-06, 2.22266565e-06, 1.71814442e-06});
  check(both("encoder.layer.0.ffn.0.output.LayerNorm.bias"), 0.351135246, -0.120914531,
        {-0.0118450912, 0.03857431, -0.148457327});
  check(both("encoder.layer.0.output.bottleneck.dense.weight"), 0.820360695, 0.118463438,
        {0.023599351, -0.00294805004, -0.00272135855});
  unsummed("cls.predictions.dense.weight", 2.49433945, {-0.00502119932, -0.0108468562, -0.00482347974});
}

TEST_CASE("BERT's pre-training has the published gradients") {
  judge<small_bert, masked_lm<>> words(small_sizes);
  judge<small_bert, next_sentence<>> sentences(small_sizes);
  const auto labels = masked_labels();
  const std::vector<std::int32_t> follows{0, 1};
  cross_entropy loss(labels), other(follows);
  CHECK(words.pass(loss) + sentences.pass(other) == Approx(5.84063591).epsilon(1e-5));
  const auto both = [&](const std::string& name) { return words.of("bert." + name, sentences); };
  const auto table = both("embeddings.word_embeddings.weight");
  check(table, 2.90523957, table.sum, {0.00158048221, 0.00501402647, 0.00565182988});
  check(both("encoder.layer.0.attention.self.query.weight"), 0.0671741892, -0.00789029187,
        {-0.00030921972, -0.00149134621, -0.000313830054});
  check(both("encoder.layer.1.output.LayerNorm.weight"), 0.357603363, 0.0349728463,
        {0.0628232731, -0.0385199717, -0.0870052224});
  check(words.of("cls.predictions.bias"), 0.437441035, 0, {0.00646417859, 0.0054482605, 0.00561522593});
  CHECK(both("encoder.layer.0.attention.self.key.bias").l2 < 1e-7);
}

template <class Plan>
struct small_bigbird
    : bigbird_of<bigbird_numbers{.hidden_size = 16, .num_attention_heads = 2, .intermediate_size = 24, .block_size = 4},
                 Plan> {};

// The published values of BigBird in training, in evaluation, and on a text that is short enough to see everything.
struct bigbird_values {
  double loss, length, words, positions, query, key, value;
  std::vector<double> first_query, first_value;
};
template <class Plan>
void check_bigbird(const padded_batch& batch, const bigbird_values& wanted) {
  judge<small_bigbird<Plan>, masked_lm<gelu_tanh>> at(small_sizes);
  const auto labels = batch.labels(7, 3);
  cross_entropy loss(labels);
  CHECK(at.pass(loss, batch) == Approx(wanted.loss).epsilon(1e-5));
  CHECK(at.length == Approx(wanted.length).epsilon(1e-4));
  const std::string layer = "bert.encoder.layer.0.attention.self.";
  CHECK(at.of("bert.embeddings.word_embeddings.weight").l2 == Approx(wanted.words).epsilon(1e-4));
  CHECK(at.of("bert.embeddings.position_embeddings.weight").l2 == Approx(wanted.positions).epsilon(1e-4));
  CHECK(at.of(layer + "key.weight").l2 == Approx(wanted.key).epsilon(1e-4));
  const auto query = at.of(layer + "query.weight"), value = at.of(layer + "value.weight");
  check(query, wanted.query, query.sum, wanted.first_query);
  check(value, wanted.value, value.sum, wanted.first_value);
}

TEST_CASE("BigBird's masked language model has the published gradients") {
  const padded_batch long_texts(50, 43, false), short_texts(44, 43, false);
  check_bigbird<hugging_face_plan>(long_texts, {4.62751223,
                                                2.33908087,
                                                1.41810809,
                                                0.771375752,
                                                0.0108755291,
                                                0.0123064621,
                                                0.13584759,
                                                {9.68136344e-05, 8.2340249e-05, 0.0012161891},
                                                {0.00108485222, -0.00164748879, 0.0025637212}});
  check_bigbird<evaluation_plan>(long_texts, {4.63249409,
                                              2.31054991,
                                              1.41701621,
                                              0.76606307,
                                              0.0112811355,
                                              0.0123238208,
                                              0.144584949,
                                              {-0.000117052727, -0.000492644355, 0.00136885091},
                                              {0.000994302131, -0.00287922987, 0.0105952211}});
  check_bigbird<evaluation_plan>(short_texts, {4.63098995,
                                               2.40764701,
                                               1.48138872,
                                               0.800264017,
                                               0.011001139,
                                               0.0120626375,
                                               0.139813504,
                                               {-3.22391436e-05, 0.000130505348, 0.000845582057},
                                               {0.00324240334, -0.00105519947, 0.00271975024}});
}

}  // namespace
}  // namespace weft_train_published
