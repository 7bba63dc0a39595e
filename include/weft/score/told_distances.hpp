#pragma once
// Which distances of a query and a key a score tells apart.
#include <algorithm>
#include <array>
#include <cstdint>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// ln x of a positive x, for tables that the compiler makes: products feed sums of theirs, which nothing fuses there.
constexpr double constant_log(double x) {
  double whole = 0;
  for (; x > 1.5; x /= 2) whole += 1;
  for (; x < 0.75; x *= 2) whole -= 1;
  const double s = (x - 1) / (x + 1), z = s * s;  // ln x = 2 artanh s
  double sum = 0;
  for (int n = 31; n > 0; n -= 2) sum = sum * z + 1.0 / n;
  return whole * 0.6931471805599453 + 2 * s * sum;
}

// A distance, key minus query, among the 2 K rows of a table, the last row first: then consecutive keys have
// consecutive rows. K - 1 stands for distance 0. Beyond the reach nothing changes.
template <class Told>
struct told_rows {
  static constexpr index_t half = Told::relations / 2;
  /// Kernels read from so many places before that of a distance on, and up to so many behind it.
  static constexpr index_t before = 8, behind = 48;
  /// Distances that a place of its own stands for: those within the reach, and so many beyond on either side that
  /// kernels may read on from any key.
  static constexpr index_t beyond = before + behind, count = 2 * (Told::reach + beyond);
  static constexpr index_t place(index_t distance) {
    return std::clamp(distance, -Told::reach - behind, Told::reach + before) + Told::reach + beyond;
  }
  static constexpr index_t distance(index_t place) { return place - Told::reach - beyond; }
  static constexpr index_t row(index_t distance) {
    return std::clamp(half - 1 + Told::bucket(distance), index_t{0}, 2 * half - 1);
  }
  static constexpr auto rows = [] {
    std::array<std::int32_t, static_cast<std::size_t>(count)> all{};
    for (index_t i = 0; i < count; ++i) all[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(row(distance(i)));
    return all;
  }();
};
}  // namespace detail

/// Distances as they are, up to Reach in either direction: all beyond are one. A table has 2 Reach rows for them (He et
/// al. 2021, "DeBERTa", equation 3; reference: build_relative_position in modeling_deberta.py).
template <index_t Reach>
struct clamped_distances {
  static_assert(Reach > 0 && Reach <= 4'096, "weft::clamped_distances: wants a reach from 1 to 4096");
  static constexpr index_t buckets = 0;            ///< none
  static constexpr index_t relations = 2 * Reach;  ///< rows of a table
  static constexpr index_t exact = Reach - 1;      ///< up to here every distance is told from its neighbours
  static constexpr index_t reach = Reach;          ///< from here on nothing changes
  static constexpr index_t bucket(index_t distance) { return distance; }
};

/// Distances up to Buckets / 2 as they are, farther ones on a logarithmic scale, up to Reach: all beyond are one. A
/// table has 2 Buckets rows for them (He et al. 2021, "DeBERTaV3"; reference: make_log_bucket_position in
/// modeling_deberta_v2.py).
template <index_t Buckets, index_t Reach>
struct logarithmic_buckets {
  static_assert(Buckets >= 2 && Buckets % 2 == 0 && Buckets <= 4'096 && Reach > Buckets / 2 + 1 && Reach <= 4'096,
                "weft::logarithmic_buckets: wants an even number of buckets, 2 to 4096, and a reach that is larger "
                "than half of them by 2 or more, up to 4096");
  static constexpr index_t buckets = Buckets, relations = 2 * Buckets, exact = Buckets / 2, reach = Reach;
  /// The bucket of a distance, -Buckets to Buckets, with the distance's sign.
  static constexpr index_t bucket(index_t distance) {
    const auto away = distance < 0 ? -distance : distance;
    if (away <= exact) return distance;
    const auto bucket = index_t{far_buckets[static_cast<std::size_t>(std::min(away, reach))]};
    return distance < 0 ? -bucket : bucket;
  }

 private:
  static constexpr auto far_buckets = [] {
    std::array<std::int32_t, static_cast<std::size_t>(Reach) + 1> all{};
    const double scale = detail::constant_log(static_cast<double>(Reach - 1) / static_cast<double>(exact));
    for (index_t away = exact + 1; away <= Reach; ++away) {
      const double at = detail::constant_log(static_cast<double>(away) / static_cast<double>(exact)) / scale *
                        static_cast<double>(exact - 1);
      auto steps = static_cast<index_t>(at);
      if (static_cast<double>(steps) < at) ++steps;
      all[static_cast<std::size_t>(away)] = static_cast<std::int32_t>(steps + exact);
    }
    return all;
  }();
};

}  // namespace weft
