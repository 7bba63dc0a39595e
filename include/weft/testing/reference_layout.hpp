#pragma once
#include <weft/layout/bottleneck.hpp>
#include <weft/layout/convolved.hpp>
#include <weft/layout/final_norm.hpp>
#include <weft/layout/post_norm.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/layout/stacked.hpp>
#include <weft/layout/with_mixer.hpp>
#include <weft/testing/reference_position.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
// norm(change + residual), or just the change where the part did both itself.
template <class Part, class Norm, index_t Width>
table close(const auto& norm, const table& change, const table& residual) {
  if constexpr (owns_residual<Part>) {
    return change;
  } else {
    const table sum = change + residual;
    return reference_of<Norm>::template forward<Width>(norm, sum);
  }
}
template <class Norm, class Spec>
using norm_or = std::conditional_t<std::is_void_v<Norm>, typename Spec::norm, Norm>;

// Feed-forward, add, norm, as often as the stack is high.
template <class Spec, index_t Width, class Stack, class LastNorm>
table stack(const auto& p, table x, const place& at) {
  constexpr row_shape shape{Width, Spec::shape.hidden};
  using feed_forward = reference_of<typename Spec::feed_forward>;
  for (const auto& one : p.before)
    x = close<typename Stack::feed_forward, typename Spec::norm, Width>(
        one.norm, feed_forward::template forward<shape>(one.feed, x, at), x);
  return close<typename Stack::feed_forward, norm_or<LastNorm, Spec>, Width>(
      p.last.norm, feed_forward::template forward<shape>(p.last.feed, x, at), x);
}
}  // namespace detail

/// Mixer, add, norm; feed-forward, add, norm (reference: BertLayer). A part that owns its residual is neither added nor
/// normalised here.
template <>
struct reference_of<post_norm> {
  template <class Spec>
  using bound = typename post_norm::template bind<Spec>;

  template <class Spec>
  static table forward(const weights<raw, bound<Spec>>& p, const table& x, const place& at) {
    constexpr index_t width = Spec::shape.width;
    const auto mixed =
        reference_of<typename Spec::mixer>::template forward<bound<Spec>::shape>(p.mix, reference_streams{x, x, x}, at);
    const auto attended = detail::close<typename bound<Spec>::mixer, typename Spec::norm, width>(p.mix_norm, mixed, x);
    if constexpr (std::is_same_v<typename Spec::feed_forward, none>) {
      return attended;
    } else {
      const auto fed =
          reference_of<typename Spec::feed_forward>::template forward<row_shape{width, Spec::shape.hidden}>(
              p.feed, attended, at);
      return detail::close<typename bound<Spec>::feed_forward, typename Spec::norm, width>(p.feed_norm, fed, attended);
    }
  }
};

namespace detail {
template <class Layout>
struct reference_pre_norm {
  template <class Spec>
  using bound = typename Layout::template bind<Spec>;

  template <class Spec>
  static table forward(const weights<raw, bound<Spec>>& p, const table& x, const place& at) {
    constexpr index_t width = Spec::shape.width;
    const table normed = before<Spec, typename bound<Spec>::mixer>(p.mix_norm, x);
    const table mixed = reference_of<typename Spec::mixer>::template forward<bound<Spec>::shape>(
        p.mix, reference_streams{normed, normed, normed}, at);
    const table attended = after<typename bound<Spec>::mixer>(mixed, x);
    if constexpr (std::is_same_v<typename Spec::feed_forward, none>) {
      return attended;
    } else {
      const table again = before<Spec, typename bound<Spec>::feed_forward>(p.feed_norm, attended);
      const table fed =
          reference_of<typename Spec::feed_forward>::template forward<row_shape{width, Spec::shape.hidden}>(p.feed,
                                                                                                            again, at);
      return after<typename bound<Spec>::feed_forward>(fed, attended);
    }
  }

 private:
  template <class Spec, class Part>
  static table before(const auto& norm, const table& x) {
    if constexpr (owns_residual<Part> || std::is_same_v<std::remove_cvref_t<decltype(norm)>, nothing>)
      return x;
    else
      return reference_of<typename Spec::norm>::template forward<Spec::shape.width>(norm, x);
  }
  template <class Part>
  static table after(const table& change, const table& residual) {
    if constexpr (owns_residual<Part>)
      return change;
    else
      return change + residual;
  }
};

}  // namespace detail

/// x + mixer(norm(x)), then the same with the feed-forward (reference: RobertaPreLayerNormLayer).
template <>
struct reference_of<pre_norm> : detail::reference_pre_norm<pre_norm> {};
/// x + mixer(x), then the same (reference: the first ModernBertEncoderLayer).
template <>
struct reference_of<pre_norm_first> : detail::reference_pre_norm<pre_norm_first> {};

