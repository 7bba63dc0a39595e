#pragma once
// What a linear y = x W' + b learns, and what it passes on: dx = dy W, dW = dy' x, db = the sum of dy over its rows.
#include <algorithm>
#include <weft/kernel/multiply.hpp>
#include <weft/memory/context.hpp>
#include <weft/memory/record.hpp>
#include <weft/simd/transpose.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Whether what a part passes on replaces what was there, or is added to it.
enum class passed_on { written, added };

namespace detail {
template <class Arch>
inline constexpr index_t panel_of_gradients = 2 * simd::lanes<Arch>;

/// Memory of one linear's way back: dy with its rows as columns, and a panel of x or of W for every worker.
struct linear_room {
  frame from;
  index_t outputs, workers, columns;
  index_t panel = std::max(from.size.tokens, outputs) * columns;
  float* turned = from.take(outputs * from.size.tokens);
  float* panels = from.take(workers * panel);
};

/// y[i][c] (or what `then` a start has) of some rows and one panel of columns, of which `width` exist: y += a b where
/// `adds`, else y = a b. Whole panels are multiplied in place, a last one on the stack.
template <class Arch>
void multiply_panel(index_t rows, const float* a, index_t lda, const float* panel, index_t steps, float* y, index_t ldy,
                    index_t width, bool adds) {
  using format = float_format<Arch>;
  constexpr index_t columns = panel_of_gradients<Arch>, most = tile_rows<Arch, 2>;
  float sums[on_stack<float, most * columns>];
  each_row_tile<most>(rows, [&](index_t first, index_t last) {
    product<format> work{.a = a + first * lda,
                         .b = panel,
                         .start = nullptr,
                         .y = y + first * ldy,
                         .lda = lda,
                         .ldb = columns,
                         .ld_start = ldy,
                         .ldy = ldy,
                         .steps = steps};
    if (width == columns) {
      if (adds) work.start = work.y;
      return multiply_rows<format, 2>(last - first, work);
    }
    std::fill_n(sums, most * columns, 0.0f);
    if (adds)
      for (index_t i = first; i < last; ++i) std::copy_n(y + i * ldy, width, sums + (i - first) * columns);
    work.start = work.y = sums, work.ld_start = work.ldy = columns;
    multiply_rows<format, 2>(last - first, work);
    for (index_t i = first; i < last; ++i) std::copy_n(sums + (i - first) * columns, width, y + i * ldy);
  });
}

/// Columns [first, first + width) of `count` rows, as a panel; what is beyond them is 0.
template <class Arch>
void copy_panel(const float* from, index_t stride, index_t count, index_t first, index_t width, float* panel) {
  constexpr index_t columns = panel_of_gradients<Arch>;
  for (index_t i = 0; i < count; ++i, panel += columns)
    std::fill(std::copy_n(from + i * stride + first, width, panel), panel + columns, 0.0f);
}
}  // namespace detail

/// The scratch memory of linear_backward, for a linear to so many outputs.
template <class Arch>
index_t linear_backward_bytes(index_t outputs, extent e, index_t workers) {
  const detail::linear_room room{frame(e), outputs, workers, detail::panel_of_gradients<Arch>};
  return room.from.bytes();
}

/// Adds to the gradients of a linear's weight and bias, from x [n, In], what it read, and dy [n, outputs]. Every
/// element is one chain over the rows in their order, from what it was. Where dx is not null, dy W is written there or
/// added to what is there, a chain over the outputs. n is the number of tokens of the context's extent.
template <class Arch, index_t In, index_t Out, bool Bias>
void linear_backward(const stored_linear<raw, In, Out, Bias>& stored,
                     const stored_linear<gradient, In, Out, Bias>& gradients, rows<const float, In> x,
                     matrix<const float> dy, rows<float, In> dx, passed_on how, const context& ctx) {
  constexpr index_t columns = detail::panel_of_gradients<Arch>, panels = ceil_div(In, columns), together = 16;
  const index_t n = x.count, outputs = stored.weight.size() / In;
  const detail::linear_room room{ctx.frame(), outputs, ctx.run.workers(), columns};
  if (n == 0) return;
  ctx.run.for_each(ceil_div(outputs, together), [&](index_t i, index_t) {
    const index_t first = i * together, last = std::min(outputs, first + together);
    index_t row = 0;
    for (; row + 4 <= n; row += 4)
      simd::transpose_four_rows<Arch>(dy.row(row) + first, dy.stride, last - first, room.turned + first * n + row, n);
    for (; row < n; ++row)
      for (index_t o = first; o < last; ++o) room.turned[o * n + row] = dy.row(row)[o];
    if constexpr (Bias)
      for (index_t t = 0; t < n; ++t)
        for (index_t o = first; o < last; ++o) gradients.bias[o] += dy.row(t)[o];
  });
  const index_t ways = dx.data ? 2 : 1;
  ctx.run.for_each(panels * ways, [&](index_t i, index_t worker) {
    const index_t first = i / ways * columns, width = std::min(columns, In - first);
    float* const panel = room.panels + worker * room.panel;
    if (i % ways == 0) {
      detail::copy_panel<Arch>(x.data, x.stride, n, first, width, panel);
      detail::multiply_panel<Arch>(outputs, room.turned, n, panel, n, gradients.weight.data + first, In, width, true);
    } else {
      detail::copy_panel<Arch>(stored.weight.data, In, outputs, first, width, panel);
      detail::multiply_panel<Arch>(n, dy.data, dy.stride, panel, outputs, dx.data + first, dx.stride, width,
                                   how == passed_on::added);
    }
  });
}
template <class Arch, index_t In, index_t Out, bool Bias>
void linear_backward(const stored_linear<raw, In, Out, Bias>& stored,
                     const stored_linear<gradient, In, Out, Bias>& gradients, rows<const float, In> x,
                     rows<const float, Out> dy, rows<float, In> dx, passed_on how, const context& ctx) {
  linear_backward<Arch>(stored, gradients, x, matrix<const float>(dy.data, dy.count, Out, dy.stride), dx, how, ctx);
}

