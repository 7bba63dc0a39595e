#include <weft/io/configuration.hpp>

#include <weft/io/agreement.hpp>
#include <weft/io/load.hpp>
#include <weft/io/safetensors_writer.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

namespace configuration_test {

using namespace weft;

const std::filesystem::path data = WEFT_TEST_DATA;
std::string refusal_of_keys(const std::string& keys, const std::string& family = "bert") {
  return refusal_of([&] { (void)configuration::parse("{\"model_type\": \"" + family + "\"" + keys + "}", "c.json"); });
}

TEST_CASE("every malformed configuration gets its verdict, in words") {
  const auto cases = parse_json(mapped_file::open(data / "malformed/index.json")->text(), "index.json");
  int seen = 0;
  for (const auto& c : cases) {
    if (c["kind"] != "config" || c["file"] == "config/no_hidden_size.json")
      continue;  // only its weights contradict that one
    ++seen;
    const auto path = data / "malformed" / c["file"].get<std::string>();
    const auto text = refusal_of([&] { (void)configuration::read(path); });
    INFO(c["file"] << ": " << c["reason"] << ": " << text);
    CHECK(text.empty() == (c["strict"] == "accept"));
    if (!text.empty()) CHECK(text.find(path.string() + ": ") == 0);
    CHECK(text.size() < path.string().size() + 500);
  }
  CHECK(seen == 17);
}

TEST_CASE("a refusal names the key, the value found and what was wanted") {
  const auto of = [](const char* name) {
    return refusal_of([&] { (void)configuration::read(data / "malformed/config" / (std::string(name) + ".json")); });
  };
  CHECK_THAT(of("heads_do_not_divide"),
             mentions("num_attention_heads: found 3, wanted a divisor of hidden_size, which is 8"));
  CHECK_THAT(of("heads_zero"), mentions("num_attention_heads: found 0, wanted an integer from 1 to"));
  CHECK_THAT(of("hidden_string"), mentions("hidden_size: found \"8\", wanted an integer"));
  CHECK_THAT(of("layers_huge"), mentions("num_hidden_layers: found 1000000000, wanted an integer"));
  CHECK_THAT(of("unknown_activation"), mentions("hidden_act: found \"geluu\", wanted one of gelu, gelu_new"));
  CHECK_THAT(of("eps_string"), mentions("layer_norm_eps: found \"small\", wanted a number"));
  CHECK_THAT(of("unknown_model_type"), mentions("model_type: found \"bert2\", wanted one of bert, electra"));
  CHECK_THAT(of("no_model_type"),
             mentions("model_type: found no such key") && mentions("--family bert, or add the key"));
}

TEST_CASE("a file without model_type is read as what the caller says, and otherwise as what it says itself") {
  CHECK(configuration::parse("{}", "c.json", "electra").embedding_size == 128);
  CHECK(configuration::parse(R"({"model_type": "bert"})", "c.json", "electra").family == "bert");
  CHECK_THAT(refusal_of([] { (void)configuration::parse("{}", "c.json", "gpt"); }),
             mentions("model_type: found \"gpt\", wanted one of bert, electra") && mentions(", ernie, dpr, camembert"));
  CHECK(configuration::parse("{}", "c.json", weft::detail::model_type_of<xlm_roberta_base>()).family == "xlm-roberta");
}

TEST_CASE("the same models under another model_type have their family's types, and their own defaults") {
  const auto c = configuration::parse(R"({"model_type": "camembert"})");
  CHECK(c.model_type == "camembert");
  CHECK(c.family == "roberta");
  CHECK(c.vocab_size == 30522);
  CHECK(c.pad_token_id == 1);
  CHECK(configuration::parse(R"({"model_type": "roberta"})").vocab_size == 50265);
  for (const auto* type : {"ernie", "dpr"}) {
    CHECK(refusal_of_keys("", type).empty());
    CHECK(configuration::parse("{\"model_type\": \"" + std::string(type) + "\"}").family == "bert");
  }
  CHECK(refusal_of_keys(", \"use_task_id\": false", "ernie").empty());
  CHECK_THAT(refusal_of_keys(", \"use_task_id\": true", "ernie"), mentions("use_task_id: found true, wanted false"));
  CHECK_THAT(refusal_of_keys(", \"projection_dim\": 8", "dpr"), mentions("projection_dim: found 8, wanted 0"));
}

TEST_CASE("a configuration that says little has its family's defaults") {
  const auto bert = configuration::parse(R"({"model_type": "bert"})");
  CHECK(bert.hidden_size == 768);
  CHECK(bert.num_hidden_layers == 12);
  CHECK(bert.num_attention_heads == 12);
  CHECK(bert.intermediate_size == 3072);
  CHECK(bert.embedding_size == 768);
  CHECK(bert.vocab_size == 30522);
  CHECK(bert.max_position_embeddings == 512);
  CHECK(bert.type_vocab_size == 2);
  CHECK(bert.layer_norm_eps == 1e-12);
  CHECK(bert.hidden_act == "gelu");
  CHECK(bert.labels == std::vector<std::string>{"LABEL_0", "LABEL_1"});
  CHECK(bert.tie_word_embeddings);
  CHECK(bert.architectures.empty());
  CHECK(bert.problem_type.empty());
  CHECK(bert.pad_token_id == 0);
  const auto electra =
      configuration::parse(R"({"model_type": "electra", "layer_norm_eps": null, "problem_type": null})");
  CHECK(electra.hidden_size == 256);
  CHECK(electra.embedding_size == 128);
  CHECK(electra.num_attention_heads == 4);
  CHECK(electra.intermediate_size == 1024);
  CHECK(electra.layer_norm_eps == 1e-12);
}

TEST_CASE("what a configuration says counts") {
  const auto c = configuration::parse(R"({"model_type": "electra", "hidden_size": 48, "embedding_size": 16,
    "num_attention_heads": 3, "id2label": {"1": "yes", "0": "no", "2": "perhaps"}, "problem_type": "regression",
    "tie_word_embeddings": false, "architectures": ["X"], "hidden_act": "gelu_new", "pad_token_id": null, "extra": [{}],
    "head_ratio": 4, "ratio": 0.5, "name": "n", "on": true})");
  CHECK(c.hidden_size == 48);
  CHECK(c.embedding_size == 16);
  CHECK(c.labels == std::vector<std::string>{"no", "yes", "perhaps"});
  CHECK(c.problem_type == "regression");
  CHECK(!c.tie_word_embeddings);
  CHECK(c.architectures == std::vector<std::string>{"X"});
  CHECK(c.integer("head_ratio", 1, 8) == 4);
  CHECK(c.integer("absent", 1, 8, 2) == 2);
  CHECK(c.number("ratio") == 0.5);
  CHECK(c.text("name") == "n");
  CHECK(c.flag("on"));
  CHECK_THAT(refusal_of([&] { (void)c.integer("absent", 1, 2); }), mentions("absent: found no such key"));
  CHECK(c.document().contains("extra"));
  CHECK(configuration::parse(R"({"model_type": "bert", "num_labels": 3})").labels.size() == 3);
}

