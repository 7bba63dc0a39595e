#include <weft/kernel/attend.hpp>
#include <weft/kernel/reference.hpp>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/score/scaled.hpp>

#include "catch.hpp"
#include "kernel/random.hpp"

namespace weft::bigbird_blocks_test {
namespace {

using arch = simd::native;
using floats = std::vector<float>;

// One head of one sequence: rows of queries, keys and values, and what a pattern makes of them.
template <index_t HeadWidth, class Pattern, class Score = scaled>
struct head_of {
  index_t length;
  Pattern pattern;
  query_block block;  // of the whole sequence
  floats q, k, v, panels, out;
  score_site site;

  head_of(index_t n, const Pattern& p, std::uint64_t seed, query_block at = {}) : length(n), pattern(p), block(at) {
    test::source from(seed);
    q = from.values(n * HeadWidth, 3), k = from.values(n * HeadWidth, 3), v = from.values(n * HeadWidth);
    block.length = n, block.first = 0, block.last = n;
    site = {n, 0, 0, at.head, 4, at.layer, 1 / std::sqrt(static_cast<float>(HeadWidth))};
    pack();
  }
  void pack() {
    panels.assign(static_cast<std::size_t>(round_up(length, key_columns<arch>) * HeadWidth), 0.0f);
    pack_keys<arch, HeadWidth>(k.data(), HeadWidth, 0, length, length, panels.data());
  }
  void run_tile(index_t first, index_t visible) {
    auto b = block;
    b.first = first, b.last = std::min(length, first + Pattern::query_tile);
    attend<arch, HeadWidth>(pattern, Score{}, b, site, visible, row(q, first), HeadWidth, panels.data(), v.data(),
                            HeadWidth, out.data() + first * HeadWidth, HeadWidth);
  }
  const floats& run(index_t visible) {
    out.assign(q.size(), 77.0f);
    for (index_t first = 0; first < length; first += Pattern::query_tile) run_tile(first, visible);
    return out;
  }
  const float* row(const floats& from, index_t i) const { return from.data() + i * HeadWidth; }
};

// Dense attention in double: softmax of scores + log(count), where `counts` says how often a query sees a key.
template <class Head>
std::vector<double> dense_row(const Head& h, index_t width, index_t query, const std::vector<index_t>& counts) {
  std::vector<double> scores(counts.size()), mixed(static_cast<std::size_t>(width));
  double top = -HUGE_VAL, total = 0;
  const auto dot = [&](index_t key) {
    double sum = 0;
    for (index_t d = 0; d < width; ++d) sum += double{h.row(h.q, query)[d]} * double{h.row(h.k, key)[d]};
    return sum / std::sqrt(static_cast<double>(width));
  };
  for (std::size_t key = 0; key < counts.size(); ++key) {
    scores[key] =
        counts[key] == 0 ? -HUGE_VAL : dot(static_cast<index_t>(key)) + std::log(static_cast<double>(counts[key]));
    top = std::max(top, scores[key]);
  }
  for (std::size_t key = 0; key < counts.size(); ++key) {
    const double weight = std::exp(scores[key] - top);
    total += weight;
    for (index_t d = 0; d < width; ++d)
      mixed[static_cast<std::size_t>(d)] += weight * double{h.row(h.v, static_cast<index_t>(key))[d]};
  }
  for (auto& x : mixed) x /= total;
  return mixed;
}

double difference(const float* found, const std::vector<double>& expected) {
  double most = 0;
  for (std::size_t d = 0; d < expected.size(); ++d) {
    const double off = std::abs(double{found[d]} - expected[d]) / std::max(1.0, std::abs(expected[d]));
    weft_test::raise(most, off);
  }
  return most;
}

// ---- block-sparse attention is dense attention with multiplicities (core.md 6.3) ----------------------------------

// How often a query block sees each key block, written out row by row.
std::vector<index_t> block_counts(index_t row, index_t n, list<const index_t> random) {
  std::vector<index_t> blocks;
  if (row == 0 || row == n - 1)
    for (index_t j = 0; j < n; ++j) blocks.push_back(j);
  else if (row == 1)
    blocks = {0, 1, 2, n - 1};
  else if (row == n - 2)
    blocks = {0, n - 3, n - 2, n - 1};
  else
    blocks = {0, row - 1, row, row + 1, n - 1};
  if (row != 0 && row != n - 1) blocks.insert(blocks.end(), random.begin(), random.end());
  std::vector<index_t> counts(static_cast<std::size_t>(n));
  for (const auto block : blocks) ++counts[static_cast<std::size_t>(block)];
  return counts;
}

template <index_t Block, index_t Random, index_t HeadWidth>
double worst_of_given_plan(std::uint64_t seed) {
  using pattern_type = bigbird_blocks<Block, Random, given_plan>;
  test::source from(seed);
  constexpr index_t layers = 2, heads = 3, least = (5 + 2 * Random) * Block;
  const index_t length = least + 1 + from.below(8 * Block), n = ceil_div(length, Block);
  block_list_buffer buffer(layers, heads);
  buffer.add_none();  // a short sequence in front
  buffer.add(n - 2, [&](index_t, index_t, index_t) {
    std::vector<index_t> list(static_cast<std::size_t>(Random));
    for (auto& block : list) block = from.below(n);  // globals, neighbours and repetitions included
    return list;
  });
  const auto lists = buffer.view();
  const std::vector<std::int32_t> ids(static_cast<std::size_t>(5 + length));
  const std::vector<index_t> offsets{0, 5, 5 + length};
  batch in{ids, {}, offsets};
  in.blocks = &lists;
  check(in, {.vocabulary = 1, .positions = length});

  pattern_type pattern;
  arena store;
  set_up(pattern, {layers, length, heads}, store);
  check_batch(pattern, in);
  const index_t layer = from.below(layers), head = from.below(heads);
  head_of<HeadWidth, pattern_type> h(
      length, pattern, seed,
      {.length = 0, .first = 0, .last = 0, .head = head, .layer = layer, .in = &in, .sequence = 1});
  const index_t visible = from.below(2) == 0 ? length : length - from.below(2 * Block);
  const auto& out = h.run(visible);
  double worst = 0;
  for (index_t q = 0; q < length; ++q) {
    if (q >= visible) {  // a sparse sequence's invisible rows are silent
      for (index_t d = 0; d < HeadWidth; ++d) weft_test::raise(worst, std::abs(double{h.row(out, q)[d]}));
      continue;
    }
    const index_t row = q / Block;
    const auto random = row == 0 || row == n - 1 ? list<const index_t>{} : lists.at(1, layer, head, row - 1);
    const auto blocks = block_counts(row, n, random);
    std::vector<index_t> counts(static_cast<std::size_t>(length));
    for (index_t k = 0; k < visible; ++k)
      counts[static_cast<std::size_t>(k)] = blocks[static_cast<std::size_t>(k / Block)];
    weft_test::raise(worst, difference(h.row(out, q), dense_row(h, HeadWidth, q, counts)));
  }
  return worst;
}

TEST_CASE("block-sparse attention equals dense attention with multiplicities, for a thousand random plans") {
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) weft_test::raise(worst, worst_of_given_plan<4, 3, 8>(seed));
  for (std::uint64_t seed = 1; seed <= 300; ++seed) weft_test::raise(worst, worst_of_given_plan<3, 1, 16>(seed));
  for (std::uint64_t seed = 1; seed <= 200; ++seed) weft_test::raise(worst, worst_of_given_plan<8, 2, 8>(seed));
  for (std::uint64_t seed = 1; seed <= 100; ++seed) weft_test::raise(worst, worst_of_given_plan<2, 5, 4>(seed));
  INFO("largest error " << worst);
  CHECK(worst <= 1e-5);
}

// ---- published lengths --------------------------------------------------------------------------------------------

template <class Plan>
void compare_lengths() {
  using pattern_type = bigbird_blocks<64, 3, Plan>;
  pattern_type pattern;
  arena store;
  set_up(pattern, {2, 4096, 2}, store);
  for (const index_t length : {703, 704, 705, 767, 768, 769, 1023, 1024, 1025, 2048, 3072, 4096}) {
    head_of<8, pattern_type> h(length, pattern, static_cast<std::uint64_t>(length),
                               {.length = 0, .first = 0, .last = 0, .head = 1, .layer = 1});
    h.run(length);
    const index_t n = ceil_div(length, 64);
    for (index_t row = 0; row < n; ++row) {
      const index_t query = std::min(length - 1, row * 64 + 17);
      std::vector<index_t> random, counts(static_cast<std::size_t>(length));
      if (length > 704 && row > 0 && row < n - 1)
        for (index_t slot = 0; slot < 3; ++slot) random.push_back(pattern.plan.at({length, 0, 0, 1, 1}, row, slot));
      const auto blocks =
          length <= 704 ? std::vector<index_t>(static_cast<std::size_t>(n), 1) : block_counts(row, n, random);
      for (index_t k = 0; k < length; ++k)
        counts[static_cast<std::size_t>(k)] = blocks[static_cast<std::size_t>(k / 64)];
      CAPTURE(length, query);
      REQUIRE(difference(h.row(h.out, query), dense_row(h, 8, query, counts)) <= 1e-5);
    }
  }
}

TEST_CASE("published lengths, on both sides of the threshold and of whole blocks") {
  compare_lengths<evaluation_plan>();
  compare_lengths<hugging_face_plan>();
  compare_lengths<original_plan>();
}

TEST_CASE("sequences up to the threshold see everything, and a higher threshold can be chosen") {
  using higher = bigbird_blocks<64, 3, evaluation_plan, 1024>;
  struct spans_seen {
    index_t spans = 0, keys = 0;
    void full(key_span s, index_t = 1) { ++spans, keys += s.last - s.first; }
    void masked(key_span) { spans = -1000; }
  };
  const auto all = [](auto pattern, index_t length) {
    spans_seen seen;
    pattern.visit(query_block{length, 320, 384}, seen);
    return seen.spans == 1 && seen.keys == length;
  };
  CHECK(all(bigbird_blocks<64, 3>{}, 704));
  CHECK_FALSE(all(bigbird_blocks<64, 3>{}, 705));
  CHECK(all(higher{}, 1024));
  CHECK_FALSE(all(higher{}, 1025));
  CHECK(higher{}.silences_invisible({1025, 0, 64}));
  CHECK_FALSE(higher{}.silences_invisible({1024, 0, 64}));
}

// ---- nothing is computed that is not seen ---------------------------------------------------------------------------

// Counts the scores that are computed.
index_t scores_computed = 0;
struct counting_score : scaled {
  auto operator()(const score_site& at, auto key, auto dot) const {
    scores_computed += static_cast<index_t>(sizeof dot / sizeof(float));
    return scaled::operator()(at, key, dot);
  }
};

template <class Pattern>
index_t count_scores(index_t length) {
  Pattern pattern;
  arena store;
  set_up(pattern, {1, length, 1}, store);
  head_of<8, Pattern, counting_score> h(length, pattern, 1);
  scores_computed = 0;
  h.run(length);
  return scores_computed;
}

TEST_CASE("as many scores are computed as blocks are seen") {
  // Blocks of 64 are whole panels on every architecture, so that not one score is to spare. With lists that do not
  // overlap: (2 n + 2 (4 + r) + (n - 4) (5 + r)) block products, the figure of core.md 6.9 for 2048 tokens.
  CHECK(count_scores<bigbird_blocks<64, 3, hugging_face_plan>>(2048) == 1236992);
  // In evaluation block 0 is read once, whatever it counts: 4 blocks for two rows, 5 for the others.
  CHECK(count_scores<bigbird_blocks<64, 3>>(2048) == (2 * 32 + 2 * 4 + 28 * 5) * 64 * 64);
  CHECK(count_scores<bigbird_blocks<64, 3>>(4096) == (2 * 64 + 2 * 4 + 60 * 5) * 64 * 64);
}
}  // namespace
}  // namespace weft::bigbird_blocks_test
