#pragma once
#include <array>
#include <weft/concept/bind.hpp>
#include <weft/ffn/routers.hpp>
#include <weft/kernel/gather.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Count feed-forwards, of which every row goes through one (Zuo et al. 2022, "MoEBERT"). Expert is a feed-forward; one
/// that adds and normalises by itself, as residual_norm<dense<>, layer_norm<>>, makes this do so, too. Router says
/// which row goes where (ffn/routers.hpp). Rows of one expert are gathered and run together, of all of the batch where
/// the layout can, so that a weight is used as often as it is in a dense feed-forward; an expert that no row goes to is
/// neither run nor read ahead.
template <class Expert, class Router, index_t Count>
struct mixture_of_experts {
  static_assert(Count >= 2, "weft::mixture_of_experts: wants 2 experts or more; one is a feed-forward");
  using expert_type = Expert;
  using router_type = Router;
  static constexpr index_t experts = Count;
  static constexpr bool slimmable = requires { requires Expert::slimmable; };

  template <row_shape S>
  struct bind {
    using expert_part = typename Expert::template bind<S>;
    using router_part = typename Router::template bind<S, Count>;
    static constexpr bool owns_residual = weft::owns_residual<expert_part>;
    static constexpr bool sees_sequences = router_part::sees_sequences, wants_all_rows = true;

    template <class Form>
    struct params {
      [[no_unique_address]] weights<Form, router_part> router;
      std::array<weights<Form, expert_part>, static_cast<std::size_t>(Count)> expert;
      static constexpr void each(auto&& f, auto&... p) {
        f("experts", p.router...);
        f(in_chain("experts.experts"), p.expert...);
      }
      /// The weights of an expert stand in no order with others': which ones are read next depends on the rows.
      void prepare(const auto& stored, const sizes& s, arena& store) {
        {
          const standing_in part(store, "experts");
          weft::prepare(stored.router, router, s, store);
        }
        for (std::size_t e = 0; e < expert.size(); ++e) {
          arena own;
          own.stand_at(store.place());
          const standing_in part(own, "experts.experts");
          const auto number = decimal(static_cast<index_t>(e));
          const standing_in one(own, number);
          weft::prepare(stored.expert[e], expert[e], s, own);
          store.adopt(std::move(own));
        }
      }
    };
    struct scratch {
      frame from;
      std::int32_t* route = from.take<std::int32_t>(from.size.tokens);
      float* factor = from.take(router_part::scales ? from.size.tokens : 0);
      index_t* place = from.take<index_t>(from.size.tokens);  // of a row among the gathered ones
      rows<float, S.width> gathered{from}, fed{from};
    };

    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, S.width> x, rows<float, S.width> y,
                 const context& ctx) const {
      const scratch s{ctx.frame()};
      parts.router.forward(p.router, x, s.route, s.factor, ctx);
      if (ctx.routes) std::copy_n(s.route, x.count, ctx.routes + ctx.first_row);
      const auto begin = places(x.count, s);
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) std::copy_n(x.row(t), S.width, s.gathered.row(s.place[t]));
      });
      for (std::size_t e = 0; e < p.expert.size(); ++e) {
        const auto from = begin[e], count = begin[e + 1] - from;
        if (count == 0) continue;
        const auto bytes =
            chain_bytes(*this, {count, std::min(ctx.size.longest, count), ctx.size.sequences}, ctx.run.workers());
        ctx.each_block(count, bytes, [&](index_t first, index_t last, const context& inner) {
          parts.expert[e].forward(p.expert[e], rows<const float, S.width>(s.gathered.part(from + first, from + last)),
                                  s.fed.part(from + first, from + last), inner);
        });
      }
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) {
          const float* const one = s.fed.row(s.place[t]);
          if constexpr (router_part::scales)
            scale_row<typename Form::arch>(one, s.factor[t], S.width, y.row(t));
          else
            std::copy_n(one, S.width, y.row(t));
        }
      });
    }

   private:
    // Where each row stands when those of an expert stand behind one another, in their order; where each expert's
    // begin.
    static auto places(index_t count, const scratch& s) {
      std::array<index_t, static_cast<std::size_t>(Count + 1)> begin{}, next{};
      for (index_t t = 0; t < count; ++t) ++begin[static_cast<std::size_t>(s.route[t] + 1)];
      for (std::size_t e = 1; e < begin.size(); ++e) begin[e] += begin[e - 1];
      next = begin;
      for (index_t t = 0; t < count; ++t) s.place[t] = next[static_cast<std::size_t>(s.route[t])]++;
      return begin;
    }
  };
};

}  // namespace weft
