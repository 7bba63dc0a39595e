#pragma once
#include <algorithm>
#include <weft/concept/head.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The rows of the last layer as they are, for whoever goes on with a width that is known at run time. Writes
/// [tokens, width].
struct token_rows {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::every_token;
    static constexpr index_t outputs(const sizes&) { return width; }

    template <class>
    struct params : nothing {};

    template <class Form>
    void forward(const params<Form>&, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto i = first; i < last; ++i) std::copy_n(x.row(i), width, y.row(i));
      });
    }
  };
};

}  // namespace weft
