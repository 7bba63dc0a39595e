#pragma once
#include <array>
#include <cmath>
#include <weft/kernel/attend.hpp>
#include <weft/kernel/related_terms.hpp>
#include <weft/mixer/packed_keys.hpp>
#include <weft/numeric/shared_work.hpp>
#include <weft/score/scaled.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How far long tokens see each other, up to which distance relations are told apart, and how many relations the
/// learnt tables hold.
struct two_stream_reach {
  index_t radius = 84, distance = 12, vocabulary = 32;
};

/// The attention of ETC (Ainslie et al. 2020, section 3): long tokens see the long tokens up to `radius` away and all
/// global tokens, global tokens see everything; one softmax over both. Every score begins with a learnt term of the
/// relation of query and key: their distance within a stream, and between streams whether the long token belongs to
/// the global token. Cost and memory are linear in the number of long tokens.
///
/// The batch of the context holds sequences 2 B: the long ones, then for each of them its global one. Rows behind
/// batch::keys(s) are padding: they see padding, of both streams, and nobody else sees them.
template <two_stream_reach Reach = two_stream_reach{}>
struct two_stream_attention {
  template <index_t Width, index_t Heads>
  struct bind {
    static_assert(Width % Heads == 0, "weft::two_stream_attention: the number of heads must divide the width");
    static_assert(Reach.radius >= 0 && Reach.distance >= 1,
                  "weft::two_stream_attention: the radius is at least 0, the "
                  "distance at least 1");
    static_assert(Reach.vocabulary >= 2 * Reach.distance + 3,
                  "weft::two_stream_attention: the vocabulary holds 2 distance + 1 distances, `unrelated` and `owned`, "
                  "so it is at least 2 distance + 3");
    static constexpr index_t head_width = Width / Heads;
    // Numbers of relations. 0 is the same place, t at most `distance` to the right is t, t to the left distance + t.
    static constexpr index_t right = Reach.distance, left = 2 * Reach.distance, unrelated = left + 1, owned = left + 2;
    static constexpr index_t relations = left + 3;

