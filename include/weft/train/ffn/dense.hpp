#pragma once
#include <algorithm>
#include <weft/ffn/dense.hpp>
#include <weft/kernel/row_norm.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// d[i] *= the slope of an activation at x[i], for n values.
template <class Arch, class Activation>
void multiply_by_slope(const float* x, float* d, index_t n) {
  using vector = simd::vector<Arch>;
  each_vector<Arch>(n, [&](index_t i, auto whole) {
    const auto slope = Activation{}(simd::dual<vector>(part<Arch>(x, i, n, whole), simd::set<Arch>(1.0f))).slope;
    put<Arch>(d, i, n, vector(part<Arch>(d, i, n, whole) * slope), whole);
  });
}

/// y = activation(x), row by row.
template <class Arch, class Activation, index_t Width>
void activate_rows(rows<const float, Width> x, rows<float, Width> y, const context& ctx) {
  ctx.each_rows(x.count, [&](index_t first, index_t last) {
    for (index_t t = first; t < last; ++t) {
      std::copy_n(x.row(t), Width, y.row(t));
      apply<Arch>(Activation{}, y.row(t), Width);
    }
  });
}
/// d *= the activation's slope at x, row by row.
template <class Arch, class Activation, index_t Width>
void multiply_rows_by_slope(rows<const float, Width> x, rows<float, Width> d, const context& ctx) {
  ctx.each_rows(x.count, [&](index_t first, index_t last) {
    for (index_t t = first; t < last; ++t) multiply_by_slope<Arch, Activation>(x.row(t), d.row(t), Width);
  });
}
}  // namespace detail

namespace detail {
/// How a whole linear runs and goes back. Other kinds offer the same.
struct whole_linear_training {
  static void run(const auto& ready, auto x, auto y, const context& ctx) { ready(x, y, ctx); }
  template <class Arch, index_t In, index_t Out>
  static index_t scratch_bytes(extent e, index_t workers) {
    return linear_backward_bytes<Arch>(Out, e, workers);
  }
  template <class Arch, index_t In, index_t Out>
  static void backward(const auto& stored, const auto& gradients, rows<const float, In> x, rows<const float, Out> dy,
                       rows<float, In> dx, passed_on how, const context& ctx) {
    linear_backward<Arch>(stored, gradients, x, dy, dx, how, ctx);
  }
};

/// The way back through up, activation and down. Kept are the activation's inputs and outputs.
template <class Policy, class Up, class Down = Up>
struct up_and_down_training {
  template <row_shape S>
  struct bind {
    using part = typename Policy::template bind<S>;
    using activation = typename Policy::activation;
    using hidden_read = rows<const float, S.hidden>;
    struct kept {
      frame& from;
      rows<float, S.hidden> before{from}, hidden{from};
    };
    struct scratch {
      frame from;
      rows<float, S.hidden> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) + std::max(Up::template scratch_bytes<Arch, S.width, S.hidden>(e, workers),
                                             Down::template scratch_bytes<Arch, S.hidden, S.width>(e, workers));
    }

    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, const kept& k, rows<const float, S.width> x,
                        rows<float, S.width> y, const training_context& ctx) {
      Up::run(ready.up, x, k.before, ctx);
      activate_rows<typename Form::arch, activation>(hidden_read(k.before), k.hidden, ctx);
      Down::run(ready.down, hidden_read(k.hidden), y, ctx);
    }

    /// dx is added to.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, const kept& k, rows<const float, S.width> x,
                         rows<const float, S.width> dy, rows<float, S.width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      Down::template backward<Arch, S.hidden, S.width>(stored.down, gradients.down, k.hidden, dy, s.change,
                                                       passed_on::written, ctx);
      multiply_rows_by_slope<Arch, activation>(hidden_read(k.before), s.change, ctx);
      Up::template backward<Arch, S.width, S.hidden>(stored.up, gradients.up, x, s.change, dx, passed_on::added, ctx);
    }
  };
};
}  // namespace detail

template <class Activation>
struct training_of<dense<Activation>> : detail::up_and_down_training<dense<Activation>, detail::whole_linear_training> {
};

}  // namespace weft
