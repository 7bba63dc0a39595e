#include <weft/head/described.hpp>
#include <weft/model/albert.hpp>
#include <weft/model/bert.hpp>

#include "catch.hpp"

namespace described_test {

using weft::index_t;

TEST_CASE("stored_parameters lists a tied tensor once, beside the name that it is tied to") {
  const weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 32};
  const auto tied = weft::stored_parameters<weft::bert_base, weft::masked_lm<>>(sizes);
  const auto each = weft::stored_parameters<weft::bert_base, weft::masked_lm<>>(sizes, false);
  CHECK(each.size() == tied.size() + 1);  // the decoder's table
  CHECK(tied.front().name == "bert.embeddings.word_embeddings.weight");
  CHECK(tied.front().tied_to == "cls.predictions.decoder.weight");
  CHECK(tied.front().shape == weft::unit_vector<index_t>{50, 768});
  for (const auto& one : each) CHECK(one.tied_to.empty());
}

TEST_CASE("stored_parameters lists what layers share once, and what a bare encoder stores under its own names") {
  const auto encoder = weft::stored_parameters<weft::bert_base>({.layers = 2, .vocabulary = 50, .positions = 32});
  CHECK(encoder.size() == 5 + 2 * 16);
  const auto shared =
      weft::stored_parameters<weft::albert_base>({.layers = 12, .vocabulary = 50, .positions = 32, .groups = 1});
  const auto two =
      weft::stored_parameters<weft::albert_base>({.layers = 12, .vocabulary = 50, .positions = 32, .groups = 2});
  CHECK(two.size() == shared.size() + 16);
}

}  // namespace described_test
