#include <weft/io/sentence_modules.hpp>

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

TEST_CASE("a default prompt is read") {
  const auto at = directory("[" + transformer + "," + pooling + "]");
  write_file(at / "config_sentence_transformers.json",
             R"({"prompts": {"query": "query: "}, "default_prompt_name": "query"})");
  CHECK(weft::sentence_modules::read(at).prompt == "query: ");
  write_file(at / "1_Pooling" / "config.json", R"({"pooling_mode_mean_tokens": true, "include_prompt": false})");
  CHECK_THAT(refusal(at), mentions("include_prompt"));
  write_file(at / "config_sentence_transformers.json", R"({"prompts": {}, "default_prompt_name": "query"})");
  CHECK_THAT(refusal(at), mentions("query: found no such key"));
}

TEST_CASE("other modules and modes are refused by name") {
  const std::string dense = R"({"path": "2_Dense", "type": "sentence_transformers.models.Dense"})";
  CHECK_THAT(refusal(directory("[" + transformer + "," + pooling + "," + dense + "]")),
             mentions("module 2: found sentence_transformers.models.Dense"));
  CHECK_THAT(refusal(directory("[" + pooling + "," + transformer + "]")), mentions("module 0"));
  CHECK_THAT(refusal(directory("[" + transformer + "," + pooling + "," + normalize + "," + dense + "]")),
             mentions("module 3"));
  CHECK_THAT(refusal(directory("[" + transformer + "]")), mentions("found 1 of them"));
  CHECK_THAT(refusal(directory(R"([{"path": "", "type": "my_own.Transformer"}])")), mentions("my_own.Transformer"));
  CHECK_THAT(refusal(directory("{}")), mentions("an object of 0 keys"));
  CHECK_THAT(refusal(directory("[3]")), mentions("type"));
  CHECK_THAT(pooling_refusal(R"({"pooling_mode_max_tokens": true})"), mentions("found max, wanted mean or cls"));
  CHECK_THAT(pooling_refusal(R"({"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true})"),
             mentions("mean+cls"));
  CHECK_THAT(pooling_refusal(R"({"pooling_mode_lasttoken": true})"), mentions("lasttoken"));
  CHECK_THAT(pooling_refusal("{}"), mentions("found none"));
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
