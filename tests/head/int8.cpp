// Heads follow the numeric of the spec: a golden checkpoint, its table as the decoder's weights, in bytes.
#include <weft/numeric/int8.hpp>

#include <cmath>
#include <weft/head/masked_lm.hpp>
#include <weft/io/load.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/bert.hpp>

#include "catch.hpp"
#include "ragged.hpp"

namespace int8_head_test {

struct golden_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 64};
};
template <class Numeric>
struct in_numeric : golden_bert {
  using numeric = Numeric;
};

template <class Spec>
std::vector<std::vector<float>> logits_of(const std::vector<weft_test::sequence>& texts, bool together, int workers) {
  const auto model = weft::load<Spec, typename Spec::tasks::masked_lm>(WEFT_TEST_DATA "/models/bert_mlm");
  weft::thread_pool pool(workers);
  std::vector<std::vector<float>> rows;
  const auto run = [&](const std::vector<weft_test::sequence>& some) {
    const auto owned = weft_test::batch_of(some);
    const weft::batch in = owned;
    std::vector<float> values(static_cast<std::size_t>(in.tokens() * model.output_width()));
    weft::workspace work(model.workspace_bytes(in.size(), workers));
    model.forward(in, weft::matrix<float>{values.data(), in.tokens(), model.output_width()}, work, pool);
    for (weft::index_t r = 0; r < in.tokens(); ++r)
      rows.emplace_back(values.begin() + r * model.output_width(), values.begin() + (r + 1) * model.output_width());
  };
  if (together) {
    run(texts);
  } else {
    for (const auto& text : texts) run({text});
  }
  return rows;
}

double least_cosine(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  double least = 1;
  for (std::size_t r = 0; r < a.size(); ++r) {
    double dot = 0, x = 0, y = 0;
    for (std::size_t i = 0; i < a[r].size(); ++i) {
      dot += double{a[r][i]} * double{b[r][i]};
      x += double{a[r][i]} * double{a[r][i]}, y += double{b[r][i]} * double{b[r][i]};
    }
    least = std::min(least, dot / std::sqrt(x * y));
  }
  return least;
}

TEST_CASE("logits of a golden checkpoint in int8 are near those in float32, and the same in any company") {
  const weft::sizes sizes{.layers = 2, .vocabulary = 120, .positions = 64};
  const auto texts = weft_test::random_sequences(4, 6, sizes);
  const auto exact = logits_of<golden_bert>(texts, true, 1);
  const auto eight = logits_of<in_numeric<weft::int8<>>>(texts, true, 1),
             seven = logits_of<in_numeric<weft::int8<7>>>(texts, true, 1);
  CHECK(least_cosine(exact, eight) > 0.996);
  CHECK(least_cosine(exact, seven) > 0.994);
  CHECK(least_cosine(exact, eight) < 1);
  CHECK(logits_of<in_numeric<weft::int8<>>>(texts, false, 1) == eight);
  CHECK(logits_of<in_numeric<weft::int8<>>>(texts, true, 3) == eight);
}

}  // namespace int8_head_test
