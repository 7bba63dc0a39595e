#pragma once
#include <weft/concept/observer.hpp>
#include <weft/concept/part.hpp>
#include <weft/kernel/integer_softmax.hpp>
#include <weft/numeric/integer_records.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// The keys and values of one head of one sequence as packed columns: keys beside each other, values below each other.
template <class Arch, index_t Heads, index_t Inner>
struct packed_whole_heads {
  static constexpr index_t head_width = Inner / Heads, key_columns = 2 * simd::lanes<Arch>,
                           key_lines = ceil_div(head_width, index_t{4}),
                           value_columns = panel_columns<Arch>(head_width),
                           value_width = round_up(head_width, value_columns);
  static constexpr index_t key_panels(extent e) { return e.tokens / key_columns + e.sequences; }
  static constexpr index_t value_lines(extent e) { return e.tokens / 4 + e.sequences; }

  std::uint32_t *keys, *values;
  float *key_starts, *value_starts;
  extent size;

  // A sequence's first panel and line: those before it have as many as they need, or one more.
  index_t first_panel(const batch& in, index_t s, index_t head) const {
    return head * key_panels(size) + in.first(s) / key_columns + s;
  }
  index_t first_line(const batch& in, index_t s, index_t head) const {
    return head * value_lines(size) + in.first(s) / 4 + s;
  }
  packed_panels<whole_format<Arch>> keys_of(const batch& in, index_t s, index_t head) const {
    const auto panel = first_panel(in, s, head);
    return {keys + panel * key_lines * key_columns, key_starts + panel * key_columns, key_lines, head_width,
            in.keys(s)};
  }
  packed_panels<whole_format<Arch>> values_of(const batch& in, index_t s, index_t head) const {
    return {values + first_line(in, s, head) * value_width, value_starts + (s * Heads + head) * value_width,
            ceil_div(in.keys(s), index_t{4}), in.keys(s), head_width};
  }
  void pack(const batch& in, index_t s, index_t head, rows<const std::int8_t, Inner> key,
            rows<const std::int8_t, Inner> value) const {
    using format = whole_format<Arch>;
    const auto none = [](index_t) { return 0; };
    const auto base = in.first(s), column = head * head_width, count = in.keys(s);
    const auto panel = first_panel(in, s, head);
    pack_whole<Arch, key_columns>(
        head_width, count, [&](index_t k, index_t i) { return key.row(base + k)[column + i]; }, none,
        format::added_to_signed, keys + panel * key_lines * key_columns, key_starts + panel * key_columns);
    pack_whole<Arch, value_columns>(
        count, head_width, [&](index_t c, index_t k) { return value.row(base + k)[column + c]; }, none,
        format::added_to_unsigned, values + first_line(in, s, head) * value_width,
        value_starts + (s * Heads + head) * value_width);
  }
};
}  // namespace detail

/// Multi-head attention of BERT on whole numbers (I-BERT; reference: IBertSelfAttention and the linear of
/// IBertSelfOutput): signed bytes in, sums of 32 bits out, whose scales are one for each column. Keys that are not
/// visible are left out. With InFloat the softmax is computed in double precision, and probabilities stay it (the key
/// force_dequant).
template <bool InFloat = false>
struct integer_attention {
  static constexpr bool whole_numbers = true;

  template <mixer_shape S>
  struct bind {
    static_assert(S.output % S.heads == 0, "weft::integer_attention: the number of heads must divide the output width");
    static_assert(S.query == S.key && S.key == S.value,
                  "weft::integer_attention: queries, keys and values are made of the same rows");
    static constexpr index_t inner = S.output, head_width = inner / S.heads, query_tile = 16;
    static_assert(head_width <= 65536, "weft::integer_attention: a head has at most 65,536 columns");

