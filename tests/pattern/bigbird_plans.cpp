// The random plans against what NumPy and the reference classes draw (values: transformers' BigBirdBlockSparseAttention
// and google-research/bigbird, run with numpy).
#include <weft/pattern/bigbird_blocks.hpp>

#include "catch.hpp"

namespace weft::bigbird_plans_test {
namespace {

// ---- NumPy's generator, at compile time ----------------------------------------------------------------------------

constexpr bool first_outputs() {
  numpy_random numbers(0);
  for (const std::uint32_t expected : {2357136044u, 2546248239u, 3071714933u, 3626093760u, 2588848963u})
    if (numbers.bits() != expected) return false;
  return true;
}
static_assert(first_outputs());

constexpr bool permutes(numpy_random& numbers, const index_t (&expected)[11]) {
  index_t values[11];
  for (index_t i = 0; i < 11; ++i) values[i] = i;
  numbers.shuffle(list<index_t>(values, 11));
  for (index_t i = 0; i < 11; ++i)
    if (values[i] != expected[i]) return false;
  return true;
}
constexpr bool permutations() {
  numpy_random numbers(0);
  return permutes(numbers, {4, 9, 2, 10, 6, 1, 7, 8, 3, 0, 5}) && permutes(numbers, {9, 10, 3, 5, 1, 2, 4, 0, 8, 6, 7});
}
static_assert(permutations());
static_assert(numpy_random(5).up_to(0) == 0);

TEST_CASE("the generator goes on behind its first 624 numbers") {
  numpy_random numbers(5489);  // the default seed of std::mt19937, whose 10000th number the standard states
  for (int i = 1; i < 10000; ++i) numbers.bits();
  CHECK(numbers.bits() == 4123659995u);
}

// ---- plans
// -----------------------------------------------------------------------------------------------------------

// Plan's random blocks for a sequence: [head][row][slot], for layer `seed` of a model of `positions` positions.
template <index_t Block, index_t Random, class Plan>
class drawn {
 public:
  drawn(index_t layers, index_t positions, index_t heads, index_t threshold_length, index_t layer)
      : heads_(heads), length_(threshold_length), layer_(layer) {
    set_up(pattern_, {layers, positions, heads}, store_);
  }
  index_t rows() const { return ceil_div(length_, Block) - 2; }
  index_t at(index_t head, index_t row, index_t slot) const {
    return pattern_.plan.at(query_block{length_, 0, 0, head, layer_}, row + 1, slot);
  }
  std::vector<index_t> row(index_t head, index_t number) const {
    std::vector<index_t> list;
    for (index_t slot = 0; slot < Random; ++slot) list.push_back(at(head, number < 0 ? rows() + number : number, slot));
    return list;
  }
  std::vector<std::vector<index_t>> head(index_t number) const {
    std::vector<std::vector<index_t>> all;
    for (index_t r = 0; r < rows(); ++r) all.push_back(row(number, r));
    return all;
  }
  std::pair<index_t, index_t> sums() const {
    index_t k = 0, sum = 0, weighted = 0;
    for (index_t h = 0; h < heads_; ++h)
      for (index_t r = 0; r < rows(); ++r)
        for (index_t slot = 0; slot < Random; ++slot, ++k) {
          sum += at(h, r, slot);
          weighted += at(h, r, slot) * (k % 1009 + 1);
        }
    return {sum, weighted};
  }

