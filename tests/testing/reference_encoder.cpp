// Encoders against the slow reference on random weights and ragged batches. Specs are small and awkward: widths that
// are no multiple of a vector, three heads of eight, seven of three, feed-forwards of odd widths.
//
// The tolerance counts roundings of numbers around 1 (testing/tolerance.hpp): every norm brings rows back to that size,
// so that an encoder's error is what its layers add. With the weights below (deviation 0.15) scores are a few units
// large and attention is far from uniform; a layer's sums of some hundred products, its softmax and its two norms add
// about ten roundings. Three layers were measured at 16 to 37 roundings, heads behind them at up to 41, and at up to 58
// without a fused multiply-add (SSE2). 160 leaves room for other orders of sums; a wrong formula is off by thousands to
// millions, as the last cases show.
#include <weft/head/context_token_detection.hpp>
#include <weft/head/model.hpp>
#include <weft/head/table_lm.hpp>
#include <weft/layout/convolved.hpp>
#include <weft/model/electra.hpp>
#include <weft/testing/random_weights.hpp>
#include <weft/testing/reference_encoder.hpp>
#include <weft/testing/tolerance.hpp>

#include "catch.hpp"
#include "window.hpp"

namespace weft::testing {
// Written in double, so that the reference does not round; without it the score would run as it stands, in float.
template <>
struct reference_score<leaning> {
  static double value(const leaning&, const score_site& at, index_t key, double dot, index_t head_width) {
    const auto distance = static_cast<double>(key - at.query), slope = 0.125 * static_cast<double>(at.head + 1);
    return dot / std::sqrt(static_cast<double>(head_width)) - std::max(distance * slope, -0.5 * distance * slope);
  }
};
}  // namespace weft::testing

