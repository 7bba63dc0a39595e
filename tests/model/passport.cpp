// The demo's committed passport, computed anew from its ids: on 64-bit Arm, too, where there is no tokenizer.
#include <weft/head/model.hpp>
#include <weft/head/pooled.hpp>
#include <weft/io/load.hpp>
#include <weft/io/passport.hpp>
#include <weft/io/passport_facts.hpp>
#include <weft/model/electra.hpp>
#include <weft/numeric/bfloat16_weights.hpp>

#include "catch.hpp"

namespace passport_of_ids_test {
namespace {
struct gloss_electra : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 128, .heads = 4, .hidden = 512};
  using embedding = weft::summed;
};
struct gloss_electra_bfloat16 : gloss_electra {
  using numeric = weft::bfloat16_weights;
};

const std::filesystem::path data = WEFT_TEST_DATA, demo = data / ".." / ".." / "examples/classify/electra-gloss";

// The demo's passport, computed anew by Spec.
template <class Spec>
weft::passport anew(const weft::passport& stored, std::string_view numeric) {
  const auto model = weft::load<Spec, weft::pooled<weft::pooling::mean>>(demo);
  return weft::recomputed(stored, demo, numeric,
                          [&](weft::list<const std::int32_t> ids, weft::list<const std::int32_t> segments) {
                            weft::token_batch one;
                            one.add(ids, segments);
                            std::vector<float> vector(128);
                            weft::workspace work(model.workspace_bytes(one.size()));
                            model.forward(one, {vector.data(), 1, 128}, work);
                            return vector;
                          });
}
}  // namespace

TEST_CASE("the vectors of the ids of the demo's passport are the same bits here") {
  const auto stored = weft::passport::read(data / "passports" / "demo.json");
  const auto found = compare(anew<gloss_electra>(stored, "float32"), stored, "demo.json");
  for (const auto& sentence : found.sentences) UNSCOPED_INFO(sentence);
  if (weft::simd::keeps_bits<>)
    CHECK(found.verdict == weft::passport_verdict::same);
  else
    CHECK(found.verdict == weft::passport_verdict::to_rounding);
}

TEST_CASE("with bfloat16_weights the demo's vectors are near to those of float32, and the same bits on every machine") {
  const auto stored = weft::passport::read(data / "passports" / "demo.json");
  const auto here = anew<gloss_electra_bfloat16>(stored, "bfloat16, rows as they are");
  const auto found = compare(here, stored, "demo.json");
  for (const auto& sentence : found.sentences) UNSCOPED_INFO(sentence);
  CHECK(found.verdict == weft::passport_verdict::differs);
  CHECK(found.sentences.at(1).rfind("promise \"numeric\": ", 0) == 0);
  CHECK(found.error > 1e-5);
  CHECK(found.error < 0.02);
  weft::sha256 all;
  for (const auto& t : here.texts) all.add(t.vector_digest);
  if (weft::simd::keeps_bits<>)
    CHECK(all.digest() == "b363fbdf4211203685d79a70b2e91031a13bba285f3cb71f1ac8e1424f6f1c1d");
}

}  // namespace passport_of_ids_test
