// What int8 loses on models that were trained: directions of MiniLM's embeddings, and answers of the gloss classifier.
#include <algorithm>
#include <sstream>
#include <weft/io/safetensors.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/numeric/int8.hpp>
#include <weft/pipeline/classifier.hpp>
#include <weft/pipeline/embedder.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace low_precision_test {

using namespace weft_test;

template <class Spec, int Bits>
struct in_bytes : Spec {
  using numeric = weft::int8<Bits>;
};

/// The least and the mean cosine of the recorded embeddings, of 24 texts, with those in bytes.
template <int Bits>
std::pair<float, float> cosines(const fs::path& directory) {
  const auto path = data() / "minilm" / "texts.json";
  const auto texts = weft::detail::json_texts(weft::detail::read_json(path), "texts", path.string());
  REQUIRE(texts.size() == 24);
  const auto recorded = weft::safetensors::open(data() / "minilm" / "expected.safetensors");
  weft::embedder<in_bytes<weft::minilm_l6, Bits>> embed(directory);
  const auto all = embed.all(texts);
  float least = 1, sum = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto* wanted = recorded.find("embedding." + std::to_string(i));
    REQUIRE(wanted != nullptr);
    const auto cosine = weft::cosine(weft::list<const float>(all.row(static_cast<weft::index_t>(i)), 384),
                                     {reinterpret_cast<const float*>(wanted->bytes.data()), 384});
    least = std::min(least, cosine), sum += cosine;
  }
  return {least, sum / 24};
}

TEST_CASE("in bytes MiniLM's embeddings keep their directions") {
  const auto minilm = data() / ".." / ".." / "data" / "minilm";
  if (!fs::exists(minilm / "model.safetensors")) {
    WARN("SKIPPED: MiniLM is not here; ./dev fetch-minilm downloads it");
    return;
  }
  const auto [least, mean] = cosines<8>(minilm);
  UNSCOPED_INFO("int8: least " << least << ", mean " << mean);
  CHECK(least >= 0.996f);
  CHECK(mean >= 0.998f);
  const auto [least_of_7, mean_of_7] = cosines<7>(minilm);
  UNSCOPED_INFO("int8<7>: least " << least_of_7 << ", mean " << mean_of_7);
  CHECK(least_of_7 >= 0.994f);
  CHECK(mean_of_7 >= 0.997f);
}

/// The share of the 1,000 test lines whose class it finds.
template <class Spec>
double accuracy() {
  std::ifstream in(examples() / "classify" / "test.tsv");
  std::string text;
  std::getline(in, text);
  std::vector<std::string> glosses, labels;
  while (std::getline(in, text)) {
    std::istringstream fields(text);
    std::getline(fields, glosses.emplace_back(), '\t'), std::getline(fields, labels.emplace_back(), '\t');
  }
  REQUIRE(glosses.size() == 1000);
  weft::thread_pool pool(2);
  weft::classifier<Spec> sort(examples() / "classify" / "electra-gloss", {.run = pool});
  const auto found = sort.all(glosses);
  int right = 0;
  for (std::size_t i = 0; i < found.size(); ++i) right += found[i].label == labels[i];
  return right / 1000.0;
}

TEST_CASE("in bytes the gloss classifier finds as many classes") {
  const double whole = accuracy<gloss_electra>();
  CHECK(whole == Approx(0.772).margin(0.0005));
  const double bytes = accuracy<in_bytes<gloss_electra, 8>>(), of_7 = accuracy<in_bytes<gloss_electra, 7>>();
  UNSCOPED_INFO("float32 " << whole << ", int8 " << bytes << ", int8<7> " << of_7);
  CHECK(std::abs(bytes - whole) <= 0.005);
  CHECK(std::abs(of_7 - whole) <= 0.005);
}

}  // namespace low_precision_test
