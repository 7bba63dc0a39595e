#include <weft/pipeline/sparse_embedder.hpp>

#include <cmath>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/distilbert.hpp>
#include <weft/model/modernbert.hpp>
#include <weft/model/roberta.hpp>

#include "catch.hpp"
#include "largest.hpp"
#include "pipeline/recorded.hpp"

namespace sparse_embedder_test {

using namespace weft_test;

nlohmann::json recorded() {
  const auto path = data() / "pipelines" / "sparse.json";
  return weft::parse_json(weft::mapped_file::open(path)->text(), path.string());
}

using embedder = weft::sparse_embedder<tiny_bert>;

fs::path directory(const std::string& name) {
  auto all = recorded();
  const weft::detail::json_scope scope(all);
  for (const auto& one : all.at("encoders"))
    if (one.at("name") == name) return recorded_directory(one, "bert_mlm", "sparse");
  return {};
}

TEST_CASE("weights of words are those of sentence-transformers' SparseEncoder") {
  auto all = recorded();
  const weft::detail::json_scope scope(all);
  const auto texts = all.at("texts").get<std::vector<std::string>>();
  CHECK(all.at("encoders").size() == 9);
  for (const auto& one : all.at("encoders")) {
    INFO(one.at("name"));
    embedder embed(recorded_directory(one, "bert_mlm", "sparse"));
    CHECK(embed.width() == 120);
    const auto found = embed.all(texts, {.prompt = one.at("prompt").get<std::string>()});
    REQUIRE(found.size() == texts.size());
    double largest = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto wanted = one.at("vectors")[i].get<std::vector<float>>();
      std::size_t at = 0;
      for (std::size_t word = 0; word < wanted.size(); ++word) {
        if (wanted[word] == 0) continue;
        REQUIRE(at < found[i].ids.size());
        CHECK(found[i].ids[at] == static_cast<std::int32_t>(word));
        raise(largest, std::abs(double{found[i].weights[at++]} - double{wanted[word]}));
      }
      CHECK(at == found[i].ids.size());
      const auto score = one.at("scores")[i].get<double>();
      CHECK(embed.similarity(found[0], found[i]) == Approx(score).epsilon(1e-5));
      CHECK(embed(texts[i], {.prompt = one.at("prompt").get<std::string>()}) == found[i]);
    }
    CHECK(largest < 1e-5);
    const auto best = embed.terms(found[0], 3);
    REQUIRE(best.size() == 3);
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(best[k].token == one.at("best")[k][0].get<std::string>());
      CHECK(best[k].weight == Approx(one.at("best")[k][1].get<double>()).margin(1e-5));
      CHECK(embed.tokenizer().token(best[k].id) == best[k].token);
    }
    CHECK(embed.terms(found[0]).size() == found[0].ids.size());
  }
}

TEST_CASE("weights do not depend on the workers, on the batch or on who read the files") {
  const auto at = directory("sum");
  embedder embed(at);
  std::vector<std::string> texts;
  for (int i = 0; i < 70; ++i) {
    texts.emplace_back("the ");
    for (int n = 0; n < i % 23; ++n) texts.back() += n % 3 ? "cat " : "house sitting ";
  }
  const auto all = embed.all(texts);
  weft::thread_pool pool(2);
  embedder threaded(at, {.run = pool, .batch_tokens = 40});
  CHECK(threaded.all(texts) == all);
  const auto modules = weft::sparse_modules::read(at);
  embedder given(modules, {weft::configuration::read(at), weft::checkpoint::open(at), weft::read_tokenizer(at)});
  CHECK(given.all(texts) == all);
  std::vector<weft::index_t> told;
  const auto some =
      embed.all(texts, {.progress = [&](weft::index_t done) { return told.push_back(done), told.size() < 2; }});
  REQUIRE(told.size() == 2);
  CHECK(some.size() == static_cast<std::size_t>(told[1]));
  CHECK(embed.all(texts) == all);
  CHECK(embed.all(std::vector<std::string>{}).empty());
}

