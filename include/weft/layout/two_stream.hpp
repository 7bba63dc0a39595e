#pragma once
#include <weft/kernel/activation.hpp>
#include <weft/layout/residual.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class Spec>
constexpr auto bind_two_stream_mixer() {
  constexpr bool binds = requires { typename Spec::mixer::template bind<Spec::shape.width, Spec::shape.heads>; };
  static_assert(binds,
                "weft: the mixer of an extended_encoder is two_stream_attention<>, or another with `template <index_t "
                "Width, index_t Heads> struct bind`");
  if constexpr (binds)
    return typename Spec::mixer::template bind<Spec::shape.width, Spec::shape.heads>{};
  else
    return refused_part{};
}
}  // namespace detail

/// ETC's layer (Ainslie et al. 2020): attention, add, a norm of each stream's own; feed-forward, add, norm, which both
/// streams share. All rows lie in one table, the long ones first, so that shared linears read their weights once.
struct two_stream_post_norm {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width, hidden_width = Spec::shape.hidden;
    using mixer = decltype(detail::bind_two_stream_mixer<Spec>());
    using norm_part = decltype(bind_norm<Spec, width>());

    template <class Form>
    struct params {
      weights<Form, mixer> mix;
      weights<Form, norm_part> long_norm, global_norm;
      linear<Form, width, hidden_width> up;
      linear<Form, hidden_width, width> down;
      weights<Form, norm_part> feed_norm;
      static constexpr void each(auto&& f, auto&... p) {
        f("attention", p.mix...);
        f("attention.long_LayerNorm", p.long_norm...);
        f("attention.global_LayerNorm", p.global_norm...);
        f("intermediate", p.up...);
        f("output", p.down...);
        f("output.LayerNorm", p.feed_norm...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> mixed{from};
    };
    struct chain_scratch {
      frame from;
      rows<float, width> attended{from}, fed{from};
      rows<float, hidden_width> hidden{from};
    };

    [[no_unique_address]] params<bound> parts;

    /// x [long rows then global rows, width] -> y; they must not overlap. owners: see two_stream_attention.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, list<const std::int32_t> owners,
                 rows<float, width> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      parts.mix.forward(p.mix, x, owners, s.mixed, ctx);
      ctx.each_block(
          x.count, chain_bytes(*this, ctx.size, ctx.run.workers()),
          [&](index_t first, index_t last, const context& inner) {
            const chain_scratch c{inner.frame()};
            const auto longs = std::clamp(owners.size() - first, index_t{0}, last - first);
            const auto close = [&](const auto& norm, const auto& weights, index_t from, index_t to) {
              add_and_normalise<Form, width>(norm, weights, s.mixed.part(first + from, first + to),
                                             x.part(first + from, first + to), c.attended.part(from, to), inner);
            };
            close(parts.long_norm, p.long_norm, 0, longs);
            close(parts.global_norm, p.global_norm, longs, last - first);
            p.up(c.attended, c.hidden, inner, typename Spec::activation{});
            p.down(c.hidden, c.fed, inner);
            add_and_normalise<Form, width>(parts.feed_norm, p.feed_norm, c.fed, c.attended, y.part(first, last), inner);
          });
    }
  };
};

}  // namespace weft