TEST_CASE("values out of range and of wrong types are refused") {
  CHECK(refusal_of_keys("").empty());
  CHECK_THAT(refusal_of_keys(", \"hidden_size\": 8.0"), mentions("hidden_size: found 8.0"));
  CHECK_THAT(refusal_of_keys(", \"hidden_size\": true"), mentions("hidden_size: found true"));
  CHECK_THAT(refusal_of_keys(", \"vocab_size\": 18446744073709551615"),
             mentions("vocab_size: found 18446744073709551615"));
  CHECK_THAT(refusal_of_keys(", \"layer_norm_eps\": 0"), mentions("layer_norm_eps: found 0"));
  CHECK_THAT(refusal_of_keys(", \"layer_norm_eps\": -1e-12"), mentions("layer_norm_eps: found -1e-12"));
  CHECK_THAT(refusal_of_keys(", \"layer_norm_eps\": NaN"), mentions("c.json: byte"));
  CHECK_THAT(refusal_of_keys(", \"position_embedding_type\": \"relative_key\""),
             mentions("\"relative_key\", wanted absolute"));
  CHECK_THAT(refusal_of_keys(", \"tie_word_embeddings\": 1"), mentions("tie_word_embeddings: found 1"));
  CHECK_THAT(refusal_of_keys(", \"is_decoder\": true"), mentions("is_decoder: found true, wanted false"));
  CHECK_THAT(refusal_of_keys(", \"architectures\": \"BertModel\""), mentions("architectures: found \"BertModel\""));
  CHECK_THAT(refusal_of_keys(", \"problem_type\": \"guess\""), mentions("problem_type: found \"guess\""));
  CHECK_THAT(refusal_of_keys(", \"pad_token_id\": 30522"), mentions("pad_token_id: found 30522"));
  CHECK_THAT(refusal_of_keys(", \"id2label\": {}"), mentions("id2label"));
  CHECK_THAT(refusal_of_keys(", \"id2label\": [\"a\"]"), mentions("id2label"));
  CHECK_THAT(refusal_of_keys(", \"id2label\": {\"1\": \"a\"}"), mentions("id2label: found no id 0 among 1"));
  CHECK_THAT(refusal_of_keys(", \"id2label\": {\"0\": [1]}"), mentions("for id 0, wanted an object that"));
  CHECK_THAT(refusal_of_keys(", \"num_labels\": 1000000000"), mentions("num_labels"));
  CHECK_THAT(refusal_of([] { (void)configuration::parse("[]", "c.json"); }),
             mentions("model_type: found an array of 0 values"));
}

