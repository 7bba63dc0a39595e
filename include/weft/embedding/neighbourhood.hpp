#pragma once
// The embeddings of MobileBERT: narrow word rows, each beside its neighbours or alone, projected to the encoder's
// width before segment and position are added. trigram.hpp and projected.hpp name them.
#include <weft/concept/bind.hpp>
#include <weft/kernel/gather.hpp>
#include <weft/memory/invisible_rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

template <index_t TableWidth, index_t Words, class Norm, invisible_rows Invisible>
struct neighbourhood {
  static constexpr index_t words = Words;
  using norm_type = Norm;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width, table_width = TableWidth;
    using norm_part = decltype(bind_norm<with_norm<Spec, Norm>, width>());

    template <class Form>
    struct params {
      tensor<Form, counted::vocabulary, TableWidth> word;
      tensor<Form, counted::positions, width> position;
      tensor<Form, counted::segments, width> segment;
      linear<Form, Words * TableWidth, width> project;
      weights<Form, norm_part> norm;
      static constexpr void each(auto&& f, auto&... p) {
        f("embeddings.word_embeddings.weight", p.word...);
        f("embeddings.position_embeddings.weight", p.position...);
        f("embeddings.token_type_embeddings.weight", p.segment...);
        f("embeddings.embedding_transformation", p.project...);
        f("embeddings.LayerNorm", p.norm...);
      }
    };
    struct chain_scratch {
      frame from;
      rows<float, Words * TableWidth> words{from};
    };
    [[no_unique_address]] params<bound> parts;

    /// tokens of the batch -> x [tokens, width]
    template <class Form>
    void forward(const params<Form>& p, rows<float, width> x, const context& ctx) const {
      ctx.each_block(x.count, chain_bytes(*this, ctx.size, ctx.run.workers()),
                     [&](index_t first, index_t last, const context& inner) {
                       const chain_scratch c{inner.frame()};
                       const auto y = x.part(first, last);
                       gather(p.word.data, c.words, inner);
                       p.project(c.words, y, inner);
                       finish(p, y, inner);
                     });
    }

   private:
    // Next, current and previous word, in this order; zeros beyond the ends of the sequence.
    static void gather(const float* table, rows<float, Words * TableWidth> out, const context& inner) {
      each_token(out.count, inner, [&](index_t row, index_t sequence, index_t position) {
        const auto base = inner.in.first(sequence), length = readable<Invisible>(inner.in, sequence);
        for (index_t j = 0; j < Words; ++j) {
          const auto other = position + Words / 2 - j;
          float* const to = out.row(row) + j * TableWidth;
          if (other < 0 || other >= length)
            std::fill_n(to, TableWidth, 0.0f);
          else
            std::copy_n(table + inner.in.ids[base + other] * TableWidth, TableWidth, to);
        }
      });
    }
    template <class Form>
    void finish(const params<Form>& p, rows<float, width> x, const context& inner) const {
      each_token(x.count, inner, [&](index_t row, index_t sequence, index_t position) {
        const auto i = inner.in.first(sequence) + position;
        const index_t segment = inner.in.segments.empty() ? 0 : inner.in.segments[i];
        sum_rows<typename Form::arch>(x.row(row), p.position.data + position * width, p.segment.data + segment * width,
                                      width, x.row(row));
        parts.norm.row(p.norm, x.row(row), x.row(row));
      });
    }
    // f(row of the block, sequence, position in it)
    static void each_token(index_t count, const context& inner, const auto& f) {
      inner.each_rows(count, [&](index_t from, index_t to) {
        inner.each_piece(from, to, [&](index_t sequence, index_t first, index_t last) {
          for (auto t = first; t < last; ++t) f(inner.in.first(sequence) + t - inner.first_row, sequence, t);
        });
      });
    }
  };
};

}  // namespace weft::detail
