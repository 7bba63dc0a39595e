#include <weft/head/pooled.hpp>

#include <weft/head/masked_lm.hpp>
#include <weft/head/model.hpp>
#include <weft/kernel/reference.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/bert.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"

namespace pooled_test {

using weft::index_t;
using weft::pooling;
using floats = std::vector<float>;

struct small_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 36, .heads = 4, .hidden = 40};
};
const weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 32};
constexpr pooling every[] = {pooling::first_token,      pooling::maximum,       pooling::mean,
                             pooling::square_root_mean, pooling::weighted_mean, pooling::last_token};

void plain(pooling how, const float* rows, index_t count, index_t width, float* y) {
  namespace twin = weft::reference;
  if (count == 0) return;
  if (how == pooling::first_token) std::copy_n(rows, width, y);
  if (how == pooling::last_token) std::copy_n(rows + (count - 1) * width, width, y);
  if (how == pooling::maximum) twin::maximum_rows(rows, width, count, width, y);
  if (how == pooling::mean) twin::mean_rows(rows, width, count, width, y);
  if (how == pooling::square_root_mean) twin::square_root_mean_rows(rows, width, count, width, y);
  if (how == pooling::weighted_mean) twin::weighted_mean_rows(rows, width, count, width, y);
}

template <class Model>
Model model_of(const weft::sizes& s = sizes) {
  auto [weights, store] = weft::testing::random_weights<Model>(s, 3);
  return Model(weights, s, std::move(store));
}

TEST_CASE("every way of pooling is its plain loop, for long, short and empty sequences, alone and joined") {
  auto model = model_of<weft::model<small_bert, weft::pooled<>>>();
  CHECK(model.output_width() == 36);  // the mean
  weft::token_batch tokens;
  tokens.add({});
  tokens.add(std::vector<std::int32_t>{1, 7, 8, 9, 3, 2});
  tokens.add(std::vector<std::int32_t>{4});
  tokens.add({});
  tokens.add(std::vector<std::int32_t>{5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17});
  weft::batch in = tokens;
  const std::vector<index_t> visible{0, 4, 1, 0, 13};
  for (const bool padded : {false, true}) {
    if (padded) in.visible = visible;
    weft::row_buffer<36> hidden(in.tokens());
    weft::workspace work(model.workspace_bytes(in.size(), 3));
    model.body().forward(in, hidden, work);
    floats apart;
    for (const auto how : every) {
      model.top().modes = how;
      floats found(5 * 36, 7.0f), wanted(5 * 36, 0.0f);
      model.forward(in, weft::matrix<float>(found.data(), 5, 36), work);
      for (index_t s = 0; s < 5; ++s) plain(how, hidden.row(in.first(s)), in.keys(s), 36, wanted.data() + s * 36);
      for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(wanted[i]).margin(1e-6));
      apart.insert(apart.end(), found.begin(), found.end());
    }
    model.top().modes = weft::pooling_modes(weft::list<const pooling>(every, 6));
    REQUIRE(model.output_width() == 6 * 36);
    floats joined(5 * 6 * 36, 7.0f);
    weft::thread_pool pool(3);
    model.forward(in, weft::matrix<float>(joined.data(), 5, 6 * 36), work, pool);
    for (index_t how = 0; how < 6; ++how)
      for (index_t s = 0; s < 5; ++s)
        CHECK(std::equal(joined.data() + (s * 6 + how) * 36, joined.data() + (s * 6 + how + 1) * 36,
                         apart.data() + (how * 5 + s) * 36));  // to the bit
  }
}

TEST_CASE("a type may say the modes, and a model may have other heads beside") {
  using model_type = weft::model<small_bert, weft::masked_lm<>, weft::pooled<pooling::last_token, pooling::mean>>;
  const auto model = model_of<model_type>();
  CHECK(model.top<1>().modes == weft::pooling_modes{pooling::last_token, pooling::mean});
  weft::token_batch in;
  in.add(std::vector<std::int32_t>{1, 2, 3});
  CHECK(model.output_rows<1>(in) == 1);
  floats logits(3 * 50), vector(72);
  weft::workspace work(model.workspace_bytes(in.size()));
  model.forward(in, {weft::matrix<float>(logits.data(), 3, 50), weft::matrix<float>(vector.data(), 1, 72)}, work);
  weft::row_buffer<36> hidden(3);
  model.body().forward(in, hidden, work);
  CHECK(std::equal(hidden.row(2), hidden.row(2) + 36, vector.data()));
  CHECK(work.peak() <= model.workspace_bytes(in.size()));
}

TEST_CASE("no way of pooling is none") {
  CHECK_THROWS_WITH(weft::pooling_modes(weft::list<const pooling>()),
                    Catch::Contains("pooling modes: found none, wanted at least one"));
}

}  // namespace pooled_test
