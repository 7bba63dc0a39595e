#pragma once
#include <weft/concept/bind.hpp>
#include <weft/concept/observer.hpp>
#include <weft/numeric/integer_records.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Sums of a linear and the row that they are a change of, both rounded to one range of 22 bits and then added
/// (reference: QuantAct with an identity).
template <index_t Width>
struct integer_residual {
  struct constants {
    dyadics ratios;  // [Width], of the sums' columns
    dyadic of_residual;
  };
  template <class Form>
  struct params {
    [[no_unique_address]] weights<Form, integer_range> range;
    [[no_unique_address]] derived<Form, constants> ready;
    static constexpr void each(auto&& f, auto&... p) { f("", p.range...); }
    void derive(const auto&, const sizes&, arena& store) { ready.ratios.take(Width, store); }
    double carry(const auto& raw, const double* of_sums, double of_residual, const unit_string& what) {
      const double to = raw.range.scale(22);
      for (index_t c = 0; c < Width; ++c) ready.ratios.set(c, detail::between(of_sums[c], to, what));
      ready.of_residual = detail::between(of_residual, to, what);
      return to;
    }
  };
  /// In place of the sums.
  template <class Form>
  void add(const params<Form>& p, std::int32_t* sums, const std::int8_t* residual) const {
    const auto& k = p.ready;
    using in_lanes = requantised_lanes<typename Form::arch>;
    using longs = typename in_lanes::longs;
    const auto of_residual = in_lanes::set(k.of_residual);
    each_long_lanes<typename Form::arch>(
        Width, true,
        [&](index_t c) {
          const auto sum = in_lanes::of_32_bits(longs::load(sums + c), in_lanes::load(k.ratios, c)) +
                           in_lanes::of_32_bits(longs::load(residual + c), of_residual);
          longs::store(sums + c, in_lanes::template within<22>(sum));
        },
        [&](index_t c) {
          sums[c] = static_cast<std::int32_t>(detail::within<22>(
              requantised(sums[c], k.ratios[c]) + requantised(std::int32_t{residual[c]}, k.of_residual)));
        });
  }
};

/// BERT's layer on whole numbers (I-BERT, figure 1; reference: IBertLayer): mixer, add, norm; feed-forward, add, norm.
/// Rows are signed bytes; every scale is a constant, made when the model is built.
struct integer_post_norm {
  static constexpr bool whole_numbers = true;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    using mixer = typename Spec::mixer::template bind<mixer_shape::self(width, Spec::shape.heads)>;
    using feed_forward = typename Spec::feed_forward::template bind<row_shape{width, Spec::shape.hidden}>;
    using norm_part = typename Spec::norm::template bind<width>;
    using residual = integer_residual<width>;
    struct constants {
      std::int8_t* to_feed = nullptr;  // [256], for every code from -128 on
      double scale = 0;
    };

    template <class Form>
    struct params {
      weights<Form, mixer> mix;
      weights<Form, residual> mix_sum;
      weights<Form, norm_part> mix_norm;
      [[no_unique_address]] weights<Form, integer_range> feed_in;
      weights<Form, feed_forward> feed;
      weights<Form, residual> feed_sum;
      weights<Form, norm_part> feed_norm;
      [[no_unique_address]] derived<Form, constants> ready;
      static constexpr void each(auto&& f, auto&... p) {
        f("attention", p.mix...);
        f("attention.output.ln_input_act", p.mix_sum...);
        f("attention.output", p.mix_norm...);
        f("pre_intermediate_act", p.feed_in...);
        f(in_chain(""), p.feed...);
        f("output.ln_input_act", p.feed_sum...);
        f("output", p.feed_norm...);
      }
      void derive(const auto&, const sizes&, arena& store) { ready.to_feed = store.take<std::int8_t>(256).data(); }
      /// Of rows of this scale; returns that of the layer's.
      double carry(const auto& raw, double input, const unit_string& at) {
        const auto* const mixed = mix.carry(raw.mix, input, at);
        const double sum = mix_sum.carry(raw.mix_sum, mixed, input, at + "attention.output.ln_input_act");
        const double attended = mix_norm.carry(raw.mix_norm, sum, at + "attention.output.LayerNorm");
        const double in = raw.feed_in.scale(8);
        const auto to_feed = detail::between(attended, in, at + "pre_intermediate_act");
        for (std::int32_t code = -128; code < 128; ++code)
          ready.to_feed[code + 128] = static_cast<std::int8_t>(detail::within<8>(requantised(code, to_feed)));
        const auto* const fed = feed.carry(raw.feed, in, at);
        const double all = feed_sum.carry(raw.feed_sum, fed, in, at + "output.ln_input_act");
        return ready.scale = feed_norm.carry(raw.feed_norm, all, at + "output.LayerNorm");
      }
    };
    struct scratch {
      frame from;
      rows<std::int32_t, width> sums{from};
    };
    struct chain_scratch {
      frame from;
      rows<std::int8_t, width> fed{from};
      rows<std::int32_t, width> sums{from};
    };

    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const std::int8_t, width> x, rows<std::int8_t, width> y,
                 const auto& ctx) const {
      const scratch s{ctx.frame()};
      parts.mix.forward(p.mix, x, s.sums, ctx);
      const auto show_row = [](const auto& show, const char* site, index_t row, const auto* values) {
        for (index_t c = 0; c < width; ++c) show(site, row, c, std::int64_t{values[c]});
      };
      const auto bytes = chain_bytes(*this, ctx.size, ctx.run.workers());
      ctx.each_block(x.count, bytes, [&](index_t first, index_t last, const auto& inner) {
        const chain_scratch c{inner.frame()};
        const auto show = shows_whole(ctx, first);
        inner.each_rows(last - first, [&](index_t from, index_t to) {
          for (auto i = from; i < to; ++i) {
            auto* const sums = s.sums.row(first + i);
            auto* const row = c.fed.row(i);
            parts.mix_sum.add(p.mix_sum, sums, x.row(first + i));
            show_row(show, "attention_sum", i, sums);
            parts.mix_norm.row(p.mix_norm, sums, row);
            show_row(show, "attended", i, row);
            for (index_t k = 0; k < width; ++k) row[k] = p.ready.to_feed[row[k] + 128];
            show_row(show, "feed_in", i, row);
          }
        });
        parts.feed.forward(p.feed, rows<const std::int8_t, width>(c.fed).part(0, last - first), c.sums, inner, show);
        inner.each_rows(last - first, [&](index_t from, index_t to) {
          for (auto i = from; i < to; ++i) {
            parts.feed_sum.add(p.feed_sum, c.sums.row(i), c.fed.row(i));
            show_row(show, "feed_sum", i, c.sums.row(i));
            parts.feed_norm.row(p.feed_norm, c.sums.row(i), y.row(first + i));
            show_row(show, "output", i, y.row(first + i));
          }
        });
      });
    }
  };
};

}  // namespace weft
