// ConvBERT with weights by rule, against values that Hugging Face's transformers 4.27.1 computed in double; and what
// padding does to it.
#include <weft/model/convbert.hpp>

#include "single_token.hpp"

namespace {
using namespace weft_test;

struct narrow_grouped : weft::convbert_base {
  static constexpr weft::model_shape shape{.width = 24, .heads = 4, .hidden = 40};
  using embedding = weft::factorised<12>;
  using mixer = weft::mixed_attention<weft::full, weft::span_convolution<5>>;
  using feed_forward = weft::grouped<2>;
};
struct square : weft::convbert_base {
  static constexpr weft::model_shape shape = narrow_grouped::shape;
};
// The same formula with hidden padding.
struct square_blind : square {
  using mixer = weft::mixed_attention<weft::full, weft::span_convolution<9, weft::invisible_rows::zeros>>;
};

const std::string sizes = R"("model_type": "convbert", "vocab_size": 97, "hidden_size": 24, "num_hidden_layers": 2,
  "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 64, "pad_token_id": 0)";

checkpoint_by_rule bare_square() {
  return make_checkpoint(sizes + R"(, "embedding_size": 24)", {"ConvBertModel"}, naming::bare);
}
}  // namespace

TEST_CASE("ConvBERT with a narrow embedding, groups and its masked language model computes the published values") {
  const auto batch = short_batch();
  const auto found = run<narrow_grouped, narrow_grouped::tasks::masked_lm>(
      make_checkpoint(sizes + R"(, "embedding_size": 12, "conv_kernel_size": 5, "num_groups": 2)",
                      {"ConvBertForMaskedLM"}),
      batch.view());
  check_sums("embedding", found.levels[0], 2 * 9 * 24, 4.61326822, 8.86021976);
  check_sums("first layer", found.levels[1], 2 * 9 * 24, -0.562656508, 20.8347239);
  check_sums("last layer", found.levels[2], 2 * 9 * 24, 5.2552203, 21.5493255);
  check_values("last layer", found.levels[2], 0, {1.4499097, -0.762484262, -0.2687417, -0.9123567});
  check_values("last layer, padded", found.levels[2], 17 * 24, {2.30197393, -0.254571301, -0.620841328, 0.125938178});
  check_sums("masked words", found.heads[0], 2 * 9 * 97, 38.3089463, 18.4967574);
}

TEST_CASE("ConvBERT saved without a prefix computes the published values") {
  const auto batch = short_batch();
  const auto found = run<square>(bare_square(), batch.view());
  check_sums("embedding", found.levels[0], 2 * 9 * 24, 11.4651011, 20.8086939);
  check_sums("first layer", found.levels[1], 2 * 9 * 24, -14.1105688, 21.8132185);
  check_sums("last layer", found.levels[2], 2 * 9 * 24, 9.04821871, 20.3822226);
  check_values("last layer", found.levels[2], 0, {-0.637973687, 0.911658954, 0.427095003, 0.596263292});
  check_values("last layer, padded", found.levels[2], 17 * 24, {-0.633107028, -1.15047862, -0.0383860914, 1.86043932});
}

TEST_CASE("padding reaches ConvBERT's real rows as it does in the reference, and no bit of them where it is hidden") {
  const auto stored = bare_square();
  const auto padded = short_batch(), alone = padded.cut(1, 6);
  auto other = padded;  // the number below was published for this id
  for (const std::size_t i : {15, 16, 17}) other.ids[i] = 50;
  const auto real_rows = [](const results& r) { return second(r.levels.back(), 6 * 24); };
  const auto by_itself = run<square>(stored, alone.view()).levels.back();

  const auto seen = real_rows(run<square>(stored, padded.view()));
  CHECK(farthest(seen, by_itself) > 0.18);
  check_number(farthest(seen, real_rows(run<square>(stored, other.view()))), 0.253311, 2e-5);

  CHECK(real_rows(run<square_blind>(stored, padded.view())) == by_itself);
  CHECK(real_rows(run<square_blind>(stored, other.view())) == by_itself);
  CHECK(run<square_blind>(stored, alone.view()).levels.back() == by_itself);
}

TEST_CASE("ConvBERT computes its formula for a text of one token, which is shorter than its convolution") {
  auto x = summed_embedding("embeddings", single_id, 24);
  for (const std::string at : {"encoder.layer.0", "encoder.layer.1"}) {
    const auto self = at + ".attention.self", spans = self + ".key_conv_attn_layer";
    auto mixed = linear(x, self + ".value", 12);
    auto kernel_input = linear(x, self + ".query", 12);
    for (std::size_t a = 0; a < 12; ++a) {
      double span = weight(spans + ".bias", a);  // of the nine taps the middle one meets a token
      for (std::size_t c = 0; c < 24; ++c)
        span += x[c] * weight(spans + ".depthwise.weight", 9 * c + 4) * weight(spans + ".pointwise.weight", 24 * a + c);
      kernel_input[a] *= span;
    }
    const auto kernel = linear(kernel_input, self + ".conv_kernel_layer", 2 * 9);
    const auto value = linear(x, self + ".conv_out_layer", 12);
    for (std::size_t a = 0; a < 12; ++a) {
      const auto head = a / 6;
      double total = 0;
      for (std::size_t tap = 0; tap < 9; ++tap) total += std::exp(kernel[9 * head + tap]);
      mixed.push_back(std::exp(kernel[9 * head + 4]) / total * value[a]);
    }
    x = post_norm_layer(x, mixed, at, 40);
  }
  check_row(run<square>(bare_square(), single_token().view()).levels.back(), x);
}