    struct panels {
      std::array<relation_panels, array_size(Heads)> from_long, from_global;
    };
    template <class Form>
    struct params {
      linear<Form, Width, Width> query, key, value, long_output, global_output;
      tensor<Form, Reach.vocabulary, Heads, head_width> long_vectors, global_vectors;
      tensor<Form, Reach.vocabulary, Heads> long_numbers, global_numbers;
      [[no_unique_address]] derived<Form, panels> relation;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(3, "query"), p.query...);
        f("key", p.key...);
        f("value", p.value...);
        f("long_relative_emb", p.long_vectors...);
        f("long_relative_bias", p.long_numbers...);
        f("global_relative_emb", p.global_vectors...);
        f("global_relative_bias", p.global_numbers...);
        f("long_output", p.long_output...);
        f("global_output", p.global_output...);
      }
      void derive(const params<raw>& stored, const sizes&, arena& store) {
        pack<typename Form::arch>(stored.long_vectors.data, stored.long_numbers.data, store, relation.from_long);
        pack<typename Form::arch>(stored.global_vectors.data, stored.global_numbers.data, store, relation.from_global);
      }
    };
    struct scratch {
      frame from;
      rows<float, Width> query{from}, key{from}, value{from}, mixed{from};
      float* key_panels = from.take(key_panel_floats(Width, from.size));
    };

    /// x [long rows then global rows, width] -> y. owners[i] is the global token, counted in its sequence, that the
    /// long row i belongs to; a negative one means none.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, Width> x, list<const std::int32_t> owners,
                 rows<float, Width> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      share_products(ctx, p.query.product(x, s.query), p.key.product(x, s.key), p.value.product(x, s.value));
      attend_all<typename Form::arch>(p.relation, s, owners, ctx);
      const auto longs = ctx.in.first(ctx.in.sequences() / 2);
      p.long_output(s.mixed.part(0, longs), y.part(0, longs), ctx);
      p.global_output(s.mixed.part(longs, x.count), y.part(longs, x.count), ctx);
    }

   private:
    static constexpr index_t query_tile = 32;
    template <class Arch>
    using terms = query_terms<Arch, head_width, relations>;

    // One span, as a pattern; which of its keys a query sees, its score's start says.
    struct shown {
      key_span keys;
      void visit(const query_block&, auto&& spans) const { spans.full(keys); }
      bool sees(const query_block&, index_t, index_t) const { return true; }
    };
    // The start of scores, from f(query, its terms, first key, last key, what the first key's goes to).
    template <class Terms, class F>
    struct related {
      const Terms& terms;
      index_t first;
      F relate;
      void start(index_t row, const key_step& keys, float* to) const {
        std::fill(to, to + (keys.first - keys.origin), 0.0f);
        relate(first + row, terms.row(row), keys.first, keys.last, to + (keys.first - keys.origin));
        std::fill(to + (keys.last - keys.origin), to + keys.width, 0.0f);
      }
    };
    template <class Terms, class F>
    related(const Terms&, index_t, F) -> related<Terms, F>;

    template <class Arch>
    static void pack(const float* vectors, const float* numbers, arena& store, auto& to) {
      constexpr index_t padded = padded_relations<Arch>(relations);
      for (index_t h = 0; h < Heads; ++h) {
        const auto packed = store.take<float>(padded * head_width), beside = store.take<float>(padded);
        pack_keys<Arch, head_width>(vectors + h * head_width, Width, 0, relations, relations, packed.data());
        for (index_t r = 0; r < relations; ++r) beside[r] = numbers[r * Heads + h];
        to[static_cast<std::size_t>(h)] = {packed.data(), beside.data()};
      }
    }

    template <class Arch>
    static void attend_all(const panels& relation, const scratch& s, list<const std::int32_t> owners,
                           const context& ctx) {
      const auto& in = ctx.in;
      const auto pairs = in.sequences() / 2;
      const packed_keys<Arch, Heads, Width> packed(s.key, s.key_panels, ctx);
      const auto keys_of = [&](index_t sequence, index_t head, bool real) {
        const auto first = s.value.row(in.first(sequence)) + head * head_width;
        const auto keys = in.keys(sequence);
        return key_rows{packed.of(sequence, head), first, s.value.stride,
                        real ? key_span{0, keys} : key_span{keys, in.length(sequence)}};
      };
      ctx.each_tile(query_tile, Heads, [&](tile t, index_t head, index_t) {
        const bool is_long = t.sequence < pairs;
        const auto other = is_long ? t.sequence + pairs : t.sequence - pairs;
        const auto& table = (is_long ? relation.from_long : relation.from_global)[static_cast<std::size_t>(head)];
        const auto* const owner_of = owners.data() + in.first(is_long ? t.sequence : other);
        const auto attend = [&](index_t first_row, index_t last_row, bool real) {
          const auto from = in.first(t.sequence) + first_row;
          const auto q = s.query.row(from) + head * head_width;
          const auto to = s.mixed.row(from) + head * head_width;
          const auto own = keys_of(t.sequence, head, real), others = keys_of(other, head, real);
          each_row_tile<rows_of_start<terms<Arch>>(query_stream<Arch, head_width>::most_rows)>(
              last_row - first_row, [&](index_t a, index_t b) {
                const index_t first = first_row + a, last = first_row + b;
                const query_rows queries{q + a * s.query.stride, s.query.stride, first, b - a};
                const terms<Arch> begun(queries, table);
                query_stream<Arch, head_width> rows(queries);
                const auto look = [&](const key_rows& keys, key_span span, const auto& relate) {
                  const query_block block{in.length(t.sequence), first, last, head, ctx.layer};
                  const score_site site{block.length, from, first, head, Heads, ctx.layer, scale()};
                  rows.over(keys, shown{span}, block, scaled{}, site, related{begun, first, relate});
                };
                if (is_long)
                  look_from_long(look, own, others, owner_of, first, last);
                else
                  look_from_global(look, own, others, owner_of);
                rows.finish(to + a * s.mixed.stride, s.mixed.stride);
              });
        };
        const auto real = in.keys(t.sequence);
        attend(t.first, std::min(t.last, real), true);
        attend(std::max(t.first, real), t.last, false);
      });
    }

    static float scale() { return 1 / std::sqrt(static_cast<float>(head_width)); }

    // Long queries [first, last): long keys nearby, then all global keys.
    static void look_from_long(const auto& look, const key_rows& own, const key_rows& others,
                               const std::int32_t* owner_of, index_t first, index_t last) {
      look(own, {first - Reach.radius, last + Reach.radius},
           [](index_t query, const float* terms, index_t from, index_t to, float* start) {
             by_distance(terms, query, Reach.radius, from, to, start);
           });
      look(others, others.visible,
           [owner_of](index_t query, const float* terms, index_t from, index_t to, float* start) {
             std::fill(start, start + (to - from), terms[unrelated]);
             const index_t owner = owner_of[query];
             if (owner >= from && owner < to) start[owner - from] = terms[owned];
           });
    }

    // Global queries: all global keys, then all long keys.
    static void look_from_global(const auto& look, const key_rows& own, const key_rows& others,
                                 const std::int32_t* owner_of) {
      look(own, own.visible, [&](index_t query, const float* terms, index_t from, index_t to, float* start) {
        by_distance(terms, query, own.visible.last, from, to, start);
      });
      look(others, others.visible,
           [owner_of](index_t query, const float* terms, index_t from, index_t to, float* start) {
             for (auto j = from; j < to; ++j) start[j - from] = terms[owner_of[j] == query ? owned : unrelated];
           });
    }

    // What the scores of keys [first, last) of the query's own stream begin with. Left and right of `distance` all keys
    // share a relation.
    static void by_distance(const float* terms, index_t query, index_t radius, index_t first, index_t last,
                            float* start) {
      const auto fill = [&](index_t from, index_t to, float value) {
        from = std::clamp(from, first, last), to = std::clamp(to, from, last);
        std::fill(start + (from - first), start + (to - first), value);
      };
      fill(first, query - Reach.distance + 1, terms[left]);
      for (auto j = std::max(first, query - Reach.distance + 1); j < std::min(last, query + Reach.distance); ++j)
        start[j - first] = terms[j < query ? Reach.distance + query - j : j - query];
      fill(query + Reach.distance, last, terms[right]);
      fill(first, query - radius, unseen);
      fill(query + radius + 1, last, unseen);
    }
  };
};

}  // namespace weft
