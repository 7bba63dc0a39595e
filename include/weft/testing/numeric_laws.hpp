#pragma once
// Is a numeric policy's linear a product of rows and weights, the same in any company?
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
#include <weft/concept/part.hpp>
#include <weft/numeric/panel_numeric.hpp>
#include <weft/testing/mixer_laws.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
template <class Numeric, index_t In, index_t Out>
std::string broken_numeric_law_at(double most) {
  using form = prepared<Numeric, simd::native>;
  constexpr index_t n = 21;
  random_source random(static_cast<std::uint64_t>(In * 1000 + Out));
  const auto values = [&](index_t count) {
    std::vector<float> v(static_cast<std::size_t>(count));
    for (auto& x : v) x = static_cast<float>(random.normal());
    return v;
  };
  const auto x = values(n * In), weight = values(In * Out), bias = values(Out);
  arena store;
  typename form::template linear<In, Out, true> linear;
  linear.pack([&](index_t o, index_t i) { return weight[static_cast<std::size_t>(o * In + i)]; }, bias.data(), Out,
              store);

  // Rows [first, last), with so many workers, and with memory of the workers' own or without.
  const auto run = [&](index_t first, index_t last, index_t workers, bool own, auto then) {
    row_buffer<Out> y(last - first);
    const std::vector<index_t> offsets{0, last - first};
    const std::vector<std::int32_t> ids(static_cast<std::size_t>(last - first));
    const batch in{ids, {}, offsets};
    workspace work(workers * own_bytes<form>() + 64);
    scrambled_pool pool(workers);
    frame kept(in.size(), work);
    context ctx{in, work, pool};
    if (own) ctx.own = take_own<form>(kept, workers);
    linear(rows<const float, In>(x.data() + first * In, last - first), rows<float, Out>(y), ctx, then);
    return std::vector<float>(y.data(), y.data() + (last - first) * Out);
  };
  const auto words = [](const char* law, index_t row, index_t column, double is, double wanted) {
    char text[240];
    std::snprintf(text, sizeof text, "%s: %td inputs, %td outputs, row %td, column %td: %.9g, wanted %.9g", law, In,
                  Out, row, column, is, wanted);
    return std::string(text);
  };
  const auto all = run(0, n, 1, true, identity{});
  for (index_t r = 0; r < n; ++r)
    for (index_t o = 0; o < Out; ++o) {
      double sum = bias[static_cast<std::size_t>(o)], size = std::abs(sum);
      for (index_t i = 0; i < In; ++i) {
        const double term =
            double{x[static_cast<std::size_t>(r * In + i)]} * double{weight[static_cast<std::size_t>(o * In + i)]};
        sum += term, size += std::abs(term);
      }
      const double is = all[static_cast<std::size_t>(r * Out + o)];
      if (!(std::abs(is - sum) <= most * size))
        return words("a product is further from its formula than stated", r, o, is, sum);
    }
  const auto differs = [&](const std::vector<float>& some, index_t first, const char* law) {
    for (std::size_t k = 0; k < some.size(); ++k) {
      const float wanted = all[static_cast<std::size_t>(first * Out) + k];
      const auto place = static_cast<index_t>(k);
      if (std::memcmp(&some[k], &wanted, sizeof wanted) != 0)
        return words(law, first + place / Out, place % Out, double{some[k]}, double{wanted});
    }
    return std::string();
  };
  for (index_t first = 0; first < n; first += 1 + first / 3)
    if (auto law = differs(run(first, std::min(n, first + 1 + first / 2), 1, true, identity{}), first,
                           "a row's bits depend on the rows beside it");
        !law.empty())
      return law;
  if (auto law = differs(run(0, n, 5, true, identity{}), 0, "a row's bits depend on the number of workers");
      !law.empty())
    return law;
  if (auto law = differs(run(0, n, 1, false, identity{}), 0, "a row's bits depend on where written rows lie");
      !law.empty())
    return law;
  const auto positive = run(0, n, 1, true, relu{});
  for (std::size_t k = 0; k < all.size(); ++k)
    if (positive[k] != std::max(all[k], 0.0f))
      return words("`then` is not applied once to a finished sum", static_cast<index_t>(k) / Out,
                   static_cast<index_t>(k) % Out, double{positive[k]}, double{std::max(all[k], 0.0f)});
  return "";
}
}  // namespace detail

/// Empty, or the first law that a numeric policy breaks, in words:
///   an output is the product's formula, within `most` of the sum of its terms' magnitudes
///   its bits depend on its row alone: not on other rows, the number of workers or where written rows lie
///   `then` is applied to the finished sum
/// on linears of odd sizes. float32 keeps them with 1e-6, a format of 8 bits with 0.02.
template <class Numeric>
std::string broken_numeric_law(double most) {
  std::string law;
  const auto holds = [&]<index_t In, index_t Out>() {
    law = detail::broken_numeric_law_at<Numeric, In, Out>(most);
    return law.empty();
  };
  static_cast<void>(holds.template operator()<3, 5>() && holds.template operator()<67, 100>());
  return law;
}

}  // namespace weft::testing
