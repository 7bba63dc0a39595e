#include <weft/numeric/keep_float32.hpp>

#include <cmath>
#include <weft/encoder/encoder.hpp>
#include <weft/head/model.hpp>
#include <weft/head/pooled_linear.hpp>
#include <weft/kernel/reference_int8.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/bert.hpp>
#include <weft/model/convbert.hpp>
#include <weft/numeric/int8.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "ragged.hpp"
#include "refusal.hpp"

namespace keep_float32_test {
namespace {
using weft::index_t;
using testing_rows = std::vector<std::vector<double>>;

constexpr index_t width = 48, heads = 4, hidden = 101;
struct small_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = width, .heads = heads, .hidden = hidden};
};
template <class Numeric>
struct in_numeric : small_bert {
  using numeric = Numeric;
};
struct small_convbert : weft::convbert_base {
  static constexpr weft::model_shape shape{.width = width, .heads = heads, .hidden = hidden};
};
template <class Numeric>
struct convbert_in : small_convbert {
  using numeric = Numeric;
};
const weft::sizes sizes{.layers = 2, .vocabulary = 97, .positions = 40, .segments = 2, .labels = 3};

template <class Spec>
weft::encoder<Spec> make(weft::executor run = {}) {
  auto [record, store] = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 7);
  return weft::encoder<Spec>(record, sizes, std::move(store), run);
}

// BERT once more, in double and by plain loops; a linear whose name `in_bytes` likes is int8's twin of plain loops.
template <class InBytes>
struct slow_bert {
  const typename weft::encoder<small_bert>::params<weft::raw>& stored;
  const InBytes& in_bytes;

  testing_rows linear(const std::string& name, const auto& p, const testing_rows& x) const {
    const auto outputs = static_cast<index_t>(p.bias.size()), inputs = static_cast<index_t>(x[0].size());
    testing_rows y;
    std::vector<std::int8_t> codes(static_cast<std::size_t>(inputs));
    std::vector<std::uint8_t> row(static_cast<std::size_t>(inputs));
    for (const auto& from : x) {
      auto& to = y.emplace_back();
      const std::vector<float> floats(from.begin(), from.end());
      const auto is = weft::reference::int8_row(floats.data(), inputs, row.data());
      for (index_t o = 0; o < outputs; ++o) {
        const auto* const weight = p.weight.data + o * inputs;
        if (in_bytes(name)) {
          const auto column = weft::reference::int8_weights(weight, inputs, 8, codes.data());
          const auto sum = weft::reference::int8_sum(row.data(), is.zero, codes.data(), inputs);
          to.push_back(double{weft::reference::int8_value(sum, is.scale, column.scale, p.bias[o])});
        } else {
          double sum = double{p.bias[o]};
          for (index_t i = 0; i < inputs; ++i) sum += double{weight[i]} * from[static_cast<std::size_t>(i)];
          to.push_back(sum);
        }
      }
    }
    return y;
  }
  static void add_and_norm(testing_rows& x, const testing_rows& more, const auto& p) {
    for (std::size_t r = 0; r < x.size(); ++r) {
      double mean = 0, variance = 0;
      for (std::size_t c = 0; c < x[r].size(); ++c) x[r][c] += more.empty() ? 0 : more[r][c], mean += x[r][c] / width;
      for (const double v : x[r]) variance += (v - mean) * (v - mean) / width;
      for (std::size_t c = 0; c < x[r].size(); ++c)
        x[r][c] = (x[r][c] - mean) / std::sqrt(variance + 1e-12) * double{p.weight[static_cast<index_t>(c)]} +
                  double{p.bias[static_cast<index_t>(c)]};
    }
  }
  static testing_rows attend(const testing_rows& query, const testing_rows& key, const testing_rows& value) {
    testing_rows mixed(query.size(), std::vector<double>(width));
    constexpr std::size_t of_head = width / heads;
    for (std::size_t begin = 0; begin < width; begin += of_head)
      for (std::size_t q = 0; q < query.size(); ++q) {
        std::vector<double> weights;
        double total = 0;
        for (const auto& k : key) {
          double dot = 0;
          for (std::size_t c = begin; c < begin + of_head; ++c) dot += query[q][c] * k[c];
          total += weights.emplace_back(std::exp(dot / std::sqrt(double{of_head})));
        }
        for (std::size_t k = 0; k < key.size(); ++k)
          for (std::size_t c = begin; c < begin + of_head; ++c) mixed[q][c] += weights[k] / total * value[k][c];
      }
    return mixed;
  }
  testing_rows forward(const weft_test::sequence& ids) const {
    testing_rows x;
    for (std::size_t t = 0; t < ids.size(); ++t) {
      auto& row = x.emplace_back();
      const index_t word = ids[t] * width, place = static_cast<index_t>(t) * width,
                    segment = t < ids.size() / 2 ? 0 : width;
      for (index_t c = 0; c < width; ++c)
        row.push_back(double{stored.embed.word[word + c]} + double{stored.embed.position[place + c]} +
                      double{stored.embed.segment[segment + c]});
    }
    add_and_norm(x, {}, stored.embed.norm);
    for (std::size_t l = 0; l < stored.layers.size(); ++l) {
      const auto& p = stored.layers[l];
      const auto at = "encoder.layer." + std::to_string(l) + ".";
      const auto self = at + "attention.self.";
      const auto mixed = attend(linear(self + "query", p.mix.query, x), linear(self + "key", p.mix.key, x),
                                linear(self + "value", p.mix.value, x));
      add_and_norm(x, linear(at + "attention.output.dense", p.mix.output, mixed), p.mix_norm);
      auto up = linear(at + "intermediate.dense", p.feed.up, x);
      for (auto& row : up)
        for (auto& v : row) v = v / 2 * (1 + std::erf(v / std::sqrt(2.0)));
      add_and_norm(x, linear(at + "output.dense", p.feed.down, up), p.feed_norm);
    }
    return x;
  }
};

