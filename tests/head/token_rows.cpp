#include <weft/head/token_rows.hpp>

#include <weft/head/model.hpp>
#include <weft/model/bert.hpp>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"

namespace token_rows_test {

struct small_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 36, .heads = 4, .hidden = 40};
};

TEST_CASE("token_rows hands out what the encoder writes, to the bit") {
  using model_type = weft::model<small_bert, weft::token_rows>;
  constexpr weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 32};
  const auto stored = weft::testing::random_weights<model_type>(sizes, 3);
  const model_type model(stored.record, sizes);
  weft::token_batch tokens;
  tokens.add({});
  tokens.add(std::vector<std::int32_t>{1, 7, 8, 9, 3, 2});
  tokens.add(std::vector<std::int32_t>{4});
  const weft::batch in = tokens;
  weft::workspace work(model.workspace_bytes(in.size(), 3));
  weft::row_buffer<36> wanted(in.tokens());
  model.body().forward(in, wanted, work);
  weft::testing::scrambled_pool pool(3);
  for (const weft::executor run : {weft::executor(), weft::executor(pool)}) {
    std::vector<float> found(7 * 36 + 1, 5.0f);
    model.forward(in, weft::matrix<float>(found.data(), 7, 36), work, run);
    for (weft::index_t i = 0; i < 7; ++i) CHECK(std::equal(wanted.row(i), wanted.row(i) + 36, found.data() + i * 36));
    CHECK(found.back() == 5);
  }
}

}  // namespace token_rows_test
