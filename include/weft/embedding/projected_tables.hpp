#pragma once
#include <weft/embedding/summed.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// DeBERTa's embedding with narrow tables: those of Tables, a policy of summed.hpp, TableWidth wide and not normalised,
/// projected to the encoder's width without a bias, then normalised (reference: DebertaV2Embeddings with
/// embedding_size). ELECTRA's `factorised` normalises first.
template <index_t TableWidth, class Tables = summed>
struct projected_tables {
  static constexpr auto options = Tables::options;
  using tables_type = Tables;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width, table_width = TableWidth;
    using tables = typename Tables::template bind<with_norm<Spec, none>, TableWidth>;
    using norm_part = decltype(bind_norm<Spec, width>());

    template <class Form>
    struct params {
      weights<Form, tables> narrow;
      linear<Form, TableWidth, width, false> project;
      [[no_unique_address]] weights<Form, norm_part> norm;
      static constexpr void each(auto&& f, auto&... p) {
        f("", p.narrow...);
        f("embeddings.embed_proj", p.project...);
        f("embeddings.LayerNorm", p.norm...);
      }
    };
    struct scratch {
      frame from;
      rows<float, TableWidth> narrow{from};
    };
    [[no_unique_address]] params<bound> parts;

    template <class Form>
    void forward(const params<Form>& p, rows<float, width> x, const context& ctx) const {
      const scratch s{ctx.frame()};
      parts.narrow.forward(p.narrow, s.narrow, ctx);
      p.project(s.narrow, x, ctx);
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto i = first; i < last; ++i) parts.norm.row(p.norm, x.row(i), x.row(i));
      });
    }
  };
};

}  // namespace weft
