#include <weft/pipeline/static_embedder.hpp>

#include <cmath>
#include <weft/io/safetensors_writer.hpp>
#include <weft/memory/thread_pool.hpp>

#include "catch.hpp"
#include "largest.hpp"
#include "pipeline/files.hpp"

namespace static_embedder_test {

using namespace weft_test;

fs::path recorded(const std::string& name) { return data() / "pipelines" / "static" / name; }

TEST_CASE("static vectors are those of model2vec and of sentence-transformers") {
  const auto path = recorded("vectors.json");
  auto all = weft::parse_json(weft::mapped_file::open(path)->text(), path.string());
  const weft::detail::json_scope scope(all);
  const auto texts = all.at("texts").get<std::vector<std::string>>();
  weft::thread_pool pool(2);
  for (const std::string name : {"model2vec", "model2vec_mapped", "sentence_transformers"}) {
    INFO(name);
    const weft::static_embedder embed(recorded(name)), shared(recorded(name), pool);
    REQUIRE(embed.width() == 11);
    const auto found = embed.all(texts), again = shared.all(texts);
    REQUIRE(found.count() == static_cast<weft::index_t>(texts.size()));
    CHECK(std::equal(found.data(), found.data() + found.count() * 11, again.data()));
    double largest = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto wanted = all.at(name)[i].get<std::vector<float>>();
      for (std::size_t j = 0; j < 11; ++j)
        raise(largest, std::abs(double{found.row(static_cast<weft::index_t>(i))[j]} - double{wanted[j]}));
      CHECK(embed(texts[i]) == std::vector<float>(found.row(static_cast<weft::index_t>(i)),
                                                  found.row(static_cast<weft::index_t>(i)) + 11));
    }
    CHECK(largest < (name == "model2vec" ? 1e-3 : 1e-5));  // that one answers in float16
  }
}

// A copy of a recorded directory, one of whose files is another.
fs::path changed(const std::string& name, const std::string& file, const std::string& content) {
  const auto at = empty_directory("static");
  fs::copy(recorded(name), at, fs::copy_options::recursive);
  fs::remove(at / file);
  if (!content.empty()) write_file(at / file, content);
  return at;
}
std::string refusal(const fs::path& at) {
  return refusal_of([&] { weft::static_embedder{at}; });
}
fs::path with_tensors(const std::vector<std::pair<std::string, std::vector<weft::index_t>>>& tensors) {
  const auto at = changed("model2vec", "model.safetensors", "");
  const std::vector<float> zeros(90 * 4);
  weft::safetensors_writer out;
  for (const auto& [name, shape] : tensors) {
    std::size_t count = 1;
    for (const auto n : shape) count *= static_cast<std::size_t>(n);
    out.add(name, shape, weft::list<const float>(zeros.data(), static_cast<weft::index_t>(count)));
  }
  out.save(at / "model.safetensors");
  return at;
}

TEST_CASE("what does not fit a table of token vectors is refused by name") {
  CHECK_THAT(refusal(with_tensors({{"vectors", {90, 4}}})),
             mentions("embeddings: found no such tensor, wanted a table"));
  CHECK_THAT(refusal(with_tensors({{"embeddings", {89, 4}}})), mentions("embeddings: found 89 rows, wanted 90"));
  CHECK_THAT(refusal(with_tensors({{"embeddings", {90}}})), mentions("embeddings: found shape [90], wanted a table"));
  CHECK_THAT(refusal(with_tensors({{"embeddings", {90, 4}}, {"weights", {3}}})),
             mentions("weights: found shape [3], wanted [90], one for each token"));
  CHECK_THAT(refusal(with_tensors({{"embeddings", {90, 4}}, {"mapping", {90}}})), mentions("found F32"));
  CHECK_THAT(refusal(changed("sentence_transformers", "modules.json", "[]")), mentions("modules: found an array of 0"));
  CHECK_THAT(refusal(changed("sentence_transformers", "modules.json",
                             R"([{"type": "sentence_transformers.models.StaticEmbedding", "path": ""},
                                 {"type": "a.Dense", "path": "1"}])")),
             mentions("module 1: found a.Dense, wanted StaticEmbedding, then Normalize"));
  CHECK_THAT(refusal(changed("sentence_transformers", "modules.json", R"([{"type": "a.Transformer", "path": ""}])")),
             mentions("module 0: found a.Transformer"));
  CHECK_THAT(refusal(changed("model2vec", "config.json", R"({"max_length": 0})")), mentions("max_length: found 0"));
  CHECK_THAT(refusal(changed("model2vec", "tokenizer.json", "")), mentions("neither tokenizer.json nor vocab.txt"));
}

}  // namespace static_embedder_test