TEST_CASE("a text of no tokens has no words, and a directory without modules.json is a masked language model") {
  const auto plain = tiny_directory("bert_mlm", "sparse");
  embedder embed(plain), as_told(directory("max"));
  CHECK(embed("the cat") == as_told("the cat"));
  CHECK(embed("").size() > 0);  // [CLS] and [SEP]
  const weft::sparse_vector none, one{{3, 7}, {1, 2}}, other{{7, 9}, {3, 1}};
  CHECK(embed.terms(none).empty());
  CHECK(embed.terms({{119, 500}, {1, 2}})[0].token.empty());
  using enum weft::similarity;
  CHECK(weft::similarity_of(dot, one, other) == 6);
  CHECK(weft::similarity_of(dot, one, none) == 0);
  CHECK(weft::similarity_of(manhattan, one, other) == -3);
  CHECK(weft::similarity_of(euclidean, one, other) == Approx(-std::sqrt(3)));
  CHECK(weft::similarity_of(cosine, one, other) == Approx(6 / std::sqrt(50)));
  CHECK(weft::similarity_of(cosine, one, none) == 0);
  CHECK_THAT(refusal_of([&] { weft::similarity_of(dot, one, {{3, 7}, {1}}); }), mentions("found 1 weights, wanted 2"));
}

using tiny_roberta = weft::xlm_roberta_of<weft::xlm_roberta_numbers{.hidden_size = 32,
                                                                    .num_attention_heads = 4,
                                                                    .intermediate_size = 64,
                                                                    .hidden_act = weft::activation_name::gelu,
                                                                    .layer_norm_eps = {1, -5}}>;
template <bool Bias>
using tiny_modernbert = weft::modernbert_of<weft::modernbert_numbers{.hidden_size = 32,
                                                                     .num_attention_heads = 4,
                                                                     .intermediate_size = 40,
                                                                     .global_attn_every_n_layers = 3,
                                                                     .local_attention = 16,
                                                                     .global_rope_theta = 160000,
                                                                     .local_rope_theta = 10000,
                                                                     .decoder_bias = Bias,
                                                                     .hidden_act = weft::activation_name::gelu,
                                                                     .layer_norm_eps = {1, -5}}>;
struct tiny_distilbert : weft::distilbert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 64};
};

// The recorded logits of a checkpoint, pooled in double, beside what the head makes of its files.
template <class Spec>
double largest_difference(const std::string& name, std::size_t sequences) {
  const auto model = weft::load<Spec, weft::splade<typename Spec::tasks::masked_lm>>(data() / "models" / name);
  const auto recorded = weft::safetensors::open(data() / "models" / name / "expected.safetensors");
  weft::token_batch batch;
  std::vector<double> wanted;
  for (std::size_t s = 0; s < sequences; ++s) {
    const auto* const ids = recorded.find("input_ids." + std::to_string(s));
    const auto* const logits = recorded.find("logits." + std::to_string(s));
    REQUIRE(ids);
    REQUIRE(logits);
    const auto* const from = reinterpret_cast<const std::int64_t*>(ids->bytes.data());
    const auto* const values = reinterpret_cast<const float*>(logits->bytes.data());
    batch.add(std::vector<std::int32_t>(from, from + ids->shape[0]));
    for (std::size_t word = 0; word < 120; ++word) {
      double most = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(ids->shape[0]); ++i)
        most = std::max(most, double{values[i * 120 + word]});
      wanted.push_back(std::log1p(most));
    }
  }
  std::vector<float> found(wanted.size());
  weft::workspace work(model.workspace_bytes(batch.size()));
  model.forward(batch, weft::matrix<float>(found.data(), static_cast<weft::index_t>(sequences), 120), work);
  double largest = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) raise(largest, std::abs(double{found[i]} - wanted[i]));
  return largest;
}

