#pragma once
#include <algorithm>
#include <cstdlib>
#include <weft/base/as_computed.hpp>
#include <weft/base/elementary.hpp>
#include <weft/concept/scored.hpp>
#include <weft/score/by_distance.hpp>
#include <weft/score/scaled.hpp>
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which keys a bias tells apart: those before and after the query, or those before it only.
enum class sides { both, before };

/// Where a checkpoint stores the table of relative_bias: one in every layer.
struct layer_table {
  static constexpr name stored = "self.relative_attention_bias.weight";
};

/// A learnt number for each head and bucket of distances, added to a score (Raffel et al. 2020, "T5", section 2.1;
/// reference: T5Attention.compute_bias). Near distances have buckets of their own, farther ones share them on a
/// logarithmic scale; all from MaxDistance on share the last. With sides::both half of the buckets are for keys after
/// the query; with sides::before those are all in bucket 0. Parameters: a table [Buckets, heads]. T5 itself is
/// relative_bias<32, 128, sides::both, unscaled>; MPNet's score is the default.
template <index_t Buckets = 32, index_t MaxDistance = 128, sides Sides = sides::both, score_modifier Of = scaled,
          class Table = layer_table>
struct relative_bias {
  static constexpr index_t buckets = Buckets, max_distance = MaxDistance;
  static constexpr sides told = Sides;
  static constexpr index_t one_side = Sides == sides::both ? Buckets / 2 : Buckets, exact = one_side / 2;
  static_assert(
      exact >= 1 && MaxDistance > exact,
      "weft::relative_bias: wants 4 buckets or more (2 for one side), and a maximum distance beyond those that "
      "have buckets of their own");

  template <index_t Heads>
  struct learnt {
    template <class Form>
    struct params {
      static constexpr index_t heads = Heads;
      tensor<Form, Buckets, Heads> table;
      // [head][by_distance]: the bias of every distance.
      [[no_unique_address]] derived<Form, list<const float>> spread;
      [[no_unique_address]] derived<Form, index_t> positions{};
      static constexpr void each(auto&& f, auto&... p) { f(Table::stored, p.table...); }

      void derive(const auto&, const sizes& s, arena& store) {
        const by_distance row{s.positions};
        const auto all = store.take<float>(Heads * row.count());
        for (index_t head = 0; head < Heads; ++head)
          for (index_t i = 0; i < row.count(); ++i)
            all[head * row.count() + i] = table[bucket(row.distance(i)) * Heads + head];
        spread = all, positions = s.positions;
      }
    };
  };

  [[no_unique_address]] Of of;
  const float* table = nullptr;   ///< [Buckets, heads]
  const float* spread = nullptr;  ///< [heads][by_distance::count()]
  index_t positions = 0;
  static constexpr void each(auto&& f, auto&... self) { f("", self.of...); }

  auto with(const auto& p) const {
    auto ready = *this;
    ready.table = p.table.data;
    if constexpr (requires { p.spread.data(); }) ready.spread = p.spread.data(), ready.positions = p.positions;
    return ready;
  }

  /// The bucket of a key that stands `distance` tokens after the query; before it, if that is negative.
  static index_t bucket(index_t distance) {
    const index_t offset = Sides == sides::both && distance > 0 ? one_side : 0;
    const index_t away = Sides == sides::both ? std::abs(distance) : std::max<index_t>(0, -distance);
    if (away < exact) return offset + away;
    // In float, as the reference has it, every step rounded: at some distances the last bit decides.
    const auto distances = as_computed(static_cast<float>(away) / as_computed(static_cast<float>(exact)));
    const auto whole = static_cast<float>(log_of(static_cast<double>(MaxDistance) / static_cast<double>(exact)));
    const auto part = static_cast<float>(log_of(static_cast<double>(distances))) / as_computed(whole);
    const auto steps = as_computed(part) * static_cast<float>(one_side - exact);
    return offset + std::min(one_side - 1, exact + static_cast<index_t>(steps));
  }

  template <class Arch, index_t HeadWidth>
  auto begin(const score_site& at, const query_rows& rows) const requires(score_begins<Of, Arch, HeadWidth>()) {
    return of.template begin<Arch, HeadWidth>(at, rows);
  }
  auto operator()(const score_site& at, auto key, auto dot) const {
    const auto score = simd::rounded(of(at, key, dot));
    if (!spread) return score;
    const auto distance = static_cast<index_t>(simd::first_lane(key)) - at.query;
    const by_distance row{positions};
    return score + simd::load_like(spread + at.head * row.count() + row.of(distance), dot);
  }
};

}  // namespace weft
