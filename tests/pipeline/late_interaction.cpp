#include <weft/pipeline/late_interaction.hpp>

#include <cmath>
#include <weft/base/same_bits.hpp>
#include <weft/memory/thread_pool.hpp>

#include "catch.hpp"
#include "largest.hpp"
#include "pipeline/recorded.hpp"

namespace late_interaction_test {

using namespace weft_test;
using ranker = weft::late_interaction<tiny_bert>;

const auto colbert = data() / "pipelines" / "colbert";

nlohmann::json recorded(const char* file = "cases.json") {
  const auto path = colbert / file;
  return weft::parse_json(weft::mapped_file::open(path)->text(), path.string());
}

// A checkpoint as ColBERT's own code writes it: the encoder of bert_mlm, the projection beside it.
fs::path stanford_directory(const nlohmann::json& one) {
  const auto at = tiny_directory("bert_mlm", "colbert");
  auto config = weft::detail::read_json(at / "config.json");
  const weft::detail::json_scope scope(config);
  config["architectures"] = {"HF_ColBERT"};
  write_file(at / "config.json", config.dump());
  weft::safetensors_writer out;
  const auto stored = weft::safetensors::open(data() / "models" / "bert_mlm" / "model.safetensors");
  for (const auto& t : stored.tensors())
    if (t.name.starts_with("bert."))
      out.add(std::string(t.name), {t.shape.begin(), t.shape.end()},
              weft::list<const float>(reinterpret_cast<const float*>(t.bytes.data()),
                                      static_cast<weft::index_t>(t.bytes.size() / 4)));
  const auto linear = one.at("linear").get<std::vector<float>>();
  out.add("linear.weight", {static_cast<weft::index_t>(linear.size()) / 32, 32}, linear);
  fs::remove(at / "model.safetensors");
  out.save(at / "model.safetensors");
  for (const auto& [file, content] : one.at("files").items()) write_file(at / file, content.dump());
  return at;
}

fs::path directory_of(const nlohmann::json& one) {
  if (one.contains("linear")) return stanford_directory(one);
  const auto at = empty_directory("colbert");
  fs::copy(colbert, at, fs::copy_options::recursive);
  fs::remove(at / "cases.json"), fs::remove(at / "multi_vector.json");
  add_recorded_files(one, at);
  return at;
}
fs::path directory(const std::string& name) {
  auto all = recorded();
  const weft::detail::json_scope scope(all);
  for (const auto& one : all.at("cases"))
    if (one.at("name") == name) return directory_of(one);
  return {};
}

double largest_difference(const weft::matrix_buffer& found, const nlohmann::json& wanted) {
  const auto values = wanted.get<std::vector<float>>();
  REQUIRE(found.count() * found.width() == static_cast<weft::index_t>(values.size()));
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) raise(largest, std::abs(double{found.data()[i]} - double{values[i]}));
  return largest;
}
bool same(const std::vector<weft::matrix_buffer>& a, const std::vector<weft::matrix_buffer>& b) {
  bool equal = a.size() == b.size();
  for (std::size_t i = 0; equal && i < a.size(); ++i)
    equal =
        a[i].count() == b[i].count() && std::equal(a[i].data(), a[i].data() + a[i].count() * a[i].width(), b[i].data());
  return equal;
}