TEST_CASE("checkpoints of other families have the weights that their recorded logits give") {
  CHECK(largest_difference<tiny_distilbert>("distilbert_mlm", 3) < 1e-5);
  CHECK(largest_difference<tiny_roberta>("xlm_roberta_mlm", 3) < 1e-5);
  CHECK(largest_difference<tiny_modernbert<true>>("modernbert_mlm", 2) < 1e-5);
  // What the configuration says of the head below is compared.
  CHECK_THAT(refusal_of([] { largest_difference<tiny_modernbert<false>>("modernbert_mlm", 2); }),
             mentions("decoder_bias"));
}

std::string refusal(const std::string& file, const std::string& content) {
  const auto at = directory("max");
  write_file(at / file, content);
  return refusal_of([&] { embedder{at}; });
}

TEST_CASE("what a SparseEncoder's directory says otherwise is refused by name") {
  const auto modules = [](const std::string& second) {
    return R"([{"path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"})" +
           (second.empty() ? ""
                           : R"(, {"path": "1_SpladePooling", "type": "sentence_transformers.x.)" + second + "\"}") +
           "]";
  };
  CHECK_THAT(refusal("modules.json", modules("SparseAutoEncoder")),
             mentions("module 1: found sentence_transformers.x.SparseAutoEncoder") || mentions("SparseAutoEncoder"));
  CHECK_THAT(refusal("modules.json", modules("Pooling")), mentions("wanted Transformer, then SpladePooling"));
  CHECK_THAT(refusal("modules.json", modules("")), mentions("modules: found 1 of them"));
  CHECK_THAT(refusal("modules.json", R"([{"path": "", "type": "sentence_transformers.base.modules.router.Router"}])"),
             mentions("module 0: found") && mentions("Router"));
  CHECK_THAT(refusal("modules.json", "{}"), mentions("modules: found"));
  const auto pooling = [](const std::string& keys) { return refusal("1_SpladePooling/config.json", keys); };
  CHECK_THAT(pooling(R"({"pooling_strategy": "mean"})"),
             mentions("pooling_strategy: found \"mean\", wanted max or sum"));
  CHECK_THAT(pooling(R"({"activation_function": "gelu"})"),
             mentions("activation_function: found \"gelu\", wanted relu or log1p_relu"));
  CHECK_THAT(pooling(R"({"threshold": 1})"), mentions("threshold"));
  CHECK(pooling(R"({"pooling_strategy": "max", "chunk_size": 4})").empty());
  CHECK_THAT(refusal("sentence_bert_config.json", "{}"),
             mentions("transformer_task: found \"feature-extraction\", wanted fill-mask"));
  CHECK_THAT(refusal("config_sentence_transformers.json", R"({"model_type": "SentenceTransformer"})"),
             mentions("model_type: found \"SentenceTransformer\", wanted SparseEncoder"));
  CHECK_THAT(refusal("config_sentence_transformers.json", R"({"max_active_dims": 0})"), mentions("max_active_dims"));
  CHECK_THAT(refusal("config_sentence_transformers.json", R"({"similarity_fn_name": "maxsim"})"), mentions("maxsim"));
  const auto at = directory("max");
  fs::remove(at / "sentence_bert_config.json");
  CHECK_THAT(refusal_of([&] { embedder{at}; }), mentions("transformer_task"));
  embedder embed(directory("prompts"));
  CHECK_THAT(refusal_of([&] { embed("the", {.prompt = "none"}); }), mentions("wanted one of document, query"));
  CHECK_THAT(refusal_of([&] {
               embed.all(std::vector<std::pair<std::string, std::string>>{{"a", "b"}});
             }),
             mentions("single texts"));
  // A vector's reader says who reads it.
  CHECK_THAT(refusal_of([&] { weft::sentence_modules::read(directory("max")); }), mentions("weft::sparse_embedder"));
}

}  // namespace sparse_embedder_test
