#include <weft/io/sentence_modules.hpp>

#include <weft/io/safetensors_writer.hpp>

#include "catch.hpp"
#include "io/refusal.hpp"

namespace sentence_modules_test {

namespace fs = std::filesystem;

const std::string transformer = R"({"path": "", "type": "sentence_transformers.models.Transformer"})";
const std::string pooling = R"({"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})";
const std::string normalize = R"({"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"})";

fs::path directory(const std::string& modules,
                   const std::string& pooling_config = R"({"pooling_mode_mean_tokens": true})") {
  const auto at = scratch_directory("sentence_modules");
  write_file(at / "modules.json", modules);
  fs::create_directories(at / "1_Pooling");
  write_file(at / "1_Pooling" / "config.json", pooling_config);
  return at;
}
std::string refusal(const fs::path& at) {
  return refusal_of([&] { weft::sentence_modules::read(at); });
}
std::string pooling_refusal(const std::string& config) {
  return refusal(directory("[" + transformer + "," + pooling + "]", config));
}

TEST_CASE("modules.json says what is done to a text") {
  const auto at = directory("[" + transformer + "," + pooling + "," + normalize + "]",
                            R"({"word_embedding_dimension": 384, "pooling_mode_cls_token": true,
                                "pooling_mode_mean_tokens": false})");
  write_file(at / "sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": true})");
  auto m = weft::sentence_modules::read(at);
  CHECK(m.model == at);
  CHECK(m.pooling == weft::pooling::first_token);
  CHECK(m.normalize);
  CHECK(m.width == 384);
  CHECK(m.max_length == 256);
  CHECK(m.lowercase);
  CHECK(m.prompt.empty());

  m = weft::sentence_modules::read(directory("[" + transformer + "," + pooling + "]"));
  CHECK(m.pooling == weft::pooling::mean);
  CHECK_FALSE(m.normalize);
  CHECK(m.width == 0);
  CHECK(m.max_length == 0);
  CHECK_FALSE(m.lowercase);
}

TEST_CASE("newer files name the modules and the mode otherwise") {
  const auto at = directory(R"([{"path": "0_T", "type": "sentence_transformers.base.modules.transformer.Transformer"},
                                {"path": "1_Pooling", "type": "sentence_transformers.x.Pooling"}])",
                            R"({"embedding_dimension": 32, "pooling_mode": "cls"})");
  const auto m = weft::sentence_modules::read(at);
  CHECK(m.model == at / "0_T");
  CHECK(m.pooling == weft::pooling::first_token);
  CHECK(m.width == 32);
}

TEST_CASE("every way of pooling is read, joined in the order of the names, or in that of the older flags") {
  using enum weft::pooling;
  const auto read = [](const std::string& config) {
    return weft::sentence_modules::read(directory("[" + transformer + "," + pooling + "]", config)).pooling;
  };
  const std::pair<const char*, weft::pooling> names[]{{"cls", first_token},
                                                      {"max", maximum},
                                                      {"mean", mean},
                                                      {"mean_sqrt_len_tokens", square_root_mean},
                                                      {"weightedmean", weighted_mean},
                                                      {"lasttoken", last_token}};
  for (const auto& [name, how] : names) {
    CHECK(read(std::string(R"({"pooling_mode": ")") + name + "\"}") == how);
    CHECK(read(std::string(R"({"pooling_mode": [")") + name + "\"]}") == how);
  }
  CHECK(read(R"({"pooling_mode_mean_sqrt_len_tokens": true})") == square_root_mean);
  CHECK(read(R"({"pooling_mode": ["mean", "cls"]})") == weft::pooling_modes{mean, first_token});
  CHECK(read(R"({"pooling_mode_lasttoken": true, "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true,
                 "pooling_mode_cls_token": true, "pooling_mode_weightedmean_tokens": true,
                 "pooling_mode_mean_sqrt_len_tokens": true})") ==
        weft::pooling_modes{first_token, maximum, mean, square_root_mean, weighted_mean, last_token});
  CHECK(read(R"({"pooling_mode_mean_tokens": false})") == mean);
}

TEST_CASE("a default prompt is read") {
  const auto at = directory("[" + transformer + "," + pooling + "]");
  write_file(at / "config_sentence_transformers.json",
             R"({"prompts": {"query": "query: "}, "default_prompt_name": "query"})");
  CHECK(weft::sentence_modules::read(at).prompt == "query: ");
  write_file(at / "1_Pooling" / "config.json", R"({"pooling_mode_mean_tokens": true, "include_prompt": false})");
  CHECK_THAT(refusal(at), mentions("include_prompt"));
  write_file(at / "config_sentence_transformers.json", R"({"prompts": {}, "default_prompt_name": "query"})");
  CHECK_THAT(refusal(at), mentions("prompt: found \"query\", wanted none: the model has no prompts"));
  write_file(at / "config_sentence_transformers.json",
             R"({"prompts": {"query": "q: ", "passage": "p: ", "none": null}, "truncate_dim": 7})");
  const auto m = weft::sentence_modules::read(at);
  CHECK(m.prompts.size() == 2);
  CHECK(m.prompt_named("passage") == "p: ");
  CHECK_THAT(refusal_of([&] { m.prompt_named("Query"); }), mentions("found \"Query\", wanted one of passage, query"));
  CHECK_FALSE(m.pools_prompt);
  CHECK(m.truncate == 7);
}

