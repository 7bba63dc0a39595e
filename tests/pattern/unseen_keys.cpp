// What a pattern does not show is not read into a result: keys and values that no query of a tile sees may hold
// anything.
#include <limits>
#include <weft/kernel/attend.hpp>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/dilated_window.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/union_of.hpp>
#include <weft/pattern/window.hpp>
#include <weft/score/scaled.hpp>

#include "catch.hpp"
#include "kernel/random.hpp"

namespace weft::unseen_keys_test {
namespace {
using arch = simd::native;
constexpr index_t width = 8;

struct visited_keys {
  index_t keys = 0;
  void full(key_span s, index_t = 1) { keys += s.last - s.first; }
  void masked(key_span s) { keys += s.last - s.first; }
};

// Runs every tile twice: as it is, and with NaN in all keys and values that its visit leaves out.
template <class Pattern>
void poison(index_t length, index_t most_visited) {
  Pattern pattern;
  arena store;
  set_up(pattern, {1, length, 1}, store);
  test::source from(static_cast<std::uint64_t>(length));
  const auto q = from.values(length * width), k = from.values(length * width), v = from.values(length * width);
  const score_site site{length, 0, 0, 0, 1, 0, 0.35355339f};
  std::vector<float> panels(static_cast<std::size_t>(round_up(length, key_columns<arch>) * width));
  const auto run = [&](const query_block& b, const std::vector<float>& keys, const std::vector<float>& values) {
    std::vector<float> out(static_cast<std::size_t>((b.last - b.first) * width));
    pack_keys<arch, width>(keys.data(), width, 0, length, length, panels.data());
    attend<arch, width>(pattern, scaled{}, b, site, length, q.data() + b.first * width, width, panels.data(),
                        values.data(), width, out.data(), width);
    return out;
  };
  for (index_t first = 0; first < length; first += Pattern::query_tile) {
    const query_block b{length, first, std::min(length, first + Pattern::query_tile)};
    auto bad_k = k, bad_v = v;
    for (index_t key = 0; key < length; ++key) {
      bool seen = false;
      for (auto query = b.first; query < b.last; ++query) seen = seen || pattern.sees(b, query, key);
      if (seen) continue;
      std::fill_n(bad_k.begin() + key * width, width, std::numeric_limits<float>::quiet_NaN());
      std::fill_n(bad_v.begin() + key * width, width, std::numeric_limits<float>::quiet_NaN());
    }
    visited_keys visited;
    pattern.visit(b, visited);
    CAPTURE(length, first);
    REQUIRE(run(b, bad_k, bad_v) == run(b, k, v));
    if (first > 0 && b.last < length) REQUIRE(visited.keys <= most_visited);
  }
}

TEST_CASE("unseen keys and values reach no result") {
  poison<window<0>>(130, 16);
  poison<window<5>>(130, 16 + 10);
  poison<window<40>>(300, 64 + 80);
  poison<dilated_window<3, 5>>(200, 64 + 30);
  poison<causal>(200, 192);
  poison<landmarks<4, window<6>>>(200, 4 + 16 + 12);
  poison<union_of<window<6>, landmarks<4, window<2>>>>(200, 4 + 16 + 12);
  poison<bigbird_blocks<4, 3>>(150, 20);
  poison<bigbird_blocks<4, 3, hugging_face_plan>>(150, 32);
  poison<bigbird_blocks<16, 1, original_plan>>(400, 6 * 16);
}
}  // namespace
}  // namespace weft::unseen_keys_test
