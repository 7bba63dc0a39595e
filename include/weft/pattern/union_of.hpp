#pragma once
#include <algorithm>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <weft/pattern/spans.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What any of the patterns sees; a key counts as often as the one that counts it most. Spans may overlap between
/// patterns: each key is still read once.
template <attention_pattern First, attention_pattern... Others>
struct union_of {
  // Tiles of every pattern are cut at the same places.
  static constexpr index_t query_tile = [] {
    index_t tile = First::query_tile;
    ((tile = std::gcd(tile, Others::query_tile)), ...);
    return tile;
  }();
  [[no_unique_address]] std::tuple<First, Others...> all;
  static constexpr void each(auto&& f, auto& self) {
    std::apply([&](auto&... p) { (f("", p), ...); }, self.all);
  }

  constexpr auto sees(const query_block& b, index_t query, index_t key) const {
    if constexpr ((counts_once<First> && ... && counts_once<Others>))
      return std::apply([&](const auto&... p) { return (p.sees(b, query, key) || ...); }, all);
    else
      return std::apply([&](const auto&... p) { return std::max({static_cast<index_t>(p.sees(b, query, key))...}); },
                        all);
  }

  /// Goes from one place where some pattern's view changes to the next, and asks all of them about the keys between.
  constexpr void visit(const query_block& b, auto&& spans) const {
    joined_spans joined(spans);
    for (index_t at = 0, next = b.length; at < b.length; at = next, next = b.length) {
      index_t times = 0;
      bool ask = false, ask_count = false;
      const auto look = [&](const auto& pattern) {
        probe found{at, next};
        pattern.visit(b, found);
        next = found.next;
        times = std::max(times, found.times);
        ask = ask || found.asks;
        ask_count = ask_count || (found.asks && !counts_once<std::remove_cvref_t<decltype(pattern)>>);
      };
      std::apply([&](const auto&... p) { (look(p), ...); }, all);
      if (ask_count || (ask && times == 0))
        joined.masked({at, next});
      else if (times > 0)
        joined.full({at, next}, times);
    }
    joined.finish();
  }
  constexpr bool silences_invisible(const query_block& b) const {
    return std::apply([&](const auto&... p) { return (silences(p, b) || ...); }, all);
  }

 private:
  // What one visit says of key `at`, and the next key, up to `next`, where that changes.
  struct probe {
    index_t at, next, times = 0;
    bool asks = false;
    constexpr void full(key_span span, index_t count = 1) {
      if (note(span)) times = count;
    }
    constexpr void masked(key_span span) {
      if (note(span)) asks = true;
    }
    constexpr bool note(key_span span) {
      if (span.first >= span.last || span.last <= at) return false;
      if (span.first > at) return next = std::min(next, span.first), false;
      return next = std::min(next, span.last), true;
    }
  };
};

}  // namespace weft