TEST_CASE("other modules and modes are refused by name") {
  const std::string cnn = R"({"path": "2_CNN", "type": "sentence_transformers.models.CNN"})";
  CHECK_THAT(refusal(directory("[" + transformer + "," + pooling + "," + cnn + "]")),
             mentions("module 2: found sentence_transformers.models.CNN, wanted Transformer, Pooling, then any of "
                      "Dense, LayerNorm and Normalize"));
  CHECK_THAT(refusal(directory("[" + pooling + "," + transformer + "]")), mentions("module 0"));
  CHECK_THAT(refusal(directory("[" + transformer + "," + pooling + "," + normalize + "," + cnn + "]")),
             mentions("module 3"));
  CHECK_THAT(refusal(directory("[" + transformer + "," + pooling + "," + pooling + "]")), mentions("module 2"));
  CHECK_THAT(refusal(directory("[" + transformer + "]")), mentions("found 1 of them"));
  CHECK_THAT(refusal(directory(R"([{"path": "", "type": "my_own.Transformer"}])")), mentions("my_own.Transformer"));
  CHECK_THAT(refusal(directory("{}")), mentions("an object of 0 keys"));
  CHECK_THAT(refusal(directory("[3]")), mentions("type"));
  CHECK_THAT(pooling_refusal(R"({"pooling_mode": "median"})"),
             mentions("pooling_mode: found \"median\", wanted cls, max, mean, mean_sqrt_len_tokens, weightedmean or "));
  CHECK_THAT(pooling_refusal(R"({"pooling_mode": ["mean", "Mean"]})"), mentions("found \"Mean\""));
  CHECK_THAT(pooling_refusal(R"({"pooling_mode": []})"), mentions("found none"));
}

