#pragma once
#include <cmath>
#include <weft/concept/part.hpp>
#include <weft/concept/scored.hpp>
#include <weft/kernel/attend.hpp>
#include <weft/pattern/full.hpp>
#include <weft/score/scaled.hpp>

namespace weft {

/// Multi-head attention over any pattern and score, with its output projection ("Attention Is All You Need", 3.2.2).
template <attention_pattern Pattern = full, score_modifier Score = scaled>
struct attention {
  template <mixer_shape S>
  struct bind {
    static_assert(S.output % S.heads == 0, "weft::attention: the number of heads must divide the mixer's output width");
    static constexpr index inner = S.output, head_width = inner / S.heads;

    template <class Form>
    struct params {
      linear<Form, S.query, inner> query;
      linear<Form, S.key, inner> key;
      linear<Form, S.value, inner> value;
      linear<Form, inner, S.output> output;
      [[no_unique_address]] score_weights<Form, Score, S.heads> score;
      static constexpr void each(auto&& f, auto&... p) {
        f("self.query", p.query...);
        f("self.key", p.key...);
        f("self.value", p.value...);
        f("output.dense", p.output...);
        f("", p.score...);
      }
    };
    struct scratch {
      frame from;
      rows<float, inner> query{from}, key{from}, value{from}, mixed{from};
      float* key_panels = from.take(inner * (from.size.tokens + from.size.sequences * widest_key_columns));
    };

    [[no_unique_address]] Pattern pattern;
    [[no_unique_address]] Score score;

    void prepare(setup s, arena& store) {
      s.heads = S.heads;
      set_up(pattern, s, store);
      set_up(score, s, store);
    }
    void check(const batch& in) const {
      check_batch(pattern, in);
      check_batch(score, in);
    }

    template <class Form>
    void forward(const params<Form>& p, const streams<S>& x, rows<float, S.output> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      p.query(x.query, s.query, ctx);
      p.key(x.key, s.key, ctx);
      p.value(x.value, s.value, ctx);
      attend_all<typename Form::arch>(s, with_weights(score, p.score), ctx);
      p.output(s.mixed, y, ctx);
    }

   private:
    // Keys are packed once for each head and sequence: panels of key columns that the score product reads in a line.
    template <class Arch>
    void attend_all(const scratch& s, const auto& scored, const context& ctx) const {
      constexpr auto columns = key_columns<Arch>, panel = head_width * columns;
      static_assert(columns <= widest_key_columns);
      const auto panels = ctx.size.tokens / columns + ctx.size.sequences;
      const auto keys_of = [&](index sequence, index head) {
        const auto before = ctx.in.first(sequence) / columns + sequence;
        return s.key_panels + (head * panels + before) * panel;
      };
      ctx.each_tile(round_up(64, columns), S.heads, [&](tile t, index head, index) {
        const auto base = ctx.in.first(t.sequence);
        pack_keys<Arch, head_width>(s.key.row(base) + head * head_width, s.key.stride, t.first, t.last,
                                    ctx.in.length(t.sequence), keys_of(t.sequence, head));
      });
      const auto scale = 1 / std::sqrt(static_cast<float>(head_width));
      ctx.each_tile(Pattern::query_tile, S.heads, [&](tile t, index head, index) {
        const auto base = ctx.in.first(t.sequence), length = ctx.in.length(t.sequence), column = head * head_width;
        const query_block block{length, t.first, t.last, head, ctx.layer, &ctx.in, t.sequence};
        const score_site site{length, base, t.first, head, S.heads, ctx.layer, scale};
        attend<Arch, head_width>(pattern, scored, block, site, ctx.in.keys(t.sequence),
                                 s.query.row(base + t.first) + column, s.query.stride, keys_of(t.sequence, head),
                                 s.value.row(base) + column, s.value.stride, s.mixed.row(base + t.first) + column,
                                 s.mixed.stride);
      });
    }
  };
};

}  // namespace weft