TEST_CASE("a family that weft does not have is refused with those that it has") {
  CHECK_THAT(refusal_of_keys("", "llama"), mentions("model_type: found \"llama\", wanted one of bert, electra"));
}

TEST_CASE("a family's own spelling of a key counts, in refusals too") {
  const auto c = configuration::parse(R"({"model_type": "distilbert", "dim": 48, "n_layers": 3, "n_heads": 6,
    "hidden_dim": 100, "activation": "relu", "hidden_size": 7, "layer_norm_eps": "as it likes"})");
  CHECK(c.hidden_size == 48);
  CHECK(c.num_hidden_layers == 3);
  CHECK(c.num_attention_heads == 6);
  CHECK(c.intermediate_size == 100);
  CHECK(c.hidden_act == "relu");
  CHECK(c.layer_norm_eps == 1e-12);
  CHECK(c.type_vocab_size == 0);
  CHECK_THAT(refusal_of_keys(", \"activation\": \"laplace\"", "distilbert"), mentions("activation: found \"laplace\""));
  CHECK_THAT(refusal_of_keys(", \"n_heads\": 5", "distilbert"),
             mentions("n_heads: found 5, wanted a divisor of dim, which"));
  CHECK_THAT(refusal_of_keys(", \"sinusoidal_pos_embds\": 1", "distilbert"), mentions("sinusoidal_pos_embds: found 1"));
}

TEST_CASE("ALBERT's layers share weights by groups") {
  CHECK(configuration::parse(R"({"model_type": "albert"})").groups() == 1);
  CHECK(configuration::parse(R"({"model_type": "albert", "num_hidden_groups": 3})").groups() == 3);
  CHECK(configuration::parse(R"({"model_type": "bert", "num_hidden_groups": 3})").groups() == 0);
  CHECK_THAT(refusal_of_keys(", \"num_hidden_groups\": 13", "albert"),
             mentions("num_hidden_groups: found 13, wanted at most num_hidden_layers, which is 12"));
  CHECK_THAT(refusal_of_keys(", \"inner_group_num\": 2", "albert"), mentions("inner_group_num: found 2, wanted 1"));
}

TEST_CASE("texts of RoBERTa begin behind the padding's position") {
  CHECK(configuration::parse(R"({"model_type": "roberta"})").first_position() == 2);
  CHECK(configuration::parse(R"({"model_type": "xlm-roberta", "pad_token_id": 4})").first_position() == 5);
  CHECK(configuration::parse(R"({"model_type": "bert", "pad_token_id": 4})").first_position() == 0);
  CHECK(configuration::parse(R"({"model_type": "mpnet", "pad_token_id": 4})").first_position() == 2);
  CHECK_THAT(refusal_of_keys(", \"relative_attention_num_buckets\": 16", "mpnet"),
             mentions("relative_attention_num_buckets: found 16, wanted 32"));
  CHECK_THAT(refusal_of_keys(", \"max_position_embeddings\": 2", "roberta"),
             mentions("max_position_embeddings: found 2, wanted more than 2"));
  CHECK_THAT(refusal_of_keys(", \"position_embedding_type\": \"relative_key\"", "xlm-roberta"),
             mentions("position_embedding_type: found \"relative_key\", wanted absolute"));
}

TEST_CASE("a family's own keys have its defaults") {
  const auto conv = configuration::parse(R"({"model_type": "convbert"})");
  CHECK(conv.own_integer("head_ratio") == 2);
  CHECK(conv.own_integer("conv_kernel_size") == 9);
  const auto big = configuration::parse(R"({"model_type": "big_bird", "use_bias": false, "block_size": 16})");
  CHECK(big.own_integer("block_size") == 16);
  CHECK(!big.own_flag("use_bias"));
  CHECK(big.own_word("attention_type") == "block_sparse");
  const auto mobile = configuration::parse(R"({"model_type": "mobilebert"})");
  CHECK(mobile.own_flag("classifier_activation"));
  CHECK(mobile.own_word("normalization_type") == "no_norm");
  CHECK(mobile.hidden_act == "relu");
}

