// ConvBERT with weights by rule, against values that Hugging Face's transformers 4.27.1 computed in double; and what
// padding does to it.
#include <weft/model/convbert.hpp>

#include "by_rule.hpp"

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
