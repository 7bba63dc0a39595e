#pragma once
#include <weft/embedding/summed.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// ELECTRA's embedding: tables of width TableWidth, normalised, then projected to the encoder's width (Clark et al.
/// 2020, section 3.2; reference: ElectraModel.embeddings_project). Tables is a policy of summed.hpp.
template <index_t TableWidth, class Tables = summed>
struct factorised {
  static constexpr detail::summed_options options = Tables::options;
  static constexpr bool projects = true;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width, table_width = TableWidth;
    using tables = typename Tables::template bind<Spec, TableWidth>;

    template <class Form>
    struct params {
      weights<Form, tables> narrow;
      linear<Form, TableWidth, width> project;
      static constexpr void each(auto&& f, auto&... p) {
        f("", p.narrow...);
        f("embeddings_project", p.project...);
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
    }
  };
};

}  // namespace weft