TEST_CASE("a family's own keys are refused in words") {
  CHECK_THAT(refusal_of_keys(", \"conv_kernel_size\": 4", "convbert"),
             mentions("conv_kernel_size: found 4, wanted an odd number of taps"));
  CHECK_THAT(refusal_of_keys(", \"head_ratio\": 0", "convbert"), mentions("head_ratio: found 0"));
  CHECK_THAT(refusal_of_keys(", \"head_ratio\": \"two\"", "convbert"), mentions("head_ratio"));
  CHECK_THAT(refusal_of_keys(", \"num_groups\": 5", "convbert"),
             mentions("num_groups: found 5, wanted a divisor of hidden_size"));
  CHECK_THAT(refusal_of_keys(", \"hidden_size\": 60, \"num_attention_heads\": 12, \"head_ratio\": 1", "convbert"),
             mentions("head_ratio: found 1"));
  CHECK_THAT(refusal_of_keys(", \"block_size\": 0", "big_bird"), mentions("block_size: found 0"));
  CHECK_THAT(refusal_of_keys(", \"attention_type\": \"dense\"", "big_bird"),
             mentions("attention_type: found \"dense\", wanted one of block_sparse, original_full"));
  CHECK_THAT(refusal_of_keys(", \"use_bias\": 1", "big_bird"), mentions("use_bias"));
  CHECK_THAT(refusal_of_keys(", \"intra_bottleneck_size\": 126", "mobilebert"),
             mentions("num_attention_heads: found 4, wanted a divisor of intra_bottleneck_size, which is 126"));
  CHECK_THAT(refusal_of_keys(", \"normalization_type\": \"batch\"", "mobilebert"), mentions("normalization_type"));
  CHECK_THAT(refusal_of_keys(", \"num_feedforward_networks\": 0", "mobilebert"),
             mentions("num_feedforward_networks: found 0"));
  CHECK_THAT(refusal_of_keys(", \"embedding_size\": 600", "mobilebert"),
             mentions("embedding_size: found 600, wanted at most"));
}

TEST_CASE("keys inside objects are refused by their whole path") {
  const auto rope = [](const std::string& keys) {
    return refusal_of_keys(", \"rope_parameters\": {" + keys + "}", "nomic_bert");
  };
  CHECK(rope("\"rope_theta\": 10000.0").empty());
  CHECK_THAT(rope("\"rope_theta\": 0.5"),
             mentions("c.json: rope_parameters.rope_theta: found 0.5, wanted a whole number"));
  CHECK_THAT(rope("\"rope_type\": \"yarn\""), mentions("rope_parameters.rope_type: found \"yarn\", wanted default"));
  CHECK_THAT(refusal_of_keys(", \"rope_parameters\": 3", "nomic_bert"),
             mentions("found 3 around it, wanted an object"));
}