/// A layout with another mixer.
template <class Mixer, class Layout>
struct reference_of<with_mixer<Mixer, Layout>> {
  template <class Spec>
  static table forward(const auto& p, const table& x, const place& at) {
    return reference_of<Layout>::template forward<weft::detail::spec_with_mixer<Spec, Mixer>>(p, x, at);
  }
};

/// norm(layer(x) + activation(convolution of x)), zeros around the visible rows (reference: ConvLayer).
template <index_t Kernel, index_t Groups, class Activation, class Layout>
struct reference_of<convolved<Kernel, Groups, Activation, Layout>> {
  template <class Spec>
  using bound = typename convolved<Kernel, Groups, Activation, Layout>::template bind<Spec>;

  template <class Spec>
  static table forward(const weights<raw, bound<Spec>>& p, const table& x, const place& at) {
    constexpr index_t width = Spec::shape.width, group = width / Groups;
    table sum = xt::zeros<double>(x.shape());
    for (index_t t = 0; t < at.length(); ++t)
      for (index_t o = 0; o < width; ++o) {
        sum(t, o) = double{p.bias[o]};
        for (index_t u = 0; u < Kernel; ++u)
          if (const auto from = t + u - Kernel / 2; from >= 0 && from < at.keys())
            for (index_t c = 0; c < group; ++c)
              sum(t, o) += double{p.weight[(o * group + c) * Kernel + u]} * x(from, o / group * group + c);
      }
    const table change = reference_of<Activation>::forward(sum);
    const table layer = reference_of<Layout>::template forward<with_layout<Spec, Layout, 0>>(p.plain, x, at);
    return reference_of<typename Spec::norm>::template forward<width>(p.norm, table(layer + change));
  }
};

/// A norm behind the last layer.
template <class Norm>
struct reference_of<final_norm<Norm>> {
  template <class Spec>
  static table forward(const weights<raw, typename final_norm<Norm>::template bind<Spec>>& p, const table& x,
                       const place&) {
    return reference_of<detail::norm_or<Norm, Spec>>::template forward<Spec::shape.width>(p.norm, x);
  }
};

/// Mixer, add, norm; several feed-forwards, each added and normalised (reference: MobileBertLayer).
template <index_t Stacked, class LastNorm>
struct reference_of<stacked<Stacked, LastNorm>> {
  template <class Spec>
  using bound = typename stacked<Stacked, LastNorm>::template bind<Spec>;

  template <class Spec>
  static table forward(const weights<raw, bound<Spec>>& p, const table& x, const place& at) {
    constexpr index_t width = Spec::shape.width;
    const auto mixed =
        reference_of<typename Spec::mixer>::template forward<bound<Spec>::shape>(p.mix, reference_streams{x, x, x}, at);
    const auto attended = detail::close<typename bound<Spec>::mixer, typename Spec::norm, width>(p.mix_norm, mixed, x);
    return detail::stack<Spec, width, typename bound<Spec>::stack, LastNorm>(p.feed, attended, at);
  }
};

/// The same between two projections, with a residual around everything (Sun et al. 2020, figure 1; reference:
/// MobileBertLayer).
template <index_t Inner, index_t Stacked, narrowed Narrow, class LastNorm>
struct reference_of<bottleneck<Inner, Stacked, Narrow, LastNorm>> {
  template <class Spec>
  using bound = typename bottleneck<Inner, Stacked, Narrow, LastNorm>::template bind<Spec>;

  template <class Spec>
  static table forward(const weights<raw, bound<Spec>>& p, const table& x, const place& at) {
    using norm = reference_of<typename Spec::norm>;
    const auto narrow = [&](const auto& q) -> table {
      return norm::template forward<Inner>(q.norm, reference_linear(q.dense, x));
    };
    const table in = narrow(p.in);
    table query = x, value = x;
    if constexpr (Narrow == narrowed::all) query = in, value = in;
    if constexpr (Narrow == narrowed::query_key) query = narrow(p.query_key);
    const auto mixed = reference_of<typename Spec::mixer>::template forward<bound<Spec>::shape>(
        p.mix, reference_streams{query, query, value}, at);
    const auto attended = detail::close<typename bound<Spec>::mixer, typename Spec::norm, Inner>(p.mix_norm, mixed, in);
    const table fed = detail::stack<Spec, Inner, typename bound<Spec>::stack, LastNorm>(p.feed, attended, at);
    const table wide = reference_linear(p.out.dense, fed) + x;
    return norm::template forward<Spec::shape.width>(p.out.norm, wide);
  }
};

}  // namespace weft::testing
