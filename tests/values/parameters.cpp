// What configurations promise: checkpoints by rule, and the published numbers of parameters.
#include "by_rule.hpp"

#include <cstring>
#include <memory>
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
      index count = 1;
      for (const auto n : wanted.shape) count *= n;
      for (index i = 0; i < count; ++i) values.push_back(rule_value(stored, static_cast<std::uint32_t>(i)));
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
// Values of the tensors that a configuration promises: of the encoder and its pooler, and of all.
struct counts {
  index body = 0, all = 0;
};
counts count(const std::string& keys, const std::string& name) {
  const auto c = configuration_of(keys, name);
  counts n;
  for (const auto& tensor : weft::expected_parameters(c)) {
    index values = 1;
    for (const auto d : tensor.shape) values *= d;
    n.all += values;
    if (tensor.name.starts_with(std::string(weft::name_prefix(c.family)) + ".")) n.body += values;
  }
  return n;
}
}  // namespace

TEST_CASE("a configuration alone tells how many parameters its model was published with") {
  const auto count_large = [](const std::string& family, const std::string& name) {
    return count(family + R"(, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
                               "intermediate_size": 4096)",
                 name);
  };
  const std::string bert = R"("model_type": "bert")", electra = R"("model_type": "electra")",
                    convbert = R"("model_type": "convbert")", big_bird = R"("model_type": "big_bird")",
                    mobilebert = R"("model_type": "mobilebert")";
  CHECK(count(bert, "BertModel").body == 108'891'648);
  CHECK(count(bert, "BertForPreTraining").body == 109'482'240);
  CHECK(count(bert, "BertForPreTraining").all == 110'106'428);
  CHECK(count_large(bert, "BertForPreTraining").body == 335'141'888);

  CHECK(count(electra, "ElectraForPreTraining").body == 13'483'008);
  CHECK(count(electra, "ElectraForPreTraining").all == 13'549'057);
  CHECK(count(electra, "ElectraForMaskedLM").all == 13'546'682);
  CHECK(count(electra + R"(, "tie_word_embeddings": false)", "ElectraForMaskedLM").all == 17'453'498);
  CHECK(count(electra + R"(, "embedding_size": 768, "hidden_size": 768, "num_attention_heads": 12,
                             "intermediate_size": 3072)",
              "ElectraModel")
            .body == 108'891'648);
  CHECK(count_large(electra + R"(, "embedding_size": 1024)", "ElectraForPreTraining").body == 334'092'288);
  CHECK(count_large(electra + R"(, "embedding_size": 1024)", "ElectraForPreTraining").all == 335'142'913);

  CHECK(count(convbert, "ConvBertModel").body == 105'680'520);
  CHECK(count(convbert + R"(, "embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4,
                              "intermediate_size": 1024)",
              "ConvBertModel")
            .body == 13'143'768);
  CHECK(count(convbert + R"(, "embedding_size": 128, "hidden_size": 384, "num_attention_heads": 8,
                              "intermediate_size": 1536, "num_groups": 2)",
              "ConvBertModel")
            .body == 17'475'888);

  const std::string without_pooler = R"(, "classifier_activation": false)",
                    tiny = R"(, "use_bottleneck_attention": true, "key_query_shared_bottleneck": false,
                               "num_feedforward_networks": 2)",
                    teacher = R"(, "intra_bottleneck_size": 1024, "intermediate_size": 4096,
                               "num_feedforward_networks": 1, "key_query_shared_bottleneck": false,
                               "normalization_type": "layer_norm", "hidden_act": "gelu_new")";
  CHECK(count(mobilebert + without_pooler, "MobileBertForPreTraining").body == 24'581'888);
  CHECK(count(mobilebert + without_pooler, "MobileBertForPreTraining").all == 36'597'564);
  CHECK(count(mobilebert, "MobileBertForPreTraining").body == 24'844'544);
  CHECK(count(mobilebert + without_pooler + tiny, "MobileBertForPreTraining").body == 15'485'696);
  CHECK(count(mobilebert + without_pooler + tiny, "MobileBertForPreTraining").all == 27'501'372);
  CHECK(count(mobilebert + teacher, "MobileBertModel").body == 294'205'184);

  CHECK(count(big_bird, "BigBirdForPreTraining").body == 127'468'800);
  CHECK(count(big_bird, "BigBirdForPreTraining").all == 128'112'824);
  CHECK(count_large(big_bird, "BigBirdForPreTraining").body == 359'123'968);
  CHECK(count_large(big_bird, "BigBirdForPreTraining").all == 360'228'024);
}

}  // namespace weft_test
