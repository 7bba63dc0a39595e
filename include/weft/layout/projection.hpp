#pragma once
#include <weft/concept/bind.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A layer that is one linear, from rows of Reads values to the spec's width; 0: from rows as wide. What stands in
/// weft::layers between layouts of two widths.
template <index_t Reads = 0>
struct projection {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width, reads_width = Reads > 0 ? Reads : width;

    template <class Form>
    struct params {
      linear<Form, reads_width, width> project;
      static constexpr void each(auto&& f, auto&... p) { f("projection", p.project...); }
    };

    /// x [n, reads_width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, reads_width> x, rows<float, width> y,
                 const context& ctx) const {
      p.project(x, y, ctx);
    }
  };
};

}  // namespace weft
