// Encoders with every pattern and score against the slow reference, which asks sees() alone and computes scores in
// double: formulas here, spans and vectors there. Tolerances as in reference_encoder.cpp.
#include <weft/model/bert.hpp>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/block_table.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/dilated_window.hpp>
#include <weft/pattern/documents.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/union_of.hpp>
#include <weft/testing/random_weights.hpp>
#include <weft/testing/reference_encoder.hpp>
#include <weft/testing/tolerance.hpp>

#include "catch.hpp"

namespace reference_patterns_test {
namespace {
using namespace weft::testing;
using weft::index_t;

template <class Pattern, class Score = weft::scaled>
struct tiny : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 24, .heads = 3, .hidden = 32};
  using mixer = weft::attention<Pattern, Score>;
};

constexpr weft::sizes sizes{.layers = 3, .vocabulary = 50, .positions = 150};
constexpr tolerance allowed{.roundings = 160};

// Lengths around the thresholds of the patterns below, texts of a few tokens, and lists of four blocks.
struct batch_with_tables {
  std::vector<std::int32_t> ids;
  std::vector<index_t> offsets{0}, documents, visible;
  weft::block_list_buffer buffer{3, 3};
  weft::block_lists lists;

  explicit batch_with_tables(index_t block, index_t lists_less, index_t in_list) {
    random_source random(7);
    for (const index_t length : {7, 1, 0, 150, 33, 64, 29}) {
      for (index_t t = 0; t < length; ++t) {
        ids.push_back(static_cast<std::int32_t>(random.below(sizes.vocabulary)));
        documents.push_back(t / 11);
      }
      offsets.push_back(static_cast<index_t>(ids.size()));
      const auto n = weft::ceil_div(length, block);
      if (n <= lists_less || (lists_less > 0 && length <= 7 * block))
        buffer.add_none();
      else
        buffer.add(n - lists_less, [&](index_t, index_t, index_t) {
          std::vector<index_t> list(static_cast<std::size_t>(in_list));
          for (auto& b : list) b = random.below(n);
          return list;
        });
    }
    lists = buffer.view();
  }
  weft::batch view() const {
    weft::batch b{ids, {}, offsets, visible};
    b.documents = documents, b.blocks = &lists;
    return b;
  }
};

// Where an encoder's rows are off, in words; empty if they are not.
template <class Pattern, class Score = weft::scaled>
std::string compare(const batch_with_tables& tables = batch_with_tables(4, 2, 1)) {
  using spec = tiny<Pattern, Score>;
  const auto in = tables.view();
  const auto stored = random_weights<weft::encoder<spec>>(sizes, 11, {.weights = 0.15, .biases = 0.1, .gains = 0.1});
  const weft::encoder<spec> encoder(stored.record, sizes);
  weft::row_buffer<spec::shape.width> out(in.tokens());
  weft::workspace work(encoder.workspace_bytes(in.size()));
  encoder.forward(in, out, work);
  return difference(out, reference_hidden<spec>(stored.record, sizes, in).back(), allowed);
}
}  // namespace

TEST_CASE("patterns compute what they say they see") {
  CHECK(compare<weft::window<9>>() == "");
  CHECK(compare<weft::union_of<weft::landmarks<2, weft::window<3>>, weft::dilated_window<3, 7>>>() == "");
  CHECK(compare<weft::per_layer<2, weft::causal, weft::documents>>() == "");
  CHECK(compare<weft::block_table<4>>(batch_with_tables(4, 0, 4)) == "");
}

TEST_CASE("bigbird's blocks count as often as they are named, and silence invisible rows of sparse sequences") {
  auto tables = batch_with_tables(4, 2, 1);  // sparse from 29 tokens on
  CHECK(compare<weft::bigbird_blocks<4, 1>>(tables) == "");
  CHECK(compare<weft::bigbird_blocks<4, 3, weft::hugging_face_plan>>(tables) == "");
  CHECK(compare<weft::bigbird_blocks<4, 1, weft::given_plan>>(tables) == "");
  tables.visible = {3, 1, 0, 149, 30, 60, 20};
  CHECK(compare<weft::bigbird_blocks<4, 1>>(tables) == "");
  CHECK(compare<weft::bigbird_blocks<4, 1, weft::given_plan>>(tables) == "");
}

TEST_CASE("scores compute their formulas, with tables of their own") {
  CHECK(compare<weft::full, weft::alibi>() == "");
  CHECK(compare<weft::full, weft::soft_cap<2>>() == "");
  CHECK(compare<weft::window<9>, weft::relative_bias<8, 40>>() == "");
  CHECK(compare<weft::causal, weft::relative_bias<6, 30, weft::sides::before, weft::soft_cap<3, weft::unscaled>>>() ==
        "");
}

}  // namespace reference_patterns_test