TEST_CASE("the vectors of tokens and their scores are PyLate's") {
  auto all = recorded();
  const weft::detail::json_scope scope(all);
  const auto queries = all.at("queries").get<std::vector<std::string>>(),
             documents = all.at("documents").get<std::vector<std::string>>();
  CHECK(all.at("cases").size() == 12);
  for (const auto& one : all.at("cases")) {
    INFO(one.at("name"));
    const weft::embed_call call{.prompt = one.at("prompt").get<std::string>()};
    ranker rank(directory_of(one));
    const auto q = rank.queries(queries, call), d = rank.documents(documents, call);
    double largest = 0;
    for (std::size_t i = 0; i < q.size(); ++i) raise(largest, largest_difference(q[i], one.at("queries")[i]));
    for (std::size_t j = 0; j < d.size(); ++j) raise(largest, largest_difference(d[j], one.at("documents")[j]));
    CHECK(largest < 1e-5);
    for (std::size_t i = 0; i < q.size(); ++i)
      for (std::size_t j = 0; j < d.size(); ++j)
        CHECK(rank.score(q[i], d[j]) == Approx(one.at("scores")[i][j].get<double>()).epsilon(1e-6));
    if (!call.prompt.empty()) continue;
    const auto scores = rank.scores(queries[0], documents);
    for (std::size_t j = 0; j < d.size(); ++j) CHECK(scores[j] == rank.score(q[0], d[j]));
    const auto best = rank(queries[0], documents, 2);
    REQUIRE(best.size() == 2);
    CHECK(best[0].score == *std::max_element(scores.begin(), scores.end()));
    CHECK(best[0].score >= best[1].score);
  }
}

fs::path multi_vector_directory(const std::string& name) {
  auto all = recorded("multi_vector.json");
  const weft::detail::json_scope scope(all);
  for (const auto& one : all)
    if (one.at("name") == name) return directory_of(one);
  return {};
}

TEST_CASE("those of sentence-transformers' MultiVectorEncoder, too") {
  auto texts = recorded(), all = recorded("multi_vector.json");
  const weft::detail::json_scope scope(texts), other_scope(all);
  const auto queries = texts.at("queries").get<std::vector<std::string>>(),
             documents = texts.at("documents").get<std::vector<std::string>>();
  CHECK(all.size() == 5);
  for (const auto& one : all) {
    INFO(one.at("name"));
    ranker rank(directory_of(one));
    const auto q = rank.queries(queries), d = rank.documents(documents);
    double largest = 0;
    for (std::size_t i = 0; i < q.size(); ++i) raise(largest, largest_difference(q[i], one.at("queries")[i]));
    for (std::size_t j = 0; j < d.size(); ++j) raise(largest, largest_difference(d[j], one.at("documents")[j]));
    CHECK(largest < 1e-5);
    for (std::size_t i = 0; i < q.size(); ++i)
      for (std::size_t j = 0; j < d.size(); ++j)
        CHECK(rank.score(q[i], d[j]) == Approx(one.at("scores")[i][j].get<double>()).epsilon(1e-6));
  }
}

TEST_CASE("what a MultiVectorEncoder says otherwise is refused by name") {
  const auto said = [](const std::string& file, const std::string& content) {
    const auto at = multi_vector_directory("converted");
    write_file(at / file, content);
    return refusal_of([&] { ranker{at}; });
  };
  const std::string mask = "2_MultiVectorMask/config.json", main = "config_sentence_transformers.json",
                    transformer = "sentence_bert_config.json";
  CHECK(said(mask, "{}").empty());
  CHECK_THAT(said(mask, R"({"skiplist_tasks": ["query", "document"]})"), mentions("wanted document alone"));
  CHECK_THAT(said(mask, R"({"keep_only_token_ids": [3]})"), mentions("keep_only_token_ids"));
  CHECK_THAT(said("3_Normalize/config.json", R"({"module_input_name": "sentence_embedding"})"),
             mentions("wanted token_embeddings"));
  CHECK_THAT(said(transformer, R"({"query_expansion": {"strategy": "min", "length": 32}})"),
             mentions("query_expansion.strategy: found \"min\", wanted fixed"));
  CHECK_THAT(said(transformer, R"({"query_expansion": {"strategy": "fixed", "length": 32, "token": "[PAD]"}})"),
             mentions("query_expansion.token"));
  CHECK_THAT(said(transformer, R"({"query_expansion": {"strategy": "fixed"}})"), mentions("length"));
  CHECK_THAT(said(transformer, R"({"audio_length": 3})"), mentions("audio_length"));
  const auto with = [&](const std::string& keys) {
    return said(main, R"({"model_type": "MultiVectorEncoder", )" + keys + "}");
  };
  CHECK_THAT(with(R"("similarity_fn_name": "meanmaxsim")"), mentions("found \"meanmaxsim\", wanted maxsim"));
  CHECK_THAT(with(R"("prompts": {"passage": "p: "})"), mentions("found passage, wanted a prompt for documents"));
  const std::string t = R"({"path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"})",
                    d = R"({"path": "1_Dense", "type": "sentence_transformers.base.modules.dense.Dense"})",
                    m = R"({"path": "2_MultiVectorMask", "type": "sentence_transformers.x.MultiVectorMask"})",
                    n = R"({"path": "3_Normalize", "type": "sentence_transformers.x.Normalize"})",
                    p = R"({"path": "2_TokenPooling", "type": "sentence_transformers.x.TokenPooling"})";
  const auto modules = [&](const std::string& all) { return said("modules.json", "[" + all + "]"); };
  CHECK(modules(t + "," + d + "," + m + "," + n).empty());
  CHECK_THAT(modules(t + "," + d + "," + n + "," + m), mentions("module 2: found sentence_transformers.x.Normalize"));
  CHECK_THAT(modules(t + "," + d + "," + p + "," + m + "," + n),
             mentions("module 2: found sentence_transformers.x.Token"));
  CHECK_THAT(modules(t + "," + m + "," + n), mentions("modules: found 3 of them"));
}