TEST_CASE("ModernBERT's layers are read from both generations of keys") {
  const auto of = [](const std::string& keys) {
    return configuration::parse("{\"model_type\": \"modernbert\"" + keys + "}", "c.json");
  };
  const auto every = [&](const std::string& keys) { return of(keys).own_integer("global_attn_every_n_layers"); };
  const auto bits = [&](const std::string& keys) {
    const auto c = of(keys);
    return c.value(*c.find_key("layer_types"));
  };
  const auto list = [](const std::string& kinds) {  // f: full, s: sliding
    std::string all;
    for (const char kind : kinds)
      all += (all.empty() ? "\"" : ", \"") + std::string(kind == 'f' ? "full" : "sliding") + "_attention\"";
    return ", \"num_hidden_layers\": " + std::to_string(kinds.size()) + ", \"layer_types\": [" + all + "]";
  };
  CHECK(every("") == 3);
  CHECK(every(", \"global_attn_every_n_layers\": 2") == 2);
  CHECK((every(list("fssf")) == 3 && bits(list("fssf")) == 0));
  CHECK((every(list("fs")) == 3 && bits(list("fs")) == 0));  // as three, which is what is assumed
  CHECK((every(list("fsfs")) == 2 && bits(list("fsfs")) == 0));
  CHECK((every(list("ffff")) == 1 && bits(list("ffff")) == 0));
  CHECK((every(list("fsssss")) == 6 && bits(list("fsssss")) == 0));
  CHECK((every(list("ffsf")) == 3 && bits(list("ffsf")) == 0b0100));
  CHECK((every(list("ssss")) == 3 && bits(list("ssss")) == 0b1111));
  // The list wins.
  CHECK(every(list("fsfs") + ", \"global_attn_every_n_layers\": 4") == 2);
  CHECK(every(list("fsss") + ", \"global_attn_every_n_layers\": 9") == 9);
  CHECK(every(", \"layer_types\": null, \"global_attn_every_n_layers\": 4") == 4);
  CHECK(bits(list(std::string(51, 'f') + "s")) == 2251799813685248.0);
  CHECK(every(list("f" + std::string(4095, 's'))) == 4096);

  const auto theta = [&](const std::string& name, const std::string& keys) { return of(keys).own_integer(name); };
  const std::string both = R"("full_attention": {"rope_theta": 5000.0}, "sliding_attention": {"rope_theta": 100})";
  CHECK(theta("global_rope_theta", "") == 160'000);
  CHECK(theta("local_rope_theta", "") == 10'000);
  CHECK(theta("global_rope_theta", ", \"global_rope_theta\": 80000.0") == 80'000);
  CHECK(theta("local_rope_theta", ", \"local_rope_theta\": 500") == 500);
  CHECK(theta("global_rope_theta", ", \"rope_parameters\": {" + both + "}, \"global_rope_theta\": 7") == 5'000);
  CHECK(theta("local_rope_theta", ", \"rope_parameters\": {" + both + "}") == 100);
  CHECK(theta("local_rope_theta", ", \"rope_parameters\": {\"full_attention\": null}, \"local_rope_theta\": 8") == 8);
}

TEST_CASE("what ModernBERT's keys may not say is refused by name") {
  const auto said = [](const std::string& keys) { return refusal_of_keys(", " + keys, "modernbert"); };
  const auto rope = [&](const std::string& kind, const std::string& keys) {
    return said("\"rope_parameters\": {\"" + kind + "\": {" + keys + "}}");
  };
  CHECK(said(R"("unknown": 3, "layer_norm_eps": 7, "reference_compile": null, "rope_scaling": null)").empty());
  for (const std::string kind : {"full_attention", "sliding_attention"}) {
    const auto path = "c.json: rope_parameters." + kind + ".rope_";
    const std::string wanted = ", wanted a whole number from 2 to 1000000000";
    CHECK(rope(kind, "\"rope_type\": \"default\", \"rope_theta\": 2") == "");
    for (const std::string value : {"0", "-10000.0", "1", "2.5", "1e10"})
      CHECK_THAT(rope(kind, "\"rope_theta\": " + value), mentions(path + "theta: found ") && mentions(wanted));
    CHECK_THAT(rope(kind, "\"rope_theta\": \"10000\""), mentions(path + "theta: found \"10000\", wanted a number"));
    CHECK_THAT(rope(kind, "\"rope_theta\": NaN"), mentions("valid JSON"));
    for (const std::string type : {"yarn", "linear", "dynamic", ""})
      CHECK_THAT(rope(kind, "\"rope_type\": \"" + type + "\""),
                 mentions(path + "type: found \"" + type + "\", wanted default"));
  }
  CHECK_THAT(said("\"global_rope_theta\": 0"), mentions("c.json: global_rope_theta: found 0"));
  CHECK_THAT(said("\"local_rope_theta\": -1"), mentions("c.json: local_rope_theta: found -1"));
  CHECK_THAT(
      said("\"local_rope_theta\": null"),
      mentions("local_rope_theta: found null, wanted a value, or no such key; versions of the reference differ"));
  CHECK_THAT(said(R"("rope_scaling": {"rope_type": "yarn"})"),
             mentions("rope_scaling.rope_type: found \"yarn\", wanted default"));
  CHECK_THAT(said(R"("rope_scaling": {"type": "linear", "factor": 2.0})"),
             mentions("rope_scaling.type: found \"linear\", wanted default"));

  CHECK_THAT(
      said(R"("num_hidden_layers": 2, "layer_types": ["full_attention"])"),
      mentions(
          "layer_types: found a list of 1, wanted a word for each of the layers of num_hidden_layers, which is 2"));
  CHECK_THAT(said("\"layer_types\": []"), mentions("layer_types: found a list of 0"));
  CHECK_THAT(said("\"layer_types\": \"full_attention\""),
             mentions("layer_types: found \"full_attention\", wanted an array"));
  CHECK_THAT(said(R"("num_hidden_layers": 1, "layer_types": ["chunked_attention"])"),
             mentions("layer_types: found \"chunked_attention\", wanted one of full_attention, sliding_attention"));
  CHECK_THAT(said(R"("num_hidden_layers": 1, "layer_types": [1])"), mentions("layer_types: found 1 in the array"));
  std::string many = R"("num_hidden_layers": 53, "layer_types": ["sliding_attention")";
  for (int i = 1; i < 53; ++i) many += ", \"full_attention\"";
  CHECK_THAT(said(many + "]"), mentions("layer_types: found 53 layers in no regular order, wanted at most 52"));
  CHECK_THAT(said("\"global_attn_every_n_layers\": 0"), mentions("global_attn_every_n_layers: found 0"));
  CHECK_THAT(said("\"local_attention\": 0"), mentions("local_attention: found 0, wanted an integer from 1"));
  CHECK_THAT(said("\"local_attention\": -16"), mentions("local_attention: found -16"));
  CHECK_THAT(said("\"classifier_pooling\": \"max\""),
             mentions("classifier_pooling: found \"max\", wanted one of cls, mean"));
  CHECK_THAT(said("\"hidden_activation\": \"swish2\""), mentions("hidden_activation: found \"swish2\""));
  CHECK_THAT(said("\"norm_eps\": 0"), mentions("norm_eps: found 0"));
  CHECK_THAT(said("\"mlp_bias\": 1"), mentions("mlp_bias: found 1, wanted true or false"));
  CHECK_THAT(said("\"hidden_size\": 36"), mentions("num_attention_heads: found 12, wanted heads of an even width"));
  CHECK_THAT(said("\"head_dim\": 32"), mentions("head_dim: found 32, wanted 64"));
}

TEST_CASE("what DeBERTa's keys may not say is refused by name") {
  const std::string both = R"("relative_attention": true, "pos_att_type": ["c2p", "p2c"])";
  const auto said = [&](const std::string& keys) { return refusal_of_keys(", " + both + ", " + keys, "deberta-v2"); };
  const auto terms = [](const std::string& value) {
    return refusal_of_keys(", \"pos_att_type\": " + value, "deberta-v2");
  };
  CHECK(terms("null").empty());
  CHECK(terms("[]").empty());
  CHECK(terms("[\"p2c\", \"c2p\"]").empty());
  CHECK(terms("\"c2p | p2c\"").empty());
  CHECK(terms("\"p2p|c2p|p2c\"").empty());
  CHECK_THAT(terms("[\"c2p\", \"q2p\"]"), mentions("pos_att_type: found \"q2p\", wanted one of c2p, p2c, p2p"));
  CHECK_THAT(terms("\"c2p|p2\""), mentions("pos_att_type: found \"p2\", wanted one of c2p, p2c, p2p"));
  CHECK_THAT(terms("\"\""), mentions("pos_att_type: found \"\", wanted one of"));
  CHECK_THAT(terms("\"c2p||p2c\""), mentions("pos_att_type: found \"\", wanted one of"));
  CHECK_THAT(terms("[\"c2p\", \"c2p\"]"), mentions("pos_att_type: found \"c2p\" twice, wanted every word once"));
  CHECK_THAT(terms("3"), mentions("pos_att_type: found 3, wanted a list of words, or one text with | between them"));
  CHECK_THAT(terms("[3]"), mentions("pos_att_type: found 3 in the array, wanted strings"));
  CHECK(said("\"position_buckets\": 256").empty());
  CHECK(said("\"position_buckets\": 0").empty());
  CHECK_THAT(said("\"position_buckets\": 1"), mentions("position_buckets: found 1, wanted an even number"));
  CHECK_THAT(said("\"position_buckets\": 255"), mentions("position_buckets: found 255, wanted an even number"));
  CHECK_THAT(said("\"position_buckets\": 1024"), mentions("position_buckets: found 1024, wanted at most 1020"));
  CHECK_THAT(said("\"position_buckets\": 16, \"max_relative_positions\": 9"),
             mentions("position_buckets: found 16, wanted at most 14: the buckets reach as far as "
                      "max_relative_positions, which is 9"));
  CHECK_THAT(said("\"max_relative_positions\": 1000000000000"),
             mentions("max_relative_positions: found 1000000000000, wanted an integer from -1 to 4096"));
  CHECK_THAT(said("\"max_position_embeddings\": 5000"),
             mentions("max_position_embeddings: found 5000, wanted at most"));
  CHECK(refusal_of_keys(", \"max_position_embeddings\": 5000", "deberta-v2").empty());
  CHECK_THAT(said("\"conv_kernel_size\": 4"), mentions("conv_kernel_size: found 4, wanted an odd number"));
  CHECK_THAT(said("\"conv_kernel_size\": -1"), mentions("conv_kernel_size: found -1"));
  CHECK_THAT(said("\"conv_kernel_size\": 3, \"conv_groups\": 5"),
             mentions("conv_groups: found 5, wanted a divisor of hidden_size, which is 1536"));
  CHECK_THAT(said("\"conv_groups\": 0"), mentions("conv_groups: found 0"));
  CHECK_THAT(said("\"conv_act\": \"laplace\""), mentions("conv_act: found \"laplace\""));
  CHECK_THAT(said("\"norm_rel_ebd\": \"rms_norm\""),
             mentions("norm_rel_ebd: found \"rms_norm\", wanted one of none, layer_norm"));
  CHECK_THAT(said("\"attention_head_size\": 32"), mentions("attention_head_size: found 32, wanted 64"));
  CHECK_THAT(said("\"pooler_hidden_size\": 768"), mentions("pooler_hidden_size: found 768, wanted hidden_size"));
  CHECK_THAT(refusal_of_keys(", \"talking_head\": true", "deberta"),
             mentions("talking_head: found true, wanted false"));
  CHECK(refusal_of_keys(", \"talking_head\": false", "deberta").empty());
  CHECK_THAT(refusal_of_keys(", \"relative_attention\": true, \"max_position_embeddings\": 5000", "deberta"),
             mentions("max_position_embeddings: found 5000, wanted at most 4096"));
  const auto c = configuration::parse(R"({"model_type": "deberta-v2", "hidden_size": 768, "num_attention_heads": 12})");
  CHECK(c.embedding_size == 768);
  CHECK(c.own_integer("pooler_hidden_size") == 768);
}

TEST_CASE("what DeBERTa's checkpoints store and its keys say is compared before tensors are") {
  const auto stored = checkpoint::open(data / "models" / "deberta_v3_classify");
  auto text = std::string(mapped_file::open(data / "models" / "deberta_v3_classify" / "config.json")->text());
  const auto said = [&](const std::string& from, const std::string& to) {
    auto changed = text;
    REQUIRE(changed.find(from) != changed.npos);
    changed.replace(changed.find(from), from.size(), to);
    return refusal_of([&] { weft::detail::check_stored(stored, configuration::parse(changed, "c.json"), "deberta"); });
  };
  CHECK(said("true", "true").empty());
  CHECK_THAT(said("\"position_buckets\": 16", "\"position_buckets\": 8"),
             mentions("c.json: position_buckets: found 8, wanted half of 32, the rows of the checkpoint's "
                      "encoder.rel_embeddings.weight"));
  CHECK_THAT(said("\"position_buckets\": 16", "\"position_buckets\": -1"),
             mentions("c.json: max_position_embeddings: found 64, wanted half of 32"));
  const auto file = weft_test::temporary_folder() / "projections.safetensors";
  const std::vector<float> one{1};
  safetensors_writer own;
  own.add("bert.encoder.layer.0.attention.self.pos_query_proj.weight", {1, 1}, one);
  own.save(file);
  CHECK_THAT(refusal_of([&] {
               weft::detail::check_stored(checkpoint::open(file), configuration::parse(text, "c.json"), "deberta");
             }),
             mentions("c.json: share_att_key: found true, wanted false: the checkpoint has projections of positions, "
                      "encoder.layer.0.attention.self.pos_query_proj.weight"));
  CHECK_THAT(said("\"share_att_key\": true", "\"share_att_key\": false"),
             mentions("c.json: share_att_key: found false, wanted true: the checkpoint has no "
                      "encoder.layer.0.attention.self.pos_key_proj.weight"));
}

TEST_CASE("labels may be numbers") {
  const auto c = configuration::parse(R"({"model_type": "bert", "id2label": {"0": 1, "1": -1, "2": 0.5}})", "c.json");
  CHECK(c.labels == std::vector<std::string>{"1", "-1", "0.5"});
}

TEST_CASE("a family of BERT's model_type is told by a key") {
  const auto of = [](const std::string& keys) {
    return configuration::parse("{\"model_type\": \"bert\"" + keys + "}", "c.json");
  };
  CHECK(of("").family == "bert");
  CHECK(of(", \"alibi_starting_size\": null").family == "bert");
  const auto mosaic = of(", \"alibi_starting_size\": 32, \"max_position_embeddings\": 64");
  CHECK(mosaic.family == "mosaic_bert");
  CHECK(mosaic.max_position_embeddings == 16'777'216);  // no table says how long a text may be
  CHECK_THAT(refusal_of_keys(", \"alibi_starting_size\": 0"),
             mentions("alibi_starting_size: found 0, wanted an integer"));
  CHECK_THAT(refusal_of_keys(", \"alibi_starting_size\": -512"), mentions("alibi_starting_size: found -512"));
  CHECK_THAT(refusal_of_keys(", \"alibi_starting_size\": \"512\""), mentions("alibi_starting_size: found \"512\""));
  CHECK_THAT(refusal_of_keys(", \"alibi_starting_size\": 512, \"num_attention_heads\": 5"),
             mentions("num_attention_heads: found 5, wanted a divisor of hidden_size"));
  const auto refused = [](const configuration& c, std::string_view wanted) {
    return refusal_of([&] { agreement(c).family(wanted); });
  };
  CHECK(refused(of(""), "bert").empty());
  CHECK(refused(mosaic, "mosaic_bert").empty());
  CHECK_THAT(refused(of(""), "mosaic_bert"),
             mentions("c.json: alibi_starting_size: found no such key, wanted one, as mosaic_bert has it"));
  CHECK_THAT(refused(mosaic, "bert"),
             mentions("c.json: alibi_starting_size: found the key of mosaic_bert, wanted no such key"));
  CHECK_THAT(refused(mosaic, "electra"), mentions("model_type: found \"mosaic_bert\", wanted \"electra\""));
  CHECK_THAT(refusal_of_keys("", "llama"), !Catch::Contains(" bert, bert,") && mentions("one of bert, electra"));
}

TEST_CASE("a student's configuration says its poolings, and its layers follow from its projection") {
  const auto of = [](const std::string& keys) {
    return configuration::parse("{\"model_type\": \"bert_bilstm\"" + keys + "}", "c.json");
  };
  const auto refused = [&](const std::string& keys) { return refusal_of([&] { of(keys); }); };
  CHECK(of("").num_hidden_layers == 1);
  CHECK(of(", \"projection_size\": null").num_hidden_layers == 1);
  CHECK(of(", \"projection_size\": 128").num_hidden_layers == 2);
  CHECK_THAT(refused(", \"pooling\": \"first\""),
             mentions("pooling: found \"first\", wanted one of last, max, mean, attention"));
  CHECK_THAT(refused(", \"lstm_layers\": 0"), mentions("lstm_layers: found 0, wanted an integer from 1 to 10"));
  CHECK_THAT(refused(", \"lstm_hidden_size\": \"20\""), mentions("lstm_hidden_size: found \"20\""));
}

TEST_CASE("a list of layers has a known word for each") {
  const auto refused = [&](const std::string& keys) {
    return refusal_of([&] { configuration::parse("{\"model_type\": \"autobert\"" + keys + "}", "c.json"); });
  };
  CHECK(refused("").empty());  // the backbone that was found
  CHECK(refused(R"(, "num_hidden_layers": 2, "layers": ["conv3", "att12"])").empty());
  CHECK_THAT(refused(R"(, "num_hidden_layers": 2, "layers": ["conv4", "att12"])"),
             mentions("layers: found \"conv4\", wanted one of conv3, conv5"));
  CHECK_THAT(
      refused(R"(, "num_hidden_layers": 3, "layers": ["conv3", "att12"])"),
      mentions("layers: found a list of 2, wanted a word for each of the layers of num_hidden_layers, which is 3"));
  CHECK_THAT(refused(R"(, "num_hidden_layers": 3)"), mentions("layers: found no such key, which is a list of 12"));
  CHECK_THAT(refused(R"(, "layers": "conv3")"), mentions("layers: found \"conv3\", wanted an array of strings"));
  std::string many = "\"conv3\"";
  for (int i = 1; i < 14; ++i) many += ", \"conv3\"";
  CHECK_THAT(refused(", \"num_hidden_layers\": 14, \"layers\": [" + many + "]"), mentions("of at most 13"));
}

TEST_CASE("experts are two or more, by a known router") {
  const auto of = [](const std::string& keys) {
    return configuration::parse("{\"model_type\": \"bert\", \"moebert\": \"moe\"" + keys + "}", "c.json");
  };
  const auto refused = [&](const std::string& keys) { return refusal_of([&] { of(keys); }); };
  CHECK(of("").family == "moebert");
  CHECK_THAT(refused(", \"moebert_expert_num\": 1"),
             mentions("moebert_expert_num: found 1, wanted an integer from 2 to 256"));
  CHECK_THAT(refused(", \"moebert_route_method\": \"top-2\""),
             mentions("moebert_route_method: found \"top-2\", wanted one of hash-random, hash-balance, gate"));
  CHECK_THAT(refusal_of([] { configuration::parse(R"({"model_type": "bert", "moebert": "none"})", "c.json"); }),
             mentions("moebert: found \"none\", wanted moe"));
}

TEST_CASE("configurations as transformers writes them are read") {
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data / "models")) {
    const auto name = entry.path().filename().string();
    const auto c = configuration::read(entry.path());
    CHECK(c.file == (entry.path() / "config.json").string());
    std::string family = c.family == "bert" || c.family == "roberta" ? c.model_type
                         : c.family == "big_bird"                    ? "bigbird"
                         : c.family == "deberta-v2"                  ? "deberta_v"
                                                                     : c.family;
    std::replace(family.begin(), family.end(), '-', '_');
    CHECK(name.find(family) == 0);
    ++read;
  }
  CHECK(read >= 103);
  CHECK_THAT(refusal_of([] { (void)configuration::read(data / "absent"); }), mentions("no such file"));
}

// What names in configurations mean: values of transformers' ACT2FN, in float64 (scripts/make_activation_cases.py).
template <activation_name Name>
void is_recorded(const nlohmann::json& cases) {
  const std::string name(words_of<activation_name>::all[static_cast<std::size_t>(Name)]);
  INFO(name);
  REQUIRE(cases.contains(name));
  REQUIRE(cases[name].size() == cases["x"].size());
  for (std::size_t i = 0; i < cases["x"].size(); ++i) {
    const auto x = cases["x"][i].get<double>(), wanted = cases[name][i].get<double>();
    CHECK(std::abs(activation_of<Name>{}(static_cast<float>(x)) - wanted) <= 4e-7 * std::max(1.0, std::abs(x)));
  }
}

TEST_CASE("every name of an activation means what it means in transformers") {
  const auto path = data / "activations.json";
  auto cases = parse_json(mapped_file::open(path)->text(), path.string());
  const detail::json_scope scope(cases);
  constexpr auto count = words_of<activation_name>::all.size();
  CHECK(cases.size() == count + 1);
  [&]<std::size_t... Name>(std::index_sequence<Name...>) {
    (is_recorded<static_cast<activation_name>(Name)>(cases), ...);
  }
  (std::make_index_sequence<count>{});
}

}  // namespace configuration_test