// How far rows are from others, against the length of those.
double apart(const std::vector<std::vector<float>>& a, const auto& b) {
  double difference = 0, size = 0;
  for (std::size_t s = 0; s < a.size(); ++s)
    for (std::size_t i = 0; i < a[s].size(); ++i) {
      const double wanted = b(s, i);
      difference += (double{a[s][i]} - wanted) * (double{a[s][i]} - wanted), size += wanted * wanted;
    }
  return std::sqrt(difference / size);
}
template <class Numeric, class InBytes>
void is_the_slow_model(const InBytes& in_bytes) {
  const auto texts = weft_test::random_sequences(3, 3, sizes, 9);
  const auto got = weft_test::hidden_of(make<in_numeric<Numeric>>(), texts);
  const auto stored = weft::testing::random_weights<weft::encoder<small_bert>>(sizes, 7);
  const auto distance = [&](const auto& named) {
    std::vector<testing_rows> slow;
    for (const auto& ids : texts)
      slow.push_back(slow_bert<std::remove_cvref_t<decltype(named)>>{stored.record, named}.forward(ids));
    return apart(got, [&](std::size_t s, std::size_t i) { return slow[s][i / width][i % width]; });
  };
  CHECK(distance(in_bytes) < 5e-6);
  CHECK(distance([](const std::string&) { return true; }) > 1e-4);
  CHECK(distance([](const std::string&) { return false; }) > 1e-4);
}
bool has(const std::string& name, std::string_view part) { return name.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("a model of int8 of which some linears are kept is what plain loops make of it") {
  is_the_slow_model<weft::keep_float32<weft::int8<>, "query", "intermediate">>(
      [](const std::string& name) { return !has(name, ".query") && !has(name, ".intermediate"); });
  is_the_slow_model<weft::keep_float32<weft::int8<>, "attention.output", "layer.1.output">>(
      [](const std::string& name) { return !has(name, "attention.output") && !has(name, "layer.1.output"); });
  is_the_slow_model<weft::keep_float32<weft::int8<>, "layer.0">>(
      [](const std::string& name) { return !has(name, "layer.0"); });
}

TEST_CASE("a model of int8 all of whose linears are kept has float32's bits") {
  const auto texts = weft_test::random_sequences(4, 6, sizes);
  const auto exact = weft_test::hidden_of(make<small_bert>(), texts);
  CHECK(weft_test::hidden_of(make<in_numeric<weft::keep_float32<weft::int8<>, "layer">>>(), texts) == exact);
  CHECK(weft_test::hidden_of(make<in_numeric<weft::keep_float32<weft::int8<>, "query", "key", "value", "dense">>>(),
                             texts) == exact);
  CHECK(
      weft_test::same_bits(weft_test::hidden_of(make<convbert_in<weft::keep_float32<weft::int8<>, "layer">>>(), texts),
                           weft_test::hidden_of(make<small_convbert>(), texts)));
}

TEST_CASE("a linear that a record derives has a name, too") {
  const auto texts = weft_test::random_sequences(4, 6, sizes);
  const auto coded = weft_test::hidden_of(make<convbert_in<weft::int8<>>>(), texts);
  using kept = weft::keep_float32<weft::int8<>, "key_conv_attn_layer">;
  CHECK_FALSE(weft_test::same_bits(weft_test::hidden_of(make<convbert_in<kept>>(), texts), coded));
  using record = weft::encoder<small_convbert>::params<weft::detail::naming>;
  static_assert(weft::detail::has_linear_below<record>("", "layer.0.attention.self.key_conv_attn_layer"));
  static_assert(!weft::detail::has_linear_below<record>("", "depthwise"));
}

TEST_CASE("a model of which some is kept is the same however many workers pack and run it") {
  using spec = in_numeric<weft::keep_float32<weft::int8<>, "layer.1.attention", "output.dense">>;
  const auto texts = weft_test::random_sequences(5, 7, sizes);
  const auto alone = weft_test::hidden_of(make<spec>(), texts);
  for (const int workers : {2, 3}) {
    weft::thread_pool pool(workers);
    CHECK(weft_test::same_bits(weft_test::hidden_of(make<spec>(pool), texts, pool), alone));
  }
}

TEST_CASE("linears of heads are kept by names that begin with head") {
  const auto texts = weft_test::random_sequences(6, 4, sizes);
  const auto logits = [&]<class Numeric>(Numeric) {
    using model = weft::model<in_numeric<Numeric>, weft::pooled_classification<>>;
    auto [record, store] = weft::testing::random_weights<model>(sizes, 7);
    const model built(record, sizes, std::move(store));
    const auto batch = weft_test::batch_of(texts);
    std::vector<float> values(static_cast<std::size_t>(batch.sequences() * 3));
    weft::workspace work(built.workspace_bytes(batch.size()));
    built.forward(batch, weft::matrix<float>{values.data(), batch.sequences(), 3}, work);
    return values;
  };
  const auto exact = logits(weft::float32{});
  CHECK(logits(weft::keep_float32<weft::int8<>, "layer", "head">{}) == exact);
  CHECK(logits(weft::keep_float32<weft::int8<>, "layer", "head.pooler", "head.classifier">{}) == exact);
  CHECK_FALSE(logits(weft::keep_float32<weft::int8<>, "layer", "head.classifier">{}) == exact);
  CHECK_FALSE(logits(weft::keep_float32<weft::int8<>, "layer">{}) == exact);
}

TEST_CASE("a layer that a checkpoint has not is refused when the model is built") {
  CHECK_THAT(refusal_of([] { make<in_numeric<weft::keep_float32<weft::int8<>, "layer.2.output">>>(); }),
             mentions("the linears kept in float32: found layer.2.output, which is none of this checkpoint's"));
}

}  // namespace keep_float32_test