TEST_CASE("rows do not depend on the workers, on the batch or on who read the files") {
  const auto at = directory("short");
  ranker rank(at);
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) {
    texts.emplace_back("the ");
    for (int n = 0; n < i % 13; ++n) texts.back() += n % 3 ? "cat " : "house? ";
  }
  const auto q = rank.queries(texts), d = rank.documents(texts);
  weft::thread_pool pool(2);
  ranker threaded(at, {.run = pool, .batch_tokens = 40});
  CHECK(same(threaded.queries(texts), q));
  CHECK(same(threaded.documents(texts), d));
  CHECK(threaded.scores(texts[5], texts) == rank.scores(texts[5], texts));
  ranker given(weft::late_interaction_modules::read(at),
               {weft::configuration::read(at), weft::checkpoint::open(at), weft::read_tokenizer(at)});
  CHECK(same(given.queries(texts), q));
  for (std::size_t i = 0; i < texts.size(); i += 7) {
    CHECK(same({rank.query(texts[i])}, {q[i]}));
    CHECK(same({rank.document(texts[i])}, {d[i]}));
  }
  CHECK(rank.queries(std::vector<std::string>{}).empty());
  ranker shorter(at, {.max_length = 6});
  CHECK(shorter.document_length() == 6);
  CHECK(shorter.query_length() == 9);
  ranker strict(at, {.refuse_longer = true});
  CHECK_THAT(refusal_of([&] { strict.document("the cat sat on the mat in the red house on the mat"); }),
             mentions("found 15 tokens, wanted at most 11"));
}

TEST_CASE("MaxSim adds the best product of every row of the query") {
  const std::vector<float> q{1, 0, 0, 2}, d{3, 1, -1, 4, 0, 0};
  const weft::matrix<const float> query(q.data(), 2, 2), document(d.data(), 3, 2), none(d.data(), 0, 2);
  CHECK(weft::max_similarity(query, document) == 3 + 8);
  CHECK(weft::max_similarity(query, none) == 0);
  CHECK(weft::max_similarity(none, document) == 0);
  CHECK_THAT(refusal_of([&] { weft::max_similarity(query, {d.data(), 2, 3}); }), mentions("rows of 2 and 3 values"));
}

std::string refusal(const std::string& file, const std::string& content, const std::string& name = "published") {
  const auto at = directory(name);
  write_file(at / file, content);
  return refusal_of([&] { ranker{at}; });
}