namespace reference_encoder_test {
namespace {
using namespace weft::testing;
using weft::index_t, weft::model_shape;

struct narrow_bert : weft::bert_base {
  static constexpr model_shape shape{.width = 48, .heads = 4, .hidden = 100};
};
struct convolved_bert : narrow_bert {
  using layout = weft::layers<weft::repeated<1, weft::convolved<3>>, weft::post_norm>;
};
struct by_head_bert : narrow_bert {
  using mixer = weft::attention<weft::full, weft::scaled, true, weft::none, true, weft::projections_stored::by_head>;
};
struct tanh_bert : weft::bert_base {
  static constexpr model_shape shape{.width = 32, .heads = 4, .hidden = 72};
  using feed_forward = weft::dense<weft::gelu_tanh>;
};
struct narrow_electra : weft::electra_small {
  static constexpr model_shape shape{.width = 24, .heads = 3, .hidden = 56};
  using embedding = weft::factorised<20>;
};
struct narrow_roberta : narrow_bert {
  using embedding = weft::summed_after_padding;
};
struct odd_relu : weft::bert_base {
  static constexpr model_shape shape{.width = 21, .heads = 7, .hidden = 35};
  using feed_forward = weft::dense<weft::relu>;
  using norm = weft::layer_norm<std::ratio<1, 100000>>;
};
struct windowed : narrow_bert {
  using mixer = weft::attention<window<5>, leaning>;
};
struct counted : narrow_electra {
  using mixer = weft::attention<counting_blocks>;
};

// Formulas that are not what is computed.
struct relu_bert : narrow_bert {
  using feed_forward = weft::dense<weft::relu>;
};
struct tanh_formula : narrow_bert {
  using feed_forward = weft::dense<weft::gelu_tanh>;  // differs from gelu by 5e-4 at most
};
struct wider_window : windowed {
  using mixer = weft::attention<window<6>, leaning>;
};

constexpr weft::sizes sizes{.layers = 3, .vocabulary = 50, .positions = 150, .segments = 2, .labels = 5};
constexpr spread lively{.weights = 0.15, .biases = 0.1, .gains = 0.1};
constexpr tolerance allowed{.roundings = 160};

struct ragged {
  std::vector<std::int32_t> ids, segments;
  std::vector<index_t> offsets{0}, visible;
  explicit ragged(const std::vector<index_t>& lengths, std::uint64_t seed = 5) {
    random_source random(seed);
    for (const auto length : lengths) {
      for (index_t t = 0; t < length; ++t) {
        ids.push_back(static_cast<std::int32_t>(random.below(sizes.vocabulary)));
        segments.push_back(static_cast<std::int32_t>(random.below(sizes.segments)));
      }
      offsets.push_back(static_cast<index_t>(ids.size()));
    }
  }
  weft::batch view() const { return {ids, segments, offsets, visible}; }
};
const std::vector<index_t> lengths{7, 1, 0, 150, 33, 64, 16, 0};

// The first level that is off, in words; empty if none is.
template <class Spec, class Formula = Spec>
std::string compare(const weft::batch& in, const weft::sizes& s = sizes) {
  const auto stored = random_weights<weft::encoder<Spec>>(s, 11, lively);
  const auto formula = random_weights<weft::encoder<Formula>>(s, 11, lively);
  const weft::encoder<Spec> encoder(stored.record, s);
  weft::row_buffer<Spec::shape.width> out(in.tokens());
  weft::workspace work(encoder.workspace_bytes(in.size()));
  const auto wanted = reference_hidden<Formula>(formula.record, s, in);
  std::string words;
  encoder.forward(in, out, work, {}, weft::observe_hidden{[&](index_t level, auto rows) {
                    const auto off = difference(rows, wanted[static_cast<std::size_t>(level)], allowed);
                    if (words.empty() && !off.empty()) words = "level " + std::to_string(level) + ", " + off;
                  }});
  if (words.empty()) words = difference(out, wanted.back(), allowed);
  return words;
}

template <class Spec, class Head>
std::string compare_head(const weft::batch& in) {
  using model_type = weft::model<Spec, Head>;
  const auto stored = random_weights<model_type>(sizes, 12, lively);
  const model_type model(stored.record, sizes);
  const auto count = model.output_rows(in), width = model.output_width();
  std::vector<float> values(static_cast<std::size_t>(count * width));
  const weft::matrix<float> out(values.data(), count, width);
  weft::workspace work(model.workspace_bytes(in.size()));
  model.forward(in, out, work);
  const auto hidden = reference_hidden<Spec>(stored.record.body, sizes, in);
  const auto wanted = reference_head<Spec, Head>(std::get<0>(stored.record.tops), in, hidden.back());
  return difference(out, wanted, allowed);
}
}  // namespace

TEST_CASE("BERT and ELECTRA compute what their formulas say") {
  const ragged in(lengths);
  CHECK(compare<narrow_bert>(in.view()) == "");
  CHECK(compare<tanh_bert>(in.view()) == "");
  CHECK(compare<narrow_electra>(in.view()) == "");
  CHECK(compare<odd_relu>(in.view()) == "");
  CHECK(compare<by_head_bert>(in.view()) == "");
}

TEST_CASE("positions behind the padding's id count the tokens that are not the padding") {
  ragged in({7, 1, 0, 100, 33});
  weft::sizes s = sizes;
  s.first_position = 4;
  for (const auto t : {0, 2, 3, 7, 8, 50, 70}) in.ids[static_cast<std::size_t>(t)] = 3;
  CHECK(compare<narrow_roberta>(in.view(), s) == "");
}

TEST_CASE("patterns of masked spans and counted keys, and scores of distance") {
  const ragged in(lengths);
  CHECK(compare<windowed>(in.view()) == "");
  CHECK(compare<counted>(in.view()) == "");
}

TEST_CASE("batches of little") {
  CHECK(compare<narrow_bert>(ragged({1}).view()) == "");
  CHECK(compare<narrow_bert>(ragged({0, 1, 0}).view()) == "");
  CHECK(compare<narrow_electra>(ragged({0}).view()) == "");
  CHECK(compare<narrow_electra>(weft::batch{}) == "");
  weft::sizes no_layers = sizes;
  no_layers.layers = 0;
  CHECK(compare<narrow_electra>(ragged({3}).view(), no_layers) == "");
  ragged in({9, 4});
  in.segments.clear();  // none means all 0
  CHECK(compare<narrow_bert>(in.view()) == "");
}

TEST_CASE("invisible rows are no keys") {
  ragged in(lengths);
  in.visible = {3, 1, 0, 149, 33, 1, 15, 0};
  CHECK(compare<narrow_bert>(in.view()) == "");
  CHECK(compare<narrow_electra>(in.view()) == "");
  CHECK(compare<convolved_bert>(in.view()) == "");
  CHECK(compare<counted>(in.view()) == "");
  CHECK(compare<windowed>(in.view()) == "");  // with rows that see no visible key at all: their attention is 0
}

TEST_CASE("heads compute what their formulas say") {
  const ragged in(lengths);
  const auto b = in.view();
  CHECK(compare_head<narrow_bert, weft::pooler>(b) == "");
  CHECK(compare_head<narrow_bert, weft::masked_lm<>>(b) == "");
  CHECK(compare_head<tanh_bert, weft::masked_lm<weft::gelu_tanh>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::pooled_classification<>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::pooled_choice<>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::next_sentence<>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::token_classification>(b) == "");
  CHECK(compare_head<narrow_bert, weft::question_answering>(b) == "");
  CHECK(compare_head<narrow_electra, weft::generator_lm>(b) == "");
  CHECK(compare_head<narrow_electra, weft::replaced_token_detection<>>(b) == "");
  CHECK(compare_head<narrow_electra, weft::dense_classification<>>(b) == "");
  CHECK(compare_head<narrow_electra, weft::summary_choice<>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::table_lm<>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::context_token_detection<>>(b) == "");
  CHECK(compare_head<narrow_electra, weft::table_lm<weft::relu, false>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::pooled_classification<weft::context_pooler<>>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::normed_lm<>>(b) == "");
  CHECK(compare_head<narrow_bert, weft::normed_question_answering<>>(b) == "");
}

TEST_CASE("heads with a norm read the first row, or the mean of the visible ones") {
  ragged in(lengths);
  in.visible = {3, 1, 0, 149, 33, 1, 15, 0};
  const auto b = in.view();
  CHECK(compare_head<narrow_bert, weft::normed_classification<>>(b) == "");
  using mean = weft::normed_classification<weft::reads::sequences_as_one, weft::gelu_tanh, true>;
  CHECK(compare_head<narrow_bert, mean>(b) == "");
  CHECK(compare_head<narrow_bert, weft::normed_choice<weft::reads::sequences_as_one>>(b) == "");
}

TEST_CASE("the comparison notices other formulas") {
  const ragged in(lengths);
  const auto off = compare<narrow_bert, relu_bert>(in.view());
  CHECK(off.rfind("level 1, row ", 0) == 0);
  CHECK(compare<narrow_bert, tanh_formula>(in.view()) != "");
  CHECK(compare<windowed, wider_window>(in.view()) != "");
  CHECK(compare<windowed, narrow_bert>(in.view()) != "");
}

TEST_CASE("the reference refuses what the encoder refuses") {
  const auto stored = random_weights<weft::encoder<narrow_bert>>(sizes, 1);
  CHECK_THROWS_WITH(reference_hidden<narrow_bert>(stored.record, sizes, ragged({151}).view()),
                    mentions("found 151 tokens"));
}

}  // namespace reference_encoder_test
