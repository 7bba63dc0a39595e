#pragma once
#include <algorithm>
#include <weft/kernel/pooling.hpp>
#include <weft/mixer/span_convolution.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through span-based dynamic convolution, without unfolding. With a the weights of a row's taps: what
/// values learn is the same convolution of dy with the taps turned round, da is a product of dy and a neighbour's
/// value, and the depthwise convolution of keys goes back the same way.
template <index_t Taps, invisible_rows Invisible>
struct training_of<span_convolution<Taps, Invisible>> {
  template <companion_shape S>
  struct bind {
    using part = typename span_convolution<Taps, Invisible>::template bind<S>;
    static constexpr index_t head_width = S.inner / S.heads, middle = Taps / 2, weights_wide = S.heads * Taps;
    using inner_read = rows<const float, S.inner>;

    struct kept {
      frame& from;
      rows<float, S.key> seen{from};
      rows<float, S.inner> unweighed{from}, spans{from}, value{from};  // spans before and behind the query
      rows<float, S.heads * Taps> kernel{from};                        // weights of taps
    };
    struct scratch {
      frame from;
      rows<float, S.heads * Taps> kernel{from};
      rows<float, S.inner> spans{from}, value{from};
      rows<float, S.key> seen{from}, key{from};
      float* turned = from.take(Taps * S.key);  // depthwise, [Taps, S.key], the last tap first
    };
    template <class Arch>
    static constexpr index_t columns = 2 * simd::lanes<Arch>;
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      frame sums(e);
      sums.take(workers * Taps * columns<Arch>);
      const auto widest = std::max(weights_wide, S.inner);
      return bytes_of<scratch>(e) + std::max(linear_backward_bytes<Arch>(widest, e, workers), sums.bytes());
    }

    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, const kept& k, rows<const float, S.key> key,
                        rows<const float, S.value> value, inner_read query, rows<float, S.inner> y,
                        const training_context& ctx) {
      using Arch = typename Form::arch;
      ctx.each_tile(16, 1, [&](tile t, index_t, index_t) {
        const auto base = ctx.in.first(t.sequence), length = readable<Invisible>(ctx.in, t.sequence);
        depthwise_rows<Arch, Taps>(key.row(base), key.stride, t.first, t.last, length, ready.taps, S.key, S.key,
                                   k.seen.row(base + t.first), k.seen.stride);
      });
      share_products(ctx, ready.spans.product(rows<const float, S.key>(k.seen), k.unweighed),
                     ready.value.product(value, k.value));
      ctx.each_rows(key.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) {
          std::copy_n(k.unweighed.row(t), S.inner, k.spans.row(t));
          multiply_row<Arch>(k.spans.row(t), query.row(t), S.inner);
        }
      });
      ready.kernel(k.spans, k.kernel, ctx);
      ctx.each_rows(key.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) softmax_taps<Arch, Taps>(k.kernel.row(t), S.heads);
      });
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        const auto base = ctx.in.first(t.sequence), length = readable<Invisible>(ctx.in, t.sequence);
        for (auto i = t.first; i < t.last; ++i)
          for (index_t h = 0; h < S.heads; ++h)
            mix_taps<Arch, Taps>(k.value.row(base) + h * head_width, k.value.stride, i, length,
                                 k.kernel.row(base + i) + h * Taps, head_width, y.row(base + i) + h * head_width);
      });
    }

    /// d_key, d_value and d_query are added to.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, rows<const float, S.key> key,
                         rows<const float, S.value> value, inner_read query, inner_read dy, rows<float, S.key> d_key,
                         rows<float, S.value> d_value, rows<float, S.inner> d_query, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      ctx.each_tile(16, 1, [&](tile t, index_t, index_t) {
        for (auto i = t.first; i < t.last; ++i) {
          change_of_kernel<Arch>(k, dy, t.sequence, i, s.kernel.row(ctx.in.first(t.sequence) + i), ctx);
          change_of_value<Arch>(k, dy, t.sequence, i, s.value.row(ctx.in.first(t.sequence) + i), ctx);
        }
      });
      linear_backward<Arch>(stored.kernel, gradients.kernel, inner_read(k.spans),
                            rows<const float, weights_wide>(s.kernel), s.spans, passed_on::written, ctx);
      ctx.each_rows(key.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) {
          add_product<Arch>(s.spans.row(t), k.unweighed.row(t), d_query.row(t));
          multiply_row<Arch>(s.spans.row(t), query.row(t), S.inner);
        }
      });
      linear_backward<Arch>(spans_of(stored), spans_of(gradients), rows<const float, S.key>(k.seen),
                            inner_read(s.spans), s.seen, passed_on::written, ctx);
      linear_backward<Arch>(stored.value, gradients.value, value, inner_read(s.value), d_value, passed_on::added, ctx);
      learn_taps<Arch>(gradients.depthwise.data, key, s.seen, ctx);
      for (index_t tap = 0; tap < Taps; ++tap)
        std::copy_n(ready.taps + (Taps - 1 - tap) * S.key, S.key, s.turned + tap * S.key);
      ctx.each_tile(16, 1, [&](tile t, index_t, index_t) {
        const auto base = ctx.in.first(t.sequence), length = ctx.in.length(t.sequence);
        const auto last = std::min(t.last, readable<Invisible>(ctx.in, t.sequence));
        for (auto i = t.first; i < last; ++i) {
          depthwise_row<Arch, Taps>(s.seen.row(base), s.seen.stride, i, length, s.turned, S.key, S.key,
                                    s.key.row(base + i));
          add_row<Arch>(d_key.row(base + i), s.key.row(base + i), S.key, d_key.row(base + i));
        }
      });
    }

   private:
    template <class Record>
    static auto spans_of(const Record& r) {
      using kind =
          std::conditional_t<std::is_const_v<std::remove_pointer_t<decltype(r.pointwise.data)>>, raw, gradient>;
      stored_linear<kind, S.key, S.inner, true> one{};
      one.weight.data = r.pointwise.data, one.bias.data = r.bias.data;
      return one;
    }
    // to += a b, value by value.
    template <class Arch>
    static void add_product(const float* a, const float* b, float* to) {
      detail::each_vector<Arch>(S.inner, [&](index_t c, auto whole) {
        const auto part_of = [&](const float* row) { return detail::part<Arch>(row, c, S.inner, whole); };
        detail::put<Arch>(to, c, S.inner, simd::fma<Arch>(part_of(a), part_of(b), part_of(to)), whole);
      });
    }
    // Of row i, what the sums before the softmax of each head's taps learn.
    template <class Arch>
    static void change_of_kernel(const kept& k, inner_read dy, index_t sequence, index_t i, float* to,
                                 const training_context& ctx) {
      const auto base = ctx.in.first(sequence), length = readable<Invisible>(ctx.in, sequence);
      const float* const change = dy.row(base + i);
      for (index_t h = 0; h < S.heads; ++h, to += Taps) {
        const float* const a = k.kernel.row(base + i) + h * Taps;
        double mean = 0;
        for (index_t tap = 0; tap < Taps; ++tap) {
          const index_t other = i + tap - middle;
          to[tap] = other < 0 || other >= length
                        ? 0
                        : dot<Arch>(change + h * head_width, k.value.row(base + other) + h * head_width, head_width);
          mean += double{a[tap]} * double{to[tap]};  // the product is exact
        }
        for (index_t tap = 0; tap < Taps; ++tap) to[tap] = a[tap] * (to[tap] - static_cast<float>(mean));
      }
    }
    // Of row i, what its value learns: the taps of its neighbours that looked at it.
    template <class Arch>
    static void change_of_value(const kept& k, inner_read dy, index_t sequence, index_t i, float* to,
                                const training_context& ctx) {
      const auto base = ctx.in.first(sequence), length = ctx.in.length(sequence);
      if (i >= readable<Invisible>(ctx.in, sequence)) return static_cast<void>(std::fill_n(to, S.inner, 0.0f));
      float taps[on_stack<float, Taps>];
      for (index_t h = 0; h < S.heads; ++h) {
        for (index_t tap = 0; tap < Taps; ++tap) {
          const index_t other = i + tap - middle;
          taps[tap] = other < 0 || other >= length ? 0 : k.kernel.row(base + other)[h * Taps + Taps - 1 - tap];
        }
        mix_taps<Arch, Taps>(dy.row(base) + h * head_width, dy.stride, i, length, taps, head_width,
                             to + h * head_width);
      }
    }
    // The depthwise weights [S.key, 1, Taps], each one chain over the rows of the batch.
    template <class Arch>
    static void learn_taps(float* to, rows<const float, S.key> key, rows<const float, S.key> change,
                           const training_context& ctx) {
      constexpr index_t step = columns<Arch>;
      frame from(ctx.size, ctx.work);
      float* const memory = from.take(ctx.run.workers() * Taps * step);
      ctx.run.for_each(ceil_div(S.key, step), [&](index_t task, index_t worker) {
        const index_t column = task * step, width = std::min(step, S.key - column);
        float* const sums = memory + worker * Taps * step;
        for (index_t tap = 0; tap < Taps; ++tap)
          for (index_t c = 0; c < width; ++c) sums[tap * step + c] = to[(column + c) * Taps + tap];
        for (index_t sequence = 0; sequence < ctx.in.sequences(); ++sequence) {
          const auto base = ctx.in.first(sequence), length = readable<Invisible>(ctx.in, sequence);
          for (index_t i = 0; i < ctx.in.length(sequence); ++i)
            for (index_t tap = std::max<index_t>(0, middle - i); tap < std::min(Taps, length - i + middle); ++tap)
              detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
                const auto part_of = [&](const float* row) { return detail::part<Arch>(row, c, width, whole); };
                float* const sum = sums + tap * step;
                detail::put<Arch>(sum, c, width,
                                  simd::fma<Arch>(part_of(change.row(base + i) + column),
                                                  part_of(key.row(base + i + tap - middle) + column), part_of(sum)),
                                  whole);
              });
        }
        for (index_t tap = 0; tap < Taps; ++tap)
          for (index_t c = 0; c < width; ++c) to[(column + c) * Taps + tap] = sums[tap * step + c];
      });
    }
  };
};

}  // namespace weft
