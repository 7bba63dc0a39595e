// ConvBERT and MobileBERT, whose rows see their neighbours, with weights by rule, against values that Hugging Face's
// transformers 4.27.1 computed in double; and what padding does to them.
#include <weft/model/convbert.hpp>
#include <weft/model/mobilebert.hpp>

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
// The same where convolutions do not see padding.
struct blind_square : square {
  using mixer = weft::mixed_attention<weft::full, weft::span_convolution<9, weft::invisible_rows::zeros>>;
};

const std::string convbert_sizes =
    R"("model_type": "convbert", "vocab_size": 97, "hidden_size": 24, "num_hidden_layers": 2,
  "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 64, "pad_token_id": 0)";

checkpoint_by_rule bare_square() {
  return make_checkpoint<square>(convbert_sizes + R"(, "embedding_size": 24)", naming::bare);
}

struct small_mobilebert : weft::mobilebert {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 20};
  using embedding = weft::trigram<8>;
  using layout = weft::bottleneck<16, 4, weft::narrowed::query_key>;
};
// The same where words do not see padding.
struct blind_mobilebert : small_mobilebert {
  using embedding = weft::trigram<8, void, weft::invisible_rows::zeros>;
};
// The flags of MobileBERT-tiny.
struct tiny_flags : small_mobilebert {
  using layout = weft::bottleneck<16, 2, weft::narrowed::all>;
  using tasks = weft::mobilebert_tasks<weft::relu, weft::pooler>;
};
// Layer norm, of which the reference gives two another epsilon.
using default_norm = weft::layer_norm<std::ratio<1, 100000>>;
struct normalised : small_mobilebert {
  using embedding = weft::trigram<8, default_norm>;
  using feed_forward = weft::dense<weft::gelu>;
  using norm = weft::layer_norm<>;
  using layout = weft::bottleneck<16, 2, weft::narrowed::query_key, default_norm>;
};

const std::string mobilebert_sizes =
    R"("model_type": "mobilebert", "vocab_size": 97, "hidden_size": 32, "embedding_size": 8,
  "intra_bottleneck_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 20,
  "max_position_embeddings": 64)";

checkpoint_by_rule published_flags() {
  using tasks = small_mobilebert::tasks;
  return make_checkpoint<small_mobilebert, tasks::masked_lm, tasks::next_sentence>(
      mobilebert_sizes + R"(, "classifier_activation": false)");
}

template <class Spec>
results run_published(const owned_batch& batch) {
  return run<Spec, typename Spec::tasks::masked_lm, typename Spec::tasks::next_sentence>(published_flags(),
                                                                                         batch.view());
}
}  // namespace

TEST_CASE("ConvBERT with a narrow embedding, groups and its masked language model computes the published values") {
  const auto batch = short_batch();
  const auto found = run<narrow_grouped, narrow_grouped::tasks::masked_lm>(
      convbert_sizes + R"(, "embedding_size": 12, "conv_kernel_size": 5, "num_groups": 2)", batch.view());
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
  const auto last_of = [&]<class Spec>(std::type_identity<Spec>, const owned_batch& batch) {
    const auto last = run<Spec>(stored, batch.view()).levels.back();
    return batch.visible.empty() ? last : second(last, 6 * 24);
  };
  const std::type_identity<square> seen;
  const std::type_identity<blind_square> hidden;
  const auto padded = short_batch(), alone = padded.cut(1, 6);
  auto other = padded;  // published are a difference for this id under the mask, and one for a batch without segments
  for (const std::size_t i : {15, 16, 17}) other.ids[i] = 50;
  check_number(farthest(last_of(seen, padded), last_of(seen, other)), 0.253311, 2e-5);
  auto plain = padded;
  plain.segments.assign(plain.ids.size(), 0);
  CHECK(std::abs(farthest(last_of(seen, plain), last_of(seen, plain.cut(1, 6))) - 0.186) < 0.0005);

  for (const auto& batch : {padded, other, alone}) CHECK(last_of(hidden, batch) == last_of(seen, alone));
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

TEST_CASE("MobileBERT and its pre-training heads compute the published values") {
  const auto found = run_published<small_mobilebert>(short_batch());
  check_sums("embedding", found.levels[0], 2 * 9 * 32, -18.7113141, 5.31826914);
  check_sums("first layer", found.levels[1], 2 * 9 * 32, -37.9848237, 8.35318124);
  check_sums("last layer", found.levels[2], 2 * 9 * 32, -70.6583072, 10.39233);
  check_values("last layer", found.levels[2], 0, {0.0276190069, 0.252850215, -0.25757165, -0.454888419});
  check_values("last layer, padded", found.levels[2], 17 * 32, {0.149080772, 0.26951028, -0.124523342, -0.440417068});
  check_sums("masked words", found.heads[0], 2 * 9 * 97, -19.157904, 27.3353162);
  check_values("next sentence", found.heads[1], 0, {0.0166183184, -0.13800662, 0.00879880949, -0.136084481});
}

TEST_CASE("MobileBERT with the flags of its tiny form and its pooler computes the published values") {
  const auto batch = short_batch();
  // The class is one with a pooler; names have no prefix, as a bare encoder's.
  const auto found = run<tiny_flags, tiny_flags::tasks::pooled>(
      mobilebert_sizes + R"(, "use_bottleneck_attention": true, "key_query_shared_bottleneck": false,
                                    "num_feedforward_networks": 2)",
      batch.view(), naming::bare);
  check_sums("embedding", found.levels[0], 2 * 9 * 32, -7.2244618, 6.42614055);
  check_sums("first layer", found.levels[1], 2 * 9 * 32, -42.1466367, 10.0666647);
  check_sums("last layer", found.levels[2], 2 * 9 * 32, -28.62702, 11.4860271);
  check_values("last layer", found.levels[2], 0, {-0.447712264, 0.616945731, 0.311813952, 0.0872997131});
  check_values("last layer, padded", found.levels[2], 17 * 32, {-0.179512807, 0.111292505, 0.344029636, 0.197575473});
  check_values("pooler", found.heads[0], 0, {-0.25062772, -0.0946780711, -0.435562438, -0.068903833});
}