// The keys that sentence-transformers 6.2 reads, a value each, and what weft does: "" obeys it or knows that it changes
// no vector, otherwise the refusal names the key.
TEST_CASE("every key of sentence-transformers' files is obeyed or refused by name") {
  const auto with = [](const std::string& name, const std::string& text) {
    const auto at = directory("[" + transformer + "," + pooling + "," + normalize + "]");
    fs::create_directories(at / "2_Normalize");
    write_file(at / name, text);
    return refusal(at);
  };
  struct key {
    const char *file, *name, *value, *refused = "";
  };
  constexpr key keys[]{
      {"1_Pooling/config.json", "embedding_dimension", "8"},
      {"1_Pooling/config.json", "word_embedding_dimension", "8"},
      {"1_Pooling/config.json", "pooling_mode", "\"cls\""},
      {"1_Pooling/config.json", "pooling_mode", "[\"mean\"]"},
      {"1_Pooling/config.json", "pooling_mode", "\"max\""},
      {"1_Pooling/config.json", "pooling_mode", "\"\"", "pooling_mode"},
      {"1_Pooling/config.json", "pooling_mode_mean_tokens", "true"},
      {"1_Pooling/config.json", "pooling_mode_cls_token", "true"},
      {"1_Pooling/config.json", "pooling_mode_max_tokens", "true"},
      {"1_Pooling/config.json", "pooling_mode_mean_sqrt_len_tokens", "true"},
      {"1_Pooling/config.json", "pooling_mode_weightedmean_tokens", "true"},
      {"1_Pooling/config.json", "pooling_mode_lasttoken", "true"},
      {"1_Pooling/config.json", "include_prompt", "false"},  // there is no prompt
      {"1_Pooling/config.json", "unheard_of", "1", "unheard_of"},
      {"2_Normalize/config.json", "module_input_name", "\"sentence_embedding\""},
      {"2_Normalize/config.json", "module_input_name", "\"token_embeddings\"", "module_input_name"},
      {"2_Normalize/config.json", "module_output_name", "\"x\"", "module_output_name"},
      {"sentence_bert_config.json", "max_seq_length", "7"},
      {"sentence_bert_config.json", "max_seq_length", "null"},
      {"sentence_bert_config.json", "max_seq_length", "0", "max_seq_length"},
      {"sentence_bert_config.json", "do_lower_case", "true"},
      {"sentence_bert_config.json", "model_args", "{\"torch_dtype\": \"float16\"}"},
      {"sentence_bert_config.json", "model_kwargs", "{\"output_hidden_states\": true}",
       "model_kwargs.output_hidden_states"},
      {"sentence_bert_config.json", "tokenizer_args", "{}"},
      {"sentence_bert_config.json", "tokenizer_args", "{\"do_lower_case\": true}", "tokenizer_args.do_lower_case"},
      {"sentence_bert_config.json", "processor_kwargs", "{\"truncation_side\": \"left\"}",
       "processor_kwargs.truncation_side"},
      {"sentence_bert_config.json", "config_args", "{\"hidden_act\": \"relu\"}", "config_args.hidden_act"},
      {"sentence_bert_config.json", "config_kwargs", "{\"trust_remote_code\": true}"},
      {"sentence_bert_config.json", "tokenizer_name_or_path", "\"other\"", "tokenizer_name_or_path"},
      {"sentence_bert_config.json", "tokenizer_name_or_path", "null"},
      {"sentence_bert_config.json", "transformer_task", "\"feature-extraction\""},
      {"sentence_bert_config.json", "transformer_task", "\"fill-mask\"", "transformer_task"},
      {"sentence_bert_config.json", "modality_config",
       "{\"text\": {\"method\": \"forward\", \"method_output_name\": \"last_hidden_state\"}}"},
      {"sentence_bert_config.json", "modality_config", "{\"text\": {\"method_output_name\": \"logits\"}}",
       "modality_config.text.method_output_name"},
      {"sentence_bert_config.json", "module_output_name", "\"token_embeddings\""},
      {"sentence_bert_config.json", "module_output_name", "\"scores\"", "module_output_name"},
      {"sentence_bert_config.json", "processing_kwargs", "{\"text\": {}}", "processing_kwargs.text"},
      {"sentence_bert_config.json", "unpad_inputs", "true"},
      {"sentence_bert_config.json", "backend", "\"torch\""},
      {"sentence_bert_config.json", "query_length", "32", "query_length"},
      {"sentence_bert_config.json", "document_length", "32", "document_length"},
      {"sentence_bert_config.json", "query_expansion", "{}", "query_expansion"},
      {"config_sentence_transformers.json", "__version__", "{}"},
      {"config_sentence_transformers.json", "prompts", "{\"query\": \"q: \"}"},
      {"config_sentence_transformers.json", "default_prompt_name", "null"},
      {"config_sentence_transformers.json", "default_prompt_name", "\"none\"", "prompt"},
      {"config_sentence_transformers.json", "similarity_fn_name", "\"dot\""},
      {"config_sentence_transformers.json", "similarity_fn_name", "null"},
      {"config_sentence_transformers.json", "similarity_fn_name", "\"maxsim\"", "similarity_fn_name"},
      {"config_sentence_transformers.json", "truncate_dim", "null"},
      {"config_sentence_transformers.json", "truncate_dim", "4"},
      {"config_sentence_transformers.json", "truncate_dim", "0", "truncate_dim"},
      {"config_sentence_transformers.json", "prompts", "{\"query\": 3}", "query"},
      {"config_sentence_transformers.json", "prompts", "[]", "prompts"},
      {"config_sentence_transformers.json", "model_type", "\"SentenceTransformer\""},
      {"config_sentence_transformers.json", "model_type", "\"CrossEncoder\"", "model_type"},
      {"config_sentence_transformers.json", "requirements", "[]"},
  };
  for (const auto& k : keys) {
    const auto said = with(k.file, std::string("{\"") + k.name + "\": " + k.value + "}");
    INFO(k.file << ": " << k.name << ": " << k.value << ": " << said);
    CHECK(said.empty() == !*k.refused);
    CHECK_THAT(said, mentions(*k.refused ? std::string(k.file) + ": " + k.refused + ": found " : ""));
  }
}

TEST_CASE("the file of a Transformer has had seven names, and the first that says something counts") {
  for (const auto name : weft::detail::transformer_files) {
    const auto at = directory("[" + transformer + "," + pooling + "]");
    write_file(at / name, R"({"max_seq_length": 6})");
    CHECK(weft::sentence_modules::read(at).max_length == 6);
    write_file(at / "sentence_bert_config.json", R"({"max_seq_length": 7})");
    CHECK(weft::sentence_modules::read(at).max_length == 7);
  }
  const auto at = directory("[" + transformer + "," + pooling + "]");
  write_file(at / "sentence_bert_config.json", "{}");
  write_file(at / "sentence_xlnet_config.json", R"({"max_seq_length": 6})");
  CHECK(weft::sentence_modules::read(at).max_length == 6);
}

