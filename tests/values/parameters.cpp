// What types ask of checkpoints: checkpoints by rule, and the published numbers of parameters.
#include "by_rule.hpp"

#include <cstring>
#include <memory>
#include <weft/bench/operations.hpp>
#include <weft/model/all.hpp>

#include "rule_weights.hpp"

namespace weft_test {

checkpoint_by_rule store_by_rule(const weft::configuration& c, const std::vector<weft::tensor_request>& all,
                                 naming names) {
  nlohmann::ordered_json header;
  std::vector<float> values;
  for (const auto& wanted : all) {
    auto stored = wanted.name;
    if (names == naming::bare) stored = weft::detail::without_prefix(wanted.name, c.facts().prefix);
    const auto first = values.size();
    index_t count = 1;
    for (const auto n : wanted.shape) count *= n;
    for (index_t i = 0; i < count; ++i) values.push_back(rule_value(stored, static_cast<std::uint32_t>(i)));
    header[stored] = {{"dtype", "F32"}, {"shape", wanted.shape}, {"data_offsets", {4 * first, 4 * values.size()}}};
  }
  auto text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const auto length = static_cast<std::uint64_t>(text.size());
  const auto file = std::make_shared<std::vector<std::byte>>(8 + text.size() + 4 * values.size());
  std::memcpy(file->data(), &length, 8);
  std::memcpy(file->data() + 8, text.data(), text.size());
  std::memcpy(file->data() + 8 + text.size(), values.data(), 4 * values.size());
  return {c, weft::checkpoint::parse(*file, "a checkpoint by rule", file)};
}

namespace {
index_t values_of(const auto& tensors, std::string_view prefix = "") {
  index_t all = 0;
  for (const auto& tensor : tensors) {
    index_t values = tensor.name.starts_with(prefix);
    for (const auto d : tensor.shape) values *= d;
    all += values;
  }
  return all;
}

// Values that a type with heads asks for: of the encoder with its pooler, if a head has one, and of all tensors.
struct counts {
  index_t body, all;
  bool operator==(const counts&) const = default;
};
template <class Spec, class... Heads>
counts count(const std::string& keys) {
  const auto c = weft::configuration::parse("{" + keys + "}");
  weft::detail::agree<Spec, Heads...>(c);
  const auto tensors = weft::expected_parameters<Spec, Heads...>(c);
  return {values_of(tensors, std::string(Spec::prefix) + "."), values_of(tensors)};
}

// The encoder alone.
template <class Spec>
index_t count_type(const std::string& keys) {
  const auto all = count<Spec>(keys).all;
  CHECK(values_of(weft::describe<weft::encoder<Spec>>(weft::sizes_of(weft::configuration::parse("{" + keys + "}")))) ==
        all);
  return all;
}

const std::string bert = R"("model_type": "bert")", electra = R"("model_type": "electra")",
                  convbert = R"("model_type": "convbert")", mobilebert = R"("model_type": "mobilebert")",
                  big_bird = R"("model_type": "big_bird")",
                  roberta = R"("model_type": "roberta", "max_position_embeddings": 514, "type_vocab_size": 1,
                                "layer_norm_eps": 1e-5)",
                  mpnet = R"("model_type": "mpnet", "max_position_embeddings": 514, "layer_norm_eps": 1e-5)",
                  albert = R"("model_type": "albert", "hidden_size": 768, "num_attention_heads": 12,
                               "intermediate_size": 3072)",
                  large = R"(, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
                              "intermediate_size": 4096)",
                  without_pooler = R"(, "classifier_activation": false)",
                  tiny = R"(, "use_bottleneck_attention": true, "key_query_shared_bottleneck": false,
                             "num_feedforward_networks": 2)",
                  teacher = R"(, "intra_bottleneck_size": 1024, "intermediate_size": 4096,
                                "num_feedforward_networks": 1, "key_query_shared_bottleneck": false,
                                "normalization_type": "layer_norm", "hidden_act": "gelu_new")";
}  // namespace