TEST_CASE("what a directory of late interaction says otherwise is refused by name") {
  const std::string main = "config_sentence_transformers.json";
  CHECK_THAT(refusal(main, R"({"model_type": "SentenceTransformer"})"), mentions("model_type"));
  CHECK_THAT(refusal(main, R"({"query_prefix": "[X] "})"), mentions("query_prefix: found \"[X] \", wanted a token"));
  CHECK_THAT(refusal(main, R"({"query_length": 65})"), mentions("query_length: found 65, wanted at most 64"));
  CHECK_THAT(refusal(main, R"({"query_length": 0})"), mentions("query_length"));
  CHECK_THAT(refusal(main, R"({"pool_factor": 2})"), mentions("pool_factor"));
  CHECK_THAT(refusal(main, R"({"similarity_fn_name": "cosine"})"), mentions("wanted MaxSim"));
  CHECK_THAT(refusal(main, R"({"skiplist_words": "abc"})"), mentions("skiplist_words"));
  CHECK(refusal(main, "{}").empty());
  const auto modules = [](const std::string& second) {
    return refusal("modules.json", R"([{"path": "", "type": "sentence_transformers.models.Transformer"})" +
                                       (second.empty() ? "" : R"(, {"path": "1_Dense", "type": ")" + second + "\"}") +
                                       "]");
  };
  CHECK_THAT(modules("sentence_transformers.models.Pooling"), mentions("wanted Transformer, then Dense modules"));
  CHECK_THAT(modules(""), mentions("modules: found 1 of them"));
  CHECK(modules("sentence_transformers.models.Dense").empty());
  CHECK_THAT(refusal(main, R"({"model_type": "MultiVectorEncoder"})"),
             mentions("modules: found 2 of them, wanted Transformer, then Dense modules, then MultiVectorMask"));
  const auto narrow = directory("two_projections");
  fs::remove_all(narrow / "1_Dense");
  fs::rename(narrow / "2_Dense", narrow / "1_Dense");
  fs::create_directories(narrow / "2_Dense");
  fs::copy(narrow / "1_Dense", narrow / "2_Dense", fs::copy_options::recursive);
  CHECK_THAT(refusal_of([&] { ranker{narrow}; }),
             mentions("the width that module 1 expects: found 16, wanted 32, what the modules before it give"));
  CHECK_THAT(refusal("1_Dense/config.json", R"({"in_features": 16, "out_features": 8, "bias": false})"),
             mentions("linear.weight"));
  CHECK_THAT(
      refusal("1_Dense/config.json", R"({"in_features": 32, "out_features": 8, "bias": false, "use_residual": true})"),
      mentions("use_residual"));
  CHECK_THAT(refusal("1_Dense/config.json",
                     R"({"in_features": 32, "out_features": 8, "bias": false,
                         "module_input_name": "sentence_embedding"})"),
             mentions("wanted token_embeddings"));
  const auto stanford = [](const std::string& keys) { return refusal("artifact.metadata", keys, "stanford"); };
  CHECK_THAT(stanford("{}"), mentions("document_prefix: found \"[unused1]\""));  // which this vocabulary has not
  CHECK_THAT(stanford(R"({"query_token_id": "[unused90]", "doc_token_id": "[unused91]", "similarity": "l2"})"),
             mentions("similarity: found \"l2\", wanted cosine"));
  const auto plain = tiny_directory("bert_mlm", "colbert");
  CHECK_THAT(refusal_of([&] { ranker{plain}; }), mentions("neither modules.json nor HF_ColBERT"));
  CHECK_FALSE(weft::detail::is_late_interaction(plain));
  CHECK(weft::detail::is_late_interaction(directory("published")));
  CHECK(weft::detail::is_late_interaction(directory("stanford")));
  const auto bare = directory("stanford");
  write_file(bare / "artifact.metadata", R"({"mask_punctuation": false, "nbits": 2})");
  CHECK(weft::late_interaction_modules::read(bare).skiplist_words.empty());
  fs::remove(bare / "artifact.metadata");
  CHECK(weft::late_interaction_modules::read(bare).skiplist_words.size() == 32);
  ranker rank(directory("prompts"));
  CHECK_THAT(refusal_of([&] { rank.query("the", {.prompt = "none"}); }), mentions("wanted one of document, query"));
}

}  // namespace late_interaction_test