TEST_CASE("Dense and LayerNorm are read with their weights, or refused by what is wrong with them") {
  const std::string dense = R"({"path": "2_Dense", "type": "sentence_transformers.models.Dense"})",
                    norm = R"({"path": "3_LayerNorm", "type": "sentence_transformers.models.LayerNorm"})";
  const auto at =
      directory("[" + transformer + "," + pooling + "," + normalize + "," + dense + "," + norm + "," + normalize + "]");
  const std::vector<float> weight{1, 2, 3, 4, 5, 6}, two{7, 8};
  for (const char* folder : {"2_Dense", "3_LayerNorm"}) fs::create_directories(at / folder);
  weft::safetensors_writer d, l;
  d.add("linear.weight", {2, 3}, weight), d.add("linear.bias", {2}, two), d.save(at / "2_Dense" / "model.safetensors");
  l.add("norm.weight", {2}, two), l.add("norm.bias", {2}, two), l.save(at / "3_LayerNorm" / "model.safetensors");
  const auto with = [&](const std::string& text) { write_file(at / "2_Dense" / "config.json", text); };
  write_file(at / "3_LayerNorm" / "config.json", R"({"dimension": 2})");
  with(R"({"in_features": 3, "out_features": 2, "bias": true,
           "activation_function": "torch.nn.modules.activation.ReLU"})");
  const auto m = weft::sentence_modules::read(at);
  CHECK(m.normalize);
  REQUIRE(m.steps.size() == 3);
  CHECK(m.steps[0].does == weft::sentence_step::kind::normalize);
  CHECK(m.steps[1].does == weft::sentence_step::kind::dense);
  CHECK(m.steps[1].in == 3);
  CHECK(m.steps[1].out == 2);
  CHECK(m.steps[1].weight == weight);
  CHECK(m.steps[1].bias == two);
  CHECK(m.steps[1].activation == weft::dense_activation::relu);
  CHECK(m.steps[2].does == weft::sentence_step::kind::layer_norm);
  with(R"({"in_features": 3, "out_features": 2, "bias": false})");
  CHECK(weft::sentence_modules::read(at).steps[1].bias.empty());
  CHECK(weft::sentence_modules::read(at).steps[1].activation == weft::dense_activation::tanh);
  with(R"({"in_features": 2, "out_features": 2})");
  CHECK_THAT(refusal(at), mentions("tensor \"linear.weight\": found [2, 3], wanted [2, 2]"));
  with(R"({"in_features": 3, "out_features": 2, "activation_function": "torch.nn.modules.activation.Mish"})");
  CHECK_THAT(refusal(at), mentions("Mish") && mentions("wanted torch.nn.modules.linear.Identity, or Tanh, ReLU"));
  with(R"({"in_features": 3, "out_features": 2, "use_residual": true})");
  CHECK_THAT(refusal(at), mentions("use_residual"));
  with(R"({"in_features": 3, "out_features": 2, "module_input_name": "token_embeddings"})");
  CHECK_THAT(refusal(at), mentions("module_input_name"));
  with(R"({"out_features": 2})");
  CHECK_THAT(refusal(at), mentions("in_features"));
}

TEST_CASE("what a vector is compared by, and pooling that nothing names") {
  using enum weft::similarity;
  const auto at = directory("[" + transformer + "," + pooling + "]", "{}");
  CHECK(weft::sentence_modules::read(at).pooling == weft::pooling::mean);
  CHECK(weft::sentence_modules::read(at).similarity == cosine);
  const std::pair<const char*, weft::similarity> names[]{
      {"cosine", cosine}, {"dot", dot}, {"euclidean", euclidean}, {"manhattan", manhattan}};
  for (const auto& [name, how] : names) {
    write_file(at / "config_sentence_transformers.json", std::string("{\"similarity_fn_name\": \"") + name + "\"}");
    CHECK(weft::sentence_modules::read(at).similarity == how);
  }
  // Names win over the flags of older files.
  const auto both = directory("[" + transformer + "," + pooling + "]",
                              R"({"pooling_mode": "cls", "pooling_mode_mean_tokens": true})");
  CHECK(weft::sentence_modules::read(both).pooling == weft::pooling::first_token);
}

TEST_CASE("what is missing or leads elsewhere is refused") {
  CHECK_THAT(refusal("no/such/directory"), mentions("no such file"));
  CHECK_THAT(refusal(scratch_directory("no_modules")), mentions("no modules.json"));
  for (const std::string path : {"../up", "/etc", "a/../../b"})
    CHECK_THAT(
        refusal(directory(R"([{"path": ")" + path + R"(", "type": "sentence_transformers.models.Transformer"}])")),
        mentions("a path inside the directory"));
  const auto at = directory("[" + transformer + "," + pooling + "]");
  fs::remove(at / "1_Pooling" / "config.json");
  CHECK_THAT(refusal(at), mentions("1_Pooling"));
}

}  // namespace sentence_modules_test