    struct constants {
      dyadics query, key, value;  // [inner], from sums to codes
      integer_softmax softmax;
      dyadic context;                            // from its sums to codes
      double scores = 0, values = 0, mixed = 0;  // scales
    };
    template <class Form>
    struct params {
      weights<Form, integer_linear<S.query, inner>> query;
      weights<Form, integer_linear<S.key, inner>> key;
      weights<Form, integer_linear<S.value, inner>> value;
      weights<Form, integer_linear<inner, S.output>> output;
      [[no_unique_address]] weights<Form, integer_range> query_range;
      [[no_unique_address]] weights<Form, integer_range> key_range;
      [[no_unique_address]] weights<Form, integer_range> value_range;
      [[no_unique_address]] weights<Form, integer_range> output_range;
      [[no_unique_address]] std::conditional_t<InFloat, nothing, weights<Form, integer_range>> exponentials;
      [[no_unique_address]] derived<Form, constants> ready;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(3, "self.query"), p.query...);
        f("self.key", p.key...);
        f("self.value", p.value...);
        f("output.dense", p.output...);
        f("self.query_activation", p.query_range...);
        f("self.key_activation", p.key_range...);
        f("self.value_activation", p.value_range...);
        f("self.output_activation", p.output_range...);
        f("self.softmax.act", p.exponentials...);
      }
      void derive(const auto&, const sizes&, arena& store) {
        for (auto* const ratios : {&ready.query, &ready.key, &ready.value}) ratios->take(inner, store);
      }
      /// Of rows of this scale; returns those of the output's columns.
      const double* carry(const auto& raw, double input, const unit_string& at) {
        const auto project = [&](auto& linear, const auto& stored, const auto& range, dyadics& ratios,
                                 const char* name) {
          const auto what = at + "attention.self." + name;
          const double* const scales = linear.carry(stored, input, what);
          const double to = range.scale(8);
          for (index_t c = 0; c < inner; ++c) ratios.set(c, detail::between(scales[c], to, what));
          return to;
        };
        const double of_query = project(query, raw.query, raw.query_range, ready.query, "query");
        const double of_key = project(key, raw.key, raw.key_range, ready.key, "key");
        ready.values = project(value, raw.value, raw.value_range, ready.value, "value");
        ready.scores = of_query * of_key / std::sqrt(static_cast<double>(head_width));
        ready.mixed = raw.output_range.scale(8);
        if constexpr (!InFloat) {
          ready.softmax = integer_softmax::of(ready.scores, raw.exponentials.scale(16), at + "attention.self.softmax");
          ready.context = detail::between(ready.values / 256, ready.mixed, at + "attention.self.output_activation");
        }
        return output.carry(raw.output, ready.mixed, at + "attention.output.dense");
      }
    };
    struct scratch {
      frame from;
      rows<std::int8_t, inner> query{from}, key{from}, value{from}, mixed{from};
      // Room for panels of any architecture: of keys up to 32 columns, of values up to 48.
      index_t keys_packed = S.heads * (from.size.tokens + 32 * from.size.sequences);
      std::uint32_t *keys = words(keys_packed * ceil_div(head_width, index_t{4})),
                    *values = words(S.heads * (from.size.tokens / 4 + from.size.sequences) * (head_width + 47));
      float *key_starts = from.take(keys_packed),
            *value_starts = from.take(S.heads * from.size.sequences * (head_width + 47));

     private:
      std::uint32_t* words(index_t n) { return from.template take<std::uint32_t>(n); }
    };
    /// Of a tile of queries: its scores, and its rows as they are multiplied.
    struct worker_scratch {
      frame from;
      std::int32_t* scores = from.template take<std::int32_t>(query_tile * from.size.longest);
      std::uint32_t* codes = from.template take<std::uint32_t>(query_tile * std::max(head_width, from.size.longest));
      std::uint8_t* probabilities = from.template take<std::uint8_t>(from.size.longest);
      double* exact = from.template take<double>(InFloat ? from.size.longest + head_width : 0);
    };

    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width], sums.
    template <class Form>
    void forward(const params<Form>& p, rows<const std::int8_t, S.query> x, rows<std::int32_t, S.output> y,
                 const auto& ctx) const {
      using arch = typename Form::arch;
      const scratch s{ctx.frame()};
      const auto show = shows_whole(ctx);
      const auto into = [&](rows<std::int8_t, inner> to, const dyadics& ratios, const char* site) {
        return [=](index_t row, index_t first, index_t width, const std::int32_t* sums) {
          auto* const codes = to.row(row) + first;
          requantise_columns<arch, 8>(sums, ratios, first, width, codes);
          for (index_t c = 0; c < width; ++c) show(site, row, first + c, std::int64_t{codes[c]});
        };
      };
      const auto& k = p.ready;
      share_products(ctx, p.query.whole.product(x, into(s.query, k.query, "query")),
                     p.key.whole.product(x, into(s.key, k.key, "key")),
                     p.value.whole.product(x, into(s.value, k.value, "value")));
      const detail::packed_whole_heads<arch, S.heads, inner> packed{s.keys, s.values, s.key_starts, s.value_starts,
                                                                    ctx.size};
      ctx.run.for_each(ctx.in.sequences() * S.heads,
                       [&](index_t i, index_t) { packed.pack(ctx.in, i / S.heads, i % S.heads, s.key, s.value); });
      frame workers(ctx.size, ctx.work);
      const auto bytes = bytes_of<worker_scratch>(ctx.size);
      auto* const memory = workers.template take<std::byte>(ctx.run.workers() * bytes);
      const auto attend = [&](tile t, index_t head, index_t worker, const auto shown) {
        workspace own(memory + worker * bytes, bytes);
        const worker_scratch w{frame(ctx.size, own)};
        attend_tile<arch>(k, packed, s, t, head, w, ctx, show, shown);
      };
      ctx.each_tile(query_tile, S.heads,
                    [&](tile t, index_t head, index_t worker) { attend(t, head, worker, nullptr); });
      if constexpr (attention_is_observed<decltype(ctx)>)
        for (index_t q = 0; q < ctx.in.sequences(); ++q)
          for (index_t head = 0; head < S.heads; ++head)
            if (float* const to = ctx.observer.probabilities(ctx.layer, q, head, ctx.in.length(q)))
              for (index_t row = 0; row < ctx.in.length(q); ++row) attend({q, row, row + 1}, head, 0, to);
      share_products(ctx,
                     p.output.whole.product(rows<const std::int8_t, inner>(s.mixed),
                                            [=](index_t row, index_t first, index_t width, const std::int32_t* sums) {
                                              std::copy_n(sums, width, y.row(row) + first);
                                            }));
    }

   private:
    // A few queries of one head. `shown` is where an observer wants probabilities, null where none does.
    template <class Arch>
    static void attend_tile(const constants& k, const auto& packed, const scratch& s, tile t, index_t head,
                            const worker_scratch& w, const context& ctx, const auto& show, const auto shown) {
      using format = whole_format<Arch>;
      [[maybe_unused]] constexpr bool shows = !std::is_null_pointer_v<decltype(shown)>;
      using heads = detail::packed_whole_heads<Arch, S.heads, inner>;
      const auto base = ctx.in.first(t.sequence), length = ctx.in.length(t.sequence), keys = ctx.in.keys(t.sequence);
      const auto count = t.last - t.first, column = head * head_width, first = base + t.first;
      constexpr index_t of_query = format::row_elements(head_width);
      for (index_t i = 0; i < count; ++i)
        format::write_row(s.query.row(first + i) + column, head_width, w.codes + i * of_query);
      const auto key_panels = packed.keys_of(ctx.in, t.sequence, head);
      multiply_whole<Arch, heads::key_columns>(
          {w.codes, count, of_query}, key_panels, 0, ceil_div(keys, heads::key_columns),
          [&](index_t row, index_t key, index_t width, const std::int32_t* sums) {
            std::copy_n(sums, width, w.scores + row * length + key);
            for (index_t c = 0; c < width; ++c)
              show("scores", first + row, head * length + key + c, std::int64_t{sums[c]});
          });
      const auto of_keys = format::row_elements(keys);
      for (index_t i = 0; i < count; ++i) {
        std::int32_t* const scores = w.scores + i * length;
        if constexpr (InFloat) {
          float* row = nullptr;
          if constexpr (shows) row = shown + (t.first + i) * length;
          mix_in_float(k, s, scores, base, keys, column, first + i, w.exact, show, row);
        } else {
          k.softmax.template row<Arch>(scores, keys, w.probabilities);
          for (index_t key = 0; key < keys; ++key) {
            show("probabilities", first + i, head * length + key, std::int64_t{w.probabilities[key]});
            if constexpr (shows) shown[(t.first + i) * length + key] = static_cast<float>(w.probabilities[key]) / 256;
          }
          format::write_row(w.probabilities, keys, w.codes + i * of_keys);
        }
      }
      if constexpr (!InFloat)
        multiply_whole<Arch, heads::value_columns>(
            {w.codes, count, of_keys}, packed.values_of(ctx.in, t.sequence, head), 0,
            heads::value_width / heads::value_columns,
            [&](index_t row, index_t from, index_t width, const std::int32_t* sums) {
              auto* const to = s.mixed.row(first + row) + column + from;
              requantise_by<Arch, 8>(sums, k.context, width, to);
              for (index_t c = 0; c < width; ++c) show("context", first + row, column + from + c, std::int64_t{to[c]});
            });
    }
    // Softmax and context of one query in double precision.
    static void mix_in_float(const constants& k, const scratch& s, const std::int32_t* scores, index_t base,
                             index_t keys, index_t column, index_t row, double* exact, const auto& show, float* shown) {
      const auto largest = *std::max_element(scores, scores + keys);
      double sum = 0;
      for (index_t key = 0; key < keys; ++key) sum += exact[key] = std::exp((scores[key] - largest) * k.scores);
      double* const mixed = exact + keys;
      std::fill_n(mixed, head_width, 0.0);
      for (index_t key = 0; key < keys; ++key) {
        if (shown) shown[key] = static_cast<float>(exact[key] / sum);
        for (index_t c = 0; c < head_width; ++c) mixed[c] += exact[key] / sum * s.value.row(base + key)[column + c];
      }
      for (index_t c = 0; c < head_width; ++c) {
        const auto code = detail::nearest_code(mixed[c] * k.values, k.mixed, 8);
        s.mixed.row(row)[column + c] = static_cast<std::int8_t>(code);
        show("context", row, column + c, code);
      }
    }
  };
};

}  // namespace weft
