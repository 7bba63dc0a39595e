#pragma once
#include <weft/head/table_lm.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// DeBERTa's enhanced mask decoder (He et al. 2021, section 3.2; reference: microsoft/DeBERTa, whose releases were
/// trained with it; transformers leaves it out): absolute positions are added to what the last layer reads, and the
/// last layer runs twice, with queries of that and keys and values of what it reads. Behind it stands Lm. The
/// checkpoint has a table of positions that the encoder does not read. Writes [tokens, vocabulary].
template <class Lm = table_lm<>>
struct enhanced_masked_lm {
  static constexpr std::string_view kind = "masked_lm";
  using activation = typename Lm::activation;
  static constexpr bool legacy = Lm::legacy, adds_positions = true;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::every_token;
    static constexpr bool reads_before_last = true;
    using lm_part = typename Lm::template bind<Spec>;
    static constexpr index_t outputs(const sizes& s) { return s.vocabulary; }

    template <class Form>
    struct params {
      tensor<Form, counted::positions, width> position;
      weights<Form, lm_part> lm;
      static constexpr void each(auto&& f, auto&... p) {
        f("embeddings.position_embeddings.weight", p.position...);
        f("", p.lm...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> between{from};
    };
    [[no_unique_address]] params<bound> parts;

    template <class Form>
    void states(const params<Form>& p, rows<const float, width> x, rows<float, width> to, const context& ctx,
                const auto& layer, const auto& show) const {
      const scratch s{ctx.frame()};
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        const auto begin = ctx.in.first(t.sequence);
        for (auto i = t.first; i < t.last; ++i)
          add_row<typename Form::arch>(x.row(begin + i), p.position.data + i * width, width, to.row(begin + i));
      });
      layer(rows<const float, width>(to), x, s.between, ctx);
      show(1, rows<const float, width>(s.between));
      layer(rows<const float, width>(s.between), x, to, ctx);
      show(2, rows<const float, width>(to));
    }
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      parts.lm.forward(p.lm, x, y, ctx);
    }
  };
};

}  // namespace weft
