// Gradients of models with weights by rule, against values that Hugging Face's transformers 4.27.1 computed in double.
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>
#include <weft/model/electra.hpp>
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

// Two texts of nine tokens, of which the second has three of padding.
struct padded_batch {
  std::vector<std::int32_t> ids, segments;
  std::vector<index_t> offsets{0, 9, 18}, visible{9, 6};
  padded_batch() {
    for (std::int32_t b = 0; b < 2; ++b)
      for (std::int32_t t = 0; t < 9; ++t) {
        const bool padding = b == 1 && t >= 6;
        ids.push_back(padding ? 0 : (13 * t + 29 * b + 7 * t * t) % 92 + 5);
        segments.push_back(t >= 5 && !padding);
      }
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
  }
  double pass(auto& loss) {
    const padded_batch batch;
    workspace work(model_->workspace_bytes(batch.view().size()));
    model_->pass(
        batch.view(), [&](matrix<const float> out, matrix<float> d) { loss(out, d, 0); }, work, {}, {}, 0);
    model_->gather_gradients();
    std::vector<double> partial(100);
    length = length_of(model_->gradients().values(), partial);
    return loss.loss();
  }
  sums of(std::string_view name, index_t rows = -1) const {
    for (const auto& place : model_->gradients().places())
      if (place.name == name) {
        sums s;
        const index_t count = rows < 0 ? place.size : rows * place.shape[1];
        for (index_t i = 0; i < count; ++i) {
          const double g = double{model_->gradients().values()[place.first + i]};
          s.l2 += g * g, s.sum += g;
          if (i < 3) s.first.push_back(g);
        }
        s.l2 = std::sqrt(s.l2);
        return s;
      }
    FAIL("no tensor " << name);
    return {};
  }
  double length = 0;

 private:
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

TEST_CASE("ELECTRA's generator has the published gradients") {
  judge<small_electra, generator_lm> at(small_sizes);
  std::vector<std::int32_t> labels;
  const padded_batch batch;
  for (int b = 0; b < 2; ++b)
    for (int t = 0; t < 9; ++t)
      labels.push_back(t % 3 == 1 && !(b == 1 && t >= 6) ? (5 * batch.ids[static_cast<std::size_t>(9 * b + t)] + 1) % 97
                                                         : ignored_label);
  cross_entropy loss(labels);
  CHECK(at.pass(loss) == Approx(4.91050996).epsilon(1e-5));
  CHECK(at.length == Approx(4.1440376).epsilon(1e-4));
  CHECK(at.of("electra.embeddings.word_embeddings.weight").l2 == Approx(1.7716731).epsilon(1e-4));
  check(at.of("generator_predictions.dense.weight"), 2.11927561, -0.0532241088,
        {0.0624409955, 0.0850211753, -0.0295448301});
  const auto bias = at.of("generator_lm_head.bias");
  check(bias, 0.440230053, bias.sum, {0.009697673, 0.010724556, 0.00864703279});
}

}  // namespace
}  // namespace weft_train_published
