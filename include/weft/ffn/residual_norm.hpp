#pragma once
#include <weft/concept/bind.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class FeedForward>
struct same_activation {};
template <class FeedForward>
requires requires { typename FeedForward::activation; }
struct same_activation<FeedForward> {
  using activation = typename FeedForward::activation;
};
}  // namespace detail

/// A feed-forward that adds what it read and normalises by itself: norm(x + feed(x)). For feed-forwards of which there
/// are several with norms of their own, as the experts of MoEBERT (Zuo et al. 2022).
template <class FeedForward, class Norm>
struct residual_norm : detail::same_activation<FeedForward> {
  static constexpr bool slimmable = requires { requires FeedForward::slimmable; };

  template <row_shape S>
  struct bind {
    static constexpr bool owns_residual = true;
    using feed_part = typename FeedForward::template bind<S>;
    using norm_part = typename Norm::template bind<S.width>;

    template <class Form>
    struct params {
      weights<Form, feed_part> feed;
      weights<Form, norm_part> norm;
      static constexpr void each(auto&& f, auto&... p) {
        f("", p.feed...);
        f("output.LayerNorm", p.norm...);
      }
    };
    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, S.width> x, rows<float, S.width> y,
                 const context& ctx) const {
      parts.feed.forward(p.feed, x, y, ctx);
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) {
          if constexpr (norms_sums<norm_part, Form>) {
            parts.norm.row_of_sum(p.norm, y.row(t), x.row(t), y.row(t));
          } else {
            add_row<typename Form::arch>(y.row(t), x.row(t), S.width, y.row(t));
            parts.norm.row(p.norm, y.row(t), y.row(t));
          }
        }
      });
    }
  };
};

}  // namespace weft
