#pragma once
#include <weft/concept/observer.hpp>
#include <weft/embedding/summed.hpp>
#include <weft/numeric/integer_records.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// RoBERTa's embedding on whole numbers (I-BERT; reference: IBertEmbeddings): tables of 8 bits with one scale each,
/// their sums rounded twice to one range of 16 bits, and the norm.
struct integer_summed {
  static constexpr detail::summed_options options{.after_padding = true};
  static constexpr bool whole_numbers = true;

  template <class Spec, index_t Width = Spec::shape.width>
  struct bind {
    static constexpr index_t width = Width, table_width = Width;
    using norm_part = typename Spec::norm::template bind<Width>;

    struct constants {
      const std::int8_t *word = nullptr, *position = nullptr, *segment = nullptr;
      dyadic of_word, of_position, of_segment, of_sum;
      index_t padding = 0;
      double scale = 0, word_scale = 0, position_scale = 0, segment_scale = 0;
    };
    template <class Form>
    struct params {
      [[no_unique_address]] stored<Form, tensor<Form, counted::vocabulary, Width>> word;
      [[no_unique_address]] stored<Form, tensor<Form, counted::positions, Width>> position;
      [[no_unique_address]] stored<Form, tensor<Form, counted::segments, Width>> segment;
      [[no_unique_address]] weights<Form, integer_range> sum;
      weights<Form, norm_part> norm;
      [[no_unique_address]] derived<Form, constants> ready;
      static constexpr void each(auto&& f, auto&... p) {
        f("embeddings.word_embeddings.weight", p.word...);
        f("embeddings.position_embeddings.weight", p.position...);
        f("embeddings.token_type_embeddings.weight", p.segment...);
        f("embeddings.embeddings_act1", p.sum...);
        f("embeddings", p.norm...);
      }
      void derive(const auto& raw, const sizes& s, arena& store) {
        ready.padding = s.first_position - 1;
        ready.word = codes(raw.word, ready.word_scale, store);
        ready.position = codes(raw.position, ready.position_scale, store);
        ready.segment = codes(raw.segment, ready.segment_scale, store);
      }
      /// Returns the scale of the rows.
      double carry(const auto& raw) {
        const double to = raw.sum.scale(16);
        const unit_string what = "embeddings.embeddings_act1";
        ready.of_word = detail::between(ready.word_scale, to, what);
        ready.of_segment = detail::between(ready.segment_scale, to, what);
        ready.of_sum = detail::between(to, to, what);
        ready.of_position = detail::between(ready.position_scale, to, what);
        return ready.scale = norm.carry(raw.norm, to, "embeddings.LayerNorm");
      }

     private:
      // One scale for a table.
      static const std::int8_t* codes(const auto& table, double& scale, arena& store) {
        float largest = 0;
        for (index_t i = 0; i < table.size(); ++i) largest = std::max(largest, std::abs(table[i]));
        scale = detail::scale_reaching(static_cast<double>(largest), 8);
        const auto to = store.take<std::int8_t>(table.size());
        for (index_t i = 0; i < table.size(); ++i)
          to.data()[i] = static_cast<std::int8_t>(detail::nearest_code(static_cast<double>(table[i]), scale, 8));
        return to.data();
      }
    };
    [[no_unique_address]] params<bound> parts;

    /// tokens of the batch -> x [tokens, width]
    template <class Form>
    void forward(const params<Form>& p, rows<std::int8_t, Width> x, const auto& ctx) const {
      const auto& k = p.ready;
      auto place = ctx;
      place.layer = -1;
      const auto show = shows_whole(place);
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        const auto begin = ctx.in.first(t.sequence);
        index_t words = 0;
        for (auto i = begin; i < begin + t.first; ++i) words += ctx.in.ids[i] != k.padding;
        for (auto i = begin + t.first; i < begin + t.last; ++i) {
          const auto at = k.padding + (ctx.in.ids[i] == k.padding ? 0 : ++words);
          const auto segment = ctx.in.segments.empty() ? 0 : ctx.in.segments[i];
          const auto* const word = k.word + ctx.in.ids[i] * Width;
          const auto* const position = k.position + at * Width;
          const auto* const kind = k.segment + segment * Width;
          std::int32_t sum[on_stack<std::int32_t, Width>];
          for (index_t c = 0; c < Width; ++c) {
            const auto both = static_cast<std::int32_t>(detail::within<16>(
                requantised(std::int32_t{word[c]}, k.of_word) + requantised(std::int32_t{kind[c]}, k.of_segment)));
            sum[c] = static_cast<std::int32_t>(detail::within<16>(
                requantised(both, k.of_sum) + requantised(std::int32_t{position[c]}, k.of_position)));
            show("embeddings.word_type", i, c, std::int64_t{both});
            show("embeddings.sum", i, c, std::int64_t{sum[c]});
          }
          parts.norm.row(p.norm, sum, x.row(i));
          for (index_t c = 0; c < Width; ++c) show("embeddings.output", i, c, std::int64_t{x.row(i)[c]});
        }
      });
    }
  };
};

}  // namespace weft