// The types of BERT and ELECTRA are counted in tests/encoder/encoder.cpp.
TEST_CASE("a type asks for as many parameters as its encoder was published with, and its configuration agrees") {
  CHECK(count_type<weft::convbert_small>(convbert + R"(, "embedding_size": 128, "hidden_size": 256,
          "num_attention_heads": 4, "intermediate_size": 1024)") == 13'143'768);
  CHECK(count_type<weft::convbert_medium_small>(convbert + R"(, "embedding_size": 128, "hidden_size": 384,
          "num_attention_heads": 8, "intermediate_size": 1536, "num_groups": 2)") == 17'475'888);
  CHECK(count_type<weft::convbert_base>(convbert) == 105'680'520);
  CHECK(count_type<weft::mobilebert>(mobilebert) == 24'581'888);
  CHECK(count_type<weft::mobilebert_tiny>(mobilebert + tiny) == 15'485'696);
  CHECK(count_type<weft::ib_bert>(mobilebert + teacher) == 294'205'184);
  CHECK(count_type<weft::roberta_base>(roberta) == 124'055'040);
  CHECK(count_type<weft::mpnet_base>(mpnet) == 108'895'872);
  CHECK(count_type<weft::albert_base>(albert) == 11'092'992);
  CHECK(count_type<weft::distilbert_base>(R"("model_type": "distilbert")") == 66'362'880);
}

template <class Spec>
counts pretrained(const std::string& keys) {
  return count<Spec, typename Spec::tasks::masked_lm, typename Spec::tasks::next_sentence>(keys);
}
template <class Spec>
counts discriminated(const std::string& keys) {
  return count<Spec, typename Spec::tasks::replaced_token_detection>(keys);
}

TEST_CASE("poolers and heads are counted as published, tied tensors once") {
  using weft::bert_base, weft::bert_large, weft::roberta_base, weft::mpnet_base, weft::albert_base;
  CHECK(pretrained<bert_base>(bert) == counts{109'482'240, 110'106'428});
  CHECK(count<bert_large, bert_large::tasks::next_sentence>(bert + large).body == 335'141'888);
  CHECK(count<bert_base>(bert).all == 108'891'648);
  CHECK(count<roberta_base, roberta_base::tasks::masked_lm>(roberta).all == 124'697'433);
  CHECK(count<mpnet_base, mpnet_base::tasks::masked_lm>(mpnet).all == 109'518'527);
  CHECK(count<albert_base, albert_base::tasks::masked_lm>(albert).all == 11'221'680);
  CHECK(count<weft::distilbert_base, weft::distilbert_base::tasks::masked_lm>(R"("model_type": "distilbert")").all ==
        66'985'530);
  using small = weft::electra_small;
  CHECK(discriminated<small>(electra) == counts{13'483'008, 13'549'057});
  CHECK(count<small, small::tasks::masked_lm>(electra).all == 13'546'682);
  CHECK(count<small, small::tasks::masked_lm>(electra + R"(, "tie_word_embeddings": false)").all == 17'453'498);
  CHECK(discriminated<weft::electra_base>(electra + R"(, "embedding_size": 768, "hidden_size": 768,
          "num_attention_heads": 12, "intermediate_size": 3072)") == counts{108'891'648, 109'483'009});
  CHECK(discriminated<weft::electra_large>(electra + R"(, "embedding_size": 1024)" + large) ==
        counts{334'092'288, 335'142'913});
  CHECK(pretrained<weft::mobilebert>(mobilebert + without_pooler) == counts{24'581'888, 36'597'564});
  CHECK(pretrained<weft::mobilebert_of<>>(mobilebert).body == 24'844'544);
  CHECK(pretrained<weft::mobilebert_tiny>(mobilebert + without_pooler + tiny) == counts{15'485'696, 27'501'372});
  CHECK(pretrained<weft::bigbird_base>(big_bird) == counts{127'468'800, 128'112'824});
  CHECK(pretrained<weft::bigbird_large>(big_bird + large) == counts{359'123'968, 360'228'024});
  CHECK(count_type<weft::bigbird_base>(big_bird) + 768 * 769 == 127'468'800);
  CHECK(count_type<weft::bigbird_large>(big_bird + large) + 1024 * 1025 == 359'123'968);
}

TEST_CASE("ModernBERT is counted as published, with its head") {
  using weft::modernbert_base, weft::modernbert_large;
  const std::string keys = R"("model_type": "modernbert")";
  CHECK(count<modernbert_base, modernbert_base::tasks::masked_lm>(keys).all == 149'655'232);
  CHECK(count<modernbert_large, modernbert_large::tasks::masked_lm>(keys + R"(, "hidden_size": 1024,
          "num_attention_heads": 16, "intermediate_size": 2624, "num_hidden_layers": 28)")
            .all == 395'881'664);
  CHECK_THROWS_WITH((count<modernbert_base, modernbert_base::tasks::sequence_classification>(keys)),
                    Catch::Contains("classifier_pooling: found \"cls\", wanted \"mean\""));
}

TEST_CASE("MosaicBERT is counted as published, with its masked language model") {
  using weft::mosaicbert_base, weft::mosaicbert_large;
  const auto keys = bert + R"(, "alibi_starting_size": 512, "vocab_size": 30528)";
  CHECK(count<mosaicbert_base, mosaicbert_base::tasks::masked_lm>(keys).all == 137'400'384);
  CHECK(count<mosaicbert_large, mosaicbert_large::tasks::masked_lm>(keys + large).all == 435'221'312);
  CHECK_THROWS_WITH((count<weft::mosaic_bert_of<weft::mosaic_bert_numbers{.layer_norm_eps = {1, -5}}>,
                           mosaicbert_base::tasks::masked_lm>(keys + R"(, "layer_norm_eps": 1e-5)")),
                    Catch::Contains("the epsilon of the masked language model's norm: found 1e-12"));
}

TEST_CASE("DeBERTa is counted as published") {
  const std::string v1 = R"("model_type": "deberta", "relative_attention": true, "pos_att_type": ["c2p", "p2c"],
      "position_biased_input": false)";
  CHECK(count<weft::deberta_base, weft::deberta_base::tasks::masked_lm>(v1).all == 139'244'121);
  const std::string v3 = R"("model_type": "deberta-v2", "relative_attention": true, "pos_att_type": "p2c|c2p",
      "position_buckets": 256, "share_att_key": true, "norm_rel_ebd": "layer_norm", "position_biased_input": false)";
  const auto base = v3 + R"(, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072)";
  const std::string twelve = R"(, "num_hidden_layers": 12)", six = R"(, "num_hidden_layers": 6)";
  using weft::deberta_v3_base;
  CHECK(count<deberta_v3_base>(base + twelve).all == 183'831'552);
  CHECK(count<deberta_v3_base, deberta_v3_base::tasks::sequence_classification>(base + twelve).all == 184'423'682);
  CHECK(count<weft::deberta_v3_small>(base + six).all == 141'304'320);
  CHECK(count<weft::deberta_v3_xsmall>(v3 + twelve + R"(, "hidden_size": 384, "num_attention_heads": 6,
          "intermediate_size": 1536)")
            .all == 70'682'112);
  CHECK(count<weft::deberta_v3_large>(v3 + R"(, "hidden_size": 1024, "num_attention_heads": 16,
          "intermediate_size": 4096)")
            .all == 434'012'160);
  CHECK(count<weft::deberta_v2_xlarge>(v3 + R"(, "conv_kernel_size": 3, "conv_act": "gelu")").all == 884'593'152);
  CHECK(count<weft::mdeberta_v3_base>(base + twelve + R"(, "vocab_size": 251000)").all ==
        183'831'552 + (251'000 - 128'100) * 768);
}

// Layers that share weights do the work of all.
struct stacked_mobilebert
    : weft::mobilebert_of<weft::mobilebert_numbers{
          .embedding_size = 512, .num_feedforward_networks = 3, .use_bottleneck = false, .trigram_input = false}> {};

TEST_CASE("a type tells how many operations its encoder does, each layer counted where layers share") {
  const auto weights = []<class Spec>(std::type_identity<Spec>, const std::string& keys) {
    return weft::bench::arithmetic_of<Spec>(weft::sizes_of(weft::configuration::parse("{" + keys + "}"))).weights;
  };
  const auto of_bert = weights(std::type_identity<weft::bert_base>{}, bert);
  CHECK(count_type<weft::bert_base>(bert) == 108'891'648);
  CHECK(count_type<weft::electra_small>(electra) == 13'483'008);
  CHECK(of_bert == 12 * (4 * 768 * 768 + 2 * 768 * 3072));
  CHECK(weights(std::type_identity<weft::deberta_v3_base>{},
                R"("model_type": "deberta-v2", "num_hidden_layers": 12, "position_biased_input": false)") == of_bert);
  CHECK(weights(std::type_identity<weft::deberta_base>{}, R"("model_type": "deberta")") == of_bert);
  CHECK(weights(std::type_identity<weft::deberta_v2_xlarge>{},
                R"("model_type": "deberta-v2", "num_hidden_layers": 2, "position_biased_input": false)") ==
        2 * (4 * 1536 * 1536 + 2 * 1536 * 6144) + 3 * 1536 * 1536);
  CHECK(weights(std::type_identity<weft::albert_base>{}, albert) == 128 * 768 + of_bert);
  CHECK(weights(std::type_identity<weft::distilbert_base>{}, R"("model_type": "distilbert")") == of_bert / 2);
  // Without bottlenecks: as BERT, with as many feed-forwards as are stacked, and no trigrams.
  CHECK(weights(std::type_identity<stacked_mobilebert>{}, mobilebert + R"(, "use_bottleneck": false,
          "trigram_input": false, "embedding_size": 512, "num_hidden_layers": 2, "num_feedforward_networks": 3)") ==
        2 * (4 * 512 * 512 + 3 * 2 * 512 * 512));
}

}  // namespace weft_test
