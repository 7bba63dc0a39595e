// What configurations promise: checkpoints by rule, and the published numbers of parameters.
#include "by_rule.hpp"

#include <cstring>
#include <memory>
#include <weft/bench/operations.hpp>
#include <weft/io/expected_parameters.hpp>

#include "rule_weights.hpp"

namespace weft_test {

// A configuration of one of the classes whose name ends as "ForMaskedLM" does.
static weft::configuration configuration_of(const std::string& keys, const std::string& name) {
  return weft::configuration::parse("{" + keys + R"(, "architectures": [")" + name + "\"]}");
}

checkpoint_by_rule make_checkpoint(const std::string& keys, const std::vector<std::string>& classes, naming names) {
  nlohmann::ordered_json header;
  std::vector<float> values;
  weft::configuration c;
  for (const auto& name : classes) {
    c = configuration_of(keys, name);
    for (const auto& wanted : weft::expected_parameters(c)) {
      auto stored = wanted.name;
      if (names == naming::bare) stored = weft::detail::without_prefix(wanted.name, weft::name_prefix(c.family));
      if (header.contains(stored)) continue;
      const auto first = values.size();
      index_t count = 1;
      for (const auto n : wanted.shape) count *= n;
      for (index_t i = 0; i < count; ++i) values.push_back(rule_value(stored, static_cast<std::uint32_t>(i)));
      header[stored] = {{"dtype", "F32"}, {"shape", wanted.shape}, {"data_offsets", {4 * first, 4 * values.size()}}};
    }
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

// Values that a configuration promises: of the encoder with its pooler, if the class has one, and of all tensors.
struct counts {
  index_t body, all;
  bool operator==(const counts&) const = default;
};
counts count(const std::string& keys, const std::string& name) {
  const auto c = configuration_of(keys, name);
  const auto tensors = weft::expected_parameters(c);
  return {values_of(tensors, std::string(weft::name_prefix(c.family)) + "."), values_of(tensors)};
}

// The encoder alone, by its configuration and by the type that weft has for it; the two have to agree.
template <class Spec>
index_t count_type(const std::string& keys) {
  const auto c = configuration_of(keys, "Model");
  weft::encoder<Spec>::expect(weft::agreement(c));
  CHECK(c.family == Spec::family);
  const auto promised = values_of(weft::expected_parameters(c));
  CHECK(values_of(weft::describe<weft::encoder<Spec>>(weft::sizes_of(c))) == promised);
  CHECK(weft::bench::arithmetic_of(c, weft::encoder_parameters(c)) == weft::bench::arithmetic_of<Spec>(c));
  return promised;
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
TEST_CASE("a configuration alone tells how many parameters its encoder was published with, and its type agrees") {
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

TEST_CASE("poolers and heads are counted as published, tied tensors once") {
  CHECK(count(bert, "BertForPreTraining") == counts{109'482'240, 110'106'428});
  CHECK(count(bert + large, "BertForNextSentencePrediction").body == 335'141'888);
  CHECK(count(bert, "BertModel").all == 108'891'648);
  CHECK(count(roberta, "RobertaForMaskedLM").all == 124'697'433);
  CHECK(count(mpnet, "MPNetForMaskedLM").all == 109'518'527);
  CHECK(count(albert, "AlbertForMaskedLM").all == 11'221'680);
  CHECK(count(R"("model_type": "distilbert")", "DistilBertForMaskedLM").all == 66'985'530);
  CHECK(count(electra, "ElectraForPreTraining") == counts{13'483'008, 13'549'057});
  CHECK(count(electra, "ElectraForMaskedLM").all == 13'546'682);
  CHECK(count(electra + R"(, "tie_word_embeddings": false)", "ElectraForMaskedLM").all == 17'453'498);
  CHECK(count(electra + R"(, "embedding_size": 768, "hidden_size": 768, "num_attention_heads": 12,
                             "intermediate_size": 3072)",
              "ElectraForPreTraining") == counts{108'891'648, 109'483'009});
  CHECK(count(electra + R"(, "embedding_size": 1024)" + large, "ElectraForPreTraining") ==
        counts{334'092'288, 335'142'913});
  CHECK(count(mobilebert + without_pooler, "MobileBertForPreTraining") == counts{24'581'888, 36'597'564});
  CHECK(count(mobilebert, "MobileBertForPreTraining").body == 24'844'544);
  CHECK(count(mobilebert + without_pooler + tiny, "MobileBertForPreTraining") == counts{15'485'696, 27'501'372});
  CHECK(count(big_bird, "BigBirdForPreTraining") == counts{127'468'800, 128'112'824});
  CHECK(count(big_bird + large, "BigBirdForPreTraining") == counts{359'123'968, 360'228'024});
  CHECK(count_type<weft::bigbird_base>(big_bird) + 768 * 769 == 127'468'800);
  CHECK(count_type<weft::bigbird_large>(big_bird + large) + 1024 * 1025 == 359'123'968);
}

// Type and configuration agree on the operations, too: see count_type.
TEST_CASE("a configuration alone tells how many operations its encoder does, each layer counted where layers share") {
  const auto weights = [](const std::string& keys) {
    const auto c = configuration_of(keys, "Model");
    return weft::bench::arithmetic_of(c, weft::encoder_parameters(c)).weights;
  };
  CHECK(count_type<weft::bert_base>(bert) == 108'891'648);
  CHECK(count_type<weft::electra_small>(electra) == 13'483'008);
  CHECK(weights(bert) == 12 * (4 * 768 * 768 + 2 * 768 * 3072));
  CHECK(weights(albert) == 128 * 768 + weights(bert));
  CHECK(weights(R"("model_type": "distilbert")") == weights(bert) / 2);
  // Without bottlenecks: as BERT, with as many feed-forwards as are stacked, and no trigrams.
  CHECK(weights(mobilebert + R"(, "use_bottleneck": false, "trigram_input": false, "embedding_size": 512,
                                   "num_hidden_layers": 2, "num_feedforward_networks": 3)") ==
        2 * (4 * 512 * 512 + 3 * 2 * 512 * 512));
}

}  // namespace weft_test