 private:
  bigbird_blocks<Block, Random, Plan> pattern_;
  arena store_;
  index_t heads_, length_, layer_;
};

using lists = std::vector<std::vector<index_t>>;

struct known_plan {
  index_t length, layer;
  lists first_rows, last_rows;
  std::vector<index_t> other_first, other_last;  // of head 11
  index_t sum, weighted;
};

template <class Plan>
void compare(const known_plan& known) {
  const drawn<64, 3, Plan> plan(12, 4096, 12, known.length, known.layer);
  CAPTURE(known.length, known.layer);
  const auto head = plan.head(0);
  CHECK(lists(head.begin(), head.begin() + 4) == known.first_rows);
  CHECK(lists(head.end() - 2, head.end()) == known.last_rows);
  CHECK(plan.row(11, 0) == known.other_first);
  CHECK(plan.row(11, -1) == known.other_last);
  CHECK(plan.sums() == std::pair{known.sum, known.weighted});
}

const known_plan plan_768_0{
    768, 0, {{4, 6, 7}, {4, 8, 5}, {8, 1, 5}, {9, 2, 1}}, {{6, 7, 2}, {2, 5, 8}}, {6, 4, 3}, {3, 5, 6}, 1772, 318161,
};
const known_plan plan_768_11{
    768, 11, {{6, 3, 8}, {8, 6, 9}, {6, 7, 9}, {1, 8, 7}}, {{4, 7, 5}, {7, 3, 8}}, {6, 8, 5}, {7, 4, 2}, 1803, 315615,
};
const known_plan plan_1024_0{
    1024, 0,      {{9, 14, 7}, {9, 6, 7}, {10, 5, 14}, {6, 8, 12}}, {{8, 9, 7}, {2, 6, 5}}, {7, 5, 13}, {6, 7, 10},
    3975, 979468,
};
const known_plan plan_1024_11{
    1024, 11,     {{9, 6, 11}, {14, 11, 10}, {14, 8, 5}, {6, 2, 8}}, {{9, 7, 3}, {4, 1, 10}}, {9, 3, 10}, {2, 6, 1},
    3917, 972060,
};
const known_plan plan_2048_0{
    2048, 0, {{4, 6, 7}, {4, 8, 5}, {8, 1, 5}, {9, 2, 1}}, {{8, 7, 3}, {5, 3, 1}}, {6, 4, 3}, {5, 3, 8}, 5473, 2600866,
};
const known_plan plan_2048_11{
    2048, 11, {{6, 3, 8}, {8, 6, 9}, {6, 7, 9}, {1, 8, 7}}, {{9, 4, 8}, {9, 5, 7}}, {6, 8, 5}, {3, 1, 8}, 5398, 2550404,
};
const known_plan plan_4096_0{
    4096,  0,       {{9, 14, 7}, {9, 6, 7}, {10, 5, 14}, {6, 8, 12}}, {{6, 2, 7}, {6, 12, 5}}, {7, 5, 13}, {3, 5, 7},
    17877, 8316165,
};
const known_plan plan_4096_11{
    4096,
    11,
    {{9, 6, 11}, {14, 11, 10}, {14, 8, 5}, {6, 2, 8}},
    {{11, 8, 4}, {1, 8, 15}},
    {9, 3, 10},
    {14, 3, 12},
    17680,
    8147770,
};

TEST_CASE("the plans of the published geometry are those of the reference") {
  for (const auto& known :
       {plan_768_0, plan_768_11, plan_1024_0, plan_1024_11, plan_2048_0, plan_2048_11, plan_4096_0, plan_4096_11})
    compare<hugging_face_plan>(known);
  for (const auto& known : {plan_768_0, plan_768_11, plan_1024_0, plan_1024_11, plan_4096_0, plan_4096_11})
    compare<original_plan>(known);
}

TEST_CASE("the original model has legacy lists at 2048, too") {
  const drawn<64, 3, original_plan> half(12, 4096, 12, 2048, 0), whole(12, 4096, 12, 4096, 0);
  const auto rows = whole.head(5);
  CHECK(half.head(5) == lists(rows.begin(), rows.begin() + 30));
  const drawn<64, 3, hugging_face_plan> other(12, 4096, 12, 2048, 0);
  CHECK(half.head(5) != other.head(5));
  // Always drawn as for 4096 positions, also by a model of fewer.
  const drawn<64, 3, original_plan> shorter(12, 2048, 12, 2048, 0);
  CHECK(shorter.head(5) == half.head(5));
}

TEST_CASE("the lists of the tiny model") {
  const drawn<4, 3, hugging_face_plan> first(2, 64, 2, 50, 0), second(2, 64, 2, 50, 1);
  CHECK(first.head(0) == lists{{4, 6, 7},
                               {6, 7, 9},
                               {8, 9, 5},
                               {2, 6, 7},
                               {8, 1, 2},
                               {3, 8, 9},
                               {1, 4, 5},
                               {1, 4, 5},
                               {4, 7, 6},
                               {7, 2, 6},
                               {4, 2, 3}});
  CHECK(first.head(1) == lists{{3, 5, 4},
                               {7, 6, 9},
                               {1, 7, 8},
                               {7, 6, 8},
                               {2, 3, 9},
                               {9, 4, 3},
                               {5, 9, 3},
                               {1, 4, 2},
                               {6, 2, 7},
                               {2, 1, 3},
                               {1, 6, 5}});
  CHECK(second.head(0) == lists{{3, 4, 6},
                                {9, 5, 6},
                                {7, 1, 5},
                                {6, 1, 8},
                                {8, 3, 1},
                                {8, 1, 3},
                                {4, 3, 5},
                                {4, 3, 5},
                                {2, 3, 6},
                                {2, 3, 1},
                                {6, 7, 9}});
  CHECK(second.head(1) == lists{{7, 3, 8},
                                {5, 8, 4},
                                {7, 9, 8},
                                {6, 8, 2},
                                {2, 3, 1},
                                {2, 3, 1},
                                {4, 5, 3},
                                {3, 2, 1},
                                {2, 7, 3},
                                {1, 6, 3},
                                {3, 5, 6}});
}

TEST_CASE("one general table serves every length and any number of positions") {
  const drawn<4, 3, hugging_face_plan> some(2, 64, 2, 50, 1), more(2, 300, 2, 50, 1), longer(2, 300, 2, 300, 1);
  const auto all = longer.head(1);
  CHECK(some.head(1) == more.head(1));
  CHECK(some.head(1) == lists(all.begin(), all.begin() + some.rows()));
}

TEST_CASE("random blocks are inside, and elsewhere than globals and neighbours in the general plan") {
  const drawn<4, 5, hugging_face_plan> plan(3, 900, 4, 900, 2);
  for (index_t head = 0; head < 4; ++head)
    for (index_t row = 0; row < plan.rows(); ++row)
      for (index_t slot = 0; slot < 5; ++slot) {
        const auto block = plan.at(head, row, slot), query = row + 1;
        REQUIRE((block >= 1 && block < 2 * 5 + 4));
        REQUIRE(std::abs(block - query) > 1);
        for (index_t other = 0; other < slot; ++other) REQUIRE(plan.at(head, row, other) != block);
      }
}

TEST_CASE("evaluation draws nothing") {
  static_assert(evaluation_plan::bind<bigbird_shape{64, 3, 704}>::at({4096, 0, 64}, 7, 2) == 0);
  bigbird_blocks<64, 3> pattern;
  arena store;
  set_up(pattern, {12, 4096, 12}, store);
  CHECK(store.bytes() == 0);
}

TEST_CASE("tables are drawn only where some length needs them") {
  const auto bytes = [](auto pattern, index_t positions) {
    arena store;
    set_up(pattern, {1, positions, 1}, store);
    return store.bytes();
  };
  CHECK(bytes(bigbird_blocks<64, 3, hugging_face_plan>{}, 704) == 0);
  CHECK(bytes(bigbird_blocks<64, 3, hugging_face_plan>{}, 705) > 0);
  CHECK(bytes(bigbird_blocks<64, 0, hugging_face_plan>{}, 4096) == 0);
  // Legacy lists from 961 tokens on, where the padded length may be 1024.
  const auto row = 3 * static_cast<index_t>(sizeof(std::int32_t));
  CHECK(bytes(bigbird_blocks<64, 3, hugging_face_plan>{}, 960) == round_up(13 * row, cache_line));
  CHECK(bytes(bigbird_blocks<64, 3, hugging_face_plan>{}, 1024) == 2 * round_up(14 * row, cache_line));
}

TEST_CASE("a length that the reference has no legacy plan for is refused") {
  // 4096 positions are 16 blocks of 256, of which the first 1024 tokens are 4: too few for three random ones.
  bigbird_blocks<256, 3, hugging_face_plan> pattern;
  arena store;
  set_up(pattern, {2, 4096, 2}, store);
  const std::vector<std::int32_t> ids(6000);
  const auto check_length = [&](index_t length) {
    const std::vector<index_t> offsets{0, 1, 1 + length};
    batch in;
    in.ids = list<const std::int32_t>(ids.data(), 1 + length);
    in.offsets = offsets;
    check_batch(pattern, in);
  };
  check_length(2816);
  check_length(3073);
  CHECK_THROWS_WITH(
      check_length(3072),
      "batch: length of sequence 1: found 3072 tokens, 12 blocks, wanted at most 0 blocks between the first "
      "and the last; this random plan has no more for a model of that many positions");
  CHECK_THROWS_WITH(check_length(4900), mentions("found 4900 tokens, 20 blocks, wanted at most 14 blocks"));
}
}  // namespace
}  // namespace weft::bigbird_plans_test
