#pragma once
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>

namespace weft {

/// BERT's pooler: a dense layer and tanh on each sequence's first row (reference: BertPooler). Writes [sequences,
/// width].
struct pooler {
  template <class Spec>
  struct bind {
    static constexpr index width = Spec::shape.width;
    static constexpr auto reads_rows = reads::first_token;
    static constexpr index outputs(const sizes&) { return width; }

    template <class Form>
    struct params {
      linear<Form, width, width> dense;
      static constexpr void each(auto&& f, auto&... p) { f("pooler.dense", p.dense...); }
    };
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      p.dense(x, y, ctx, hyperbolic_tangent{});
    }
  };
};

}  // namespace weft