namespace detail {
/// Tensors of a record, `weight` [Out, In] and `bias`, as the one linear that they are.
template <index_t In, index_t Out, bool Bias>
auto as_one_linear(const auto& record) {
  using form = std::conditional_t<std::is_const_v<std::remove_pointer_t<decltype(record.weight.data)>>, raw, gradient>;
  stored_linear<form, In, Out, Bias> one{};
  one.weight.data = record.weight.data;
  if constexpr (Bias) one.bias.data = record.bias.data;
  return one;
}
}  // namespace detail

/// A linear that is stored with a row for each input: weight [in, out], at `weight`, and gradients at `learnt`. `bias`
/// may be null.
struct input_major_linear {
  index_t in, out;
  const float* weight;
  float *learnt, *bias;
};
/// The scratch memory of its way back.
template <class Arch>
index_t input_major_backward_bytes(index_t in, index_t out, extent e, index_t workers) {
  const detail::linear_room room{frame(e), in, workers, detail::panel_of_gradients<Arch>,
                                 std::max(e.tokens, out) * detail::panel_of_gradients<Arch>};
  return room.from.bytes();
}
/// linear_backward for such a linear: x [n, in], dy [n, out], dx [n, in].
template <class Arch>
void input_major_backward(const input_major_linear& w, matrix<const float> x, matrix<const float> dy, matrix<float> dx,
                          passed_on how, const context& ctx) {
  constexpr index_t columns = detail::panel_of_gradients<Arch>, together = 16;
  const index_t n = x.count;
  const detail::linear_room room{ctx.frame(), w.in, ctx.run.workers(), columns,
                                 std::max(ctx.size.tokens, w.out) * columns};
  if (n == 0) return;
  ctx.run.for_each(ceil_div(w.in, together), [&](index_t task, index_t) {
    const index_t first = task * together, last = std::min(w.in, first + together);
    for (index_t t = 0; t < n; ++t)
      for (index_t i = first; i < last; ++i) room.turned[i * n + t] = x.row(t)[i];
  });
  ctx.run.for_each(ceil_div(w.out, columns), [&](index_t task, index_t worker) {
    const index_t first = task * columns, width = std::min(columns, w.out - first);
    float* const panel = room.panels + worker * room.panel;
    detail::copy_panel<Arch>(dy.data, dy.stride, n, first, width, panel);
    detail::multiply_panel<Arch>(w.in, room.turned, n, panel, n, w.learnt + first, w.out, width, true);
    if (w.bias)
      for (index_t t = 0; t < n; ++t)
        for (index_t o = first; o < first + width; ++o) w.bias[o] += dy.row(t)[o];
  });
  ctx.run.for_each(ceil_div(w.in, columns), [&](index_t task, index_t worker) {
    const index_t first = task * columns, width = std::min(columns, w.in - first);
    float* const panel = room.panels + worker * room.panel;
    for (index_t o = 0; o < w.out; ++o)
      for (index_t i = 0; i < columns; ++i) panel[o * columns + i] = i < width ? w.weight[(first + i) * w.out + o] : 0;
    detail::multiply_panel<Arch>(n, dy.data, dy.stride, panel, w.out, dx.data + first, dx.stride, width,
                                 how == passed_on::added);
  });
}

}  // namespace weft