TEST_CASE("MobileBERT with layer norms of two epsilons computes the published values") {
  const auto batch = short_batch();
  const auto found = run<normalised>(mobilebert_sizes + R"(, "normalization_type": "layer_norm",
                                       "hidden_act": "gelu", "num_feedforward_networks": 2)",
                                     batch.view(), naming::bare);
  check_sums("embedding", found.levels[0], 2 * 9 * 32, 20.0576898, 25.407167);
  check_sums("first layer", found.levels[1], 2 * 9 * 32, -11.7370022, 24.9366114);
  check_sums("last layer", found.levels[2], 2 * 9 * 32, 8.66364035, 24.460031);
  check_values("last layer", found.levels[2], 0, {-0.443184362, 0.574984598, 0.0291998574, 0.797972112});
  check_values("last layer, padded", found.levels[2], 17 * 32, {0.215142517, -0.756209231, 0.138137204, 0.979280381});
}

TEST_CASE("padding reaches MobileBERT's real rows as it does in the reference, and no bit of them where it is hidden") {
  const auto padded = short_batch(), alone = padded.cut(1, 6);
  const auto real_rows = [](const results& r) { return second(r.levels.back(), 6 * 32); };
  const auto by_itself = run_published<small_mobilebert>(alone).levels.back();
  // The last real token's neighbour is the row of [PAD], or nothing.
  CHECK(farthest(real_rows(run_published<small_mobilebert>(padded)), by_itself) > 0.01);
  CHECK(real_rows(run<blind_mobilebert>(published_flags(), padded.view())) == by_itself);
  CHECK(run<blind_mobilebert>(published_flags(), alone.view()).levels.back() == by_itself);
}

TEST_CASE("MobileBERT computes its formula for a text of one token, which has no neighbours") {
  const std::string embeddings = "mobilebert.embeddings";
  row words(8);
  for (const auto v : table_row(embeddings + ".word_embeddings", single_id, 8)) words.push_back(v);
  words.resize(24);
  auto x = linear(words, embeddings + ".embedding_transformation", 32);
  x = sum(sum(x, table_row(embeddings + ".position_embeddings", 0, 32)),
          table_row(embeddings + ".token_type_embeddings", 0, 32));
  x = scale(x, embeddings);
  for (const std::string at : {"mobilebert.encoder.layer.0", "mobilebert.encoder.layer.1"}) {
    const auto step = [](const row& from, const std::string& name, const row& residual) {
      return scale(sum(linear(from, name + ".dense", residual.size()), residual), name);
    };
    const auto narrow = scale(linear(x, at + ".bottleneck.input.dense", 16), at + ".bottleneck.input");
    auto a = step(linear(x, at + ".attention.self.value", 16), at + ".attention.output", narrow);
    for (const std::string feed : {".ffn.0", ".ffn.1", ".ffn.2", ""})
      a = step(relu(linear(a, at + feed + ".intermediate.dense", 20)), at + feed + ".output", a);
    x = step(a, at + ".output.bottleneck", x);
  }
  check_row(run_published<small_mobilebert>(single_token()).levels.back(), x);
}
