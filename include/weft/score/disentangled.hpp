#pragma once
#include <weft/concept/bind.hpp>
#include <weft/concept/scored.hpp>
#include <weft/kernel/linear.hpp>
#include <weft/kernel/related_terms.hpp>
#include <weft/score/told_distances.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which terms of positions a score has, and how many count in its scale, which may be more or fewer: 1 / sqrt(head
/// width * (1 + counted)).
struct position_terms {
  bool relative = true;             ///< false: no term is computed, whatever counts
  bool content_to_position = true;  ///< the query's row times a vector of the distance
  bool position_to_content = true;  ///< the key's row times another vector of the distance
  index_t counted = 2;
};

/// The vectors of distances are projected by the mixer's own projections of keys and of queries (reference:
/// share_att_key of DebertaV2Config).
struct shared_projections {
  static constexpr bool shared = true, key_bias = true, query_bias = true;
  static constexpr const char *key = "self.key", *query = "self.query";
};
/// They have projections of their own, with or without a bias.
template <bool KeyBias = true, bool QueryBias = true>
struct own_projections {
  static constexpr bool shared = false, key_bias = KeyBias, query_bias = QueryBias;
  static constexpr const char *key = "self.position_key", *query = "self.position_query";
};

namespace detail {
template <class Norm, index_t Width>
struct table_norm {
  using type = typename Norm::template bind<Width>;
};
template <index_t Width>
struct table_norm<none, Width> {
  using type = no_norm<Width>;
};

// What a head's queries and keys are multiplied by.
struct position_vectors {
  const float* keys;     // pack_keys of the keys' projections, row by row of told_rows
  const float* queries;  // [head width][told_rows::count]: the queries' projections, by place
};

// rows [count, Width] -> rows W' + b [count, Out], in memory of `store`.
template <class Arch, index_t Width, index_t Out>
list<const float> projected_table(const float* rows_data, index_t count, const auto& weights, arena& store) {
  using format = float_format<Arch>;
  constexpr index_t columns = panel_columns<Arch>(Out);
  arena packed;
  const auto words = packed.take<float>(packed_words<format>(Width, Out, columns)),
             bias = packed.take<float>(round_up(Out, columns));
  pack_panels<format, columns>([&](index_t o, index_t i) { return weights(o, i); }, weights.bias_data(), Width, Out,
                               words.data(), bias.data());
  const auto to = store.take<float>(count * Out);
  multiply_panels<format, columns>({rows_data, count, Width, Width},
                                   {words.data(), bias.data(), format_lines<format>(Width), Width, Out}, 0,
                                   ceil_div(Out, columns), {to.data(), count, Out, Out});
  return to;
}
}  // namespace detail

/// Content and positions apart (He et al. 2021, "DeBERTa", equation 4; reference: DisentangledSelfAttention):
///
///   (q_i k_j + q_i pk_(i - j) + k_j pq_(i - j)) / sqrt(head width * (1 + counted))
///
/// pk and pq are rows of one table, which all layers share, as the layer's projections of keys and of queries make
/// them: once, when the model is built, in float whatever the numeric policy. Told says which distances have rows
/// (clamped_distances, logarithmic_buckets), Projections where the projections are stored, Norm what the table's rows
/// go through first, if anything. Parameters: the table [2 K, width] under "self.rel_embeddings.weight", its norm under
/// "self.rel_embeddings.LayerNorm", own projections under "self.position_key" and "self.position_query"; a family's
/// `names` say where all layers find one table. Texts may have any length.
template <position_terms Terms, class Told, class Projections = shared_projections, class Norm = none>
struct disentangled {
  static constexpr auto terms = Terms;
  using told = Told;
  using projections = Projections;
  using norm = Norm;
  static_assert(Terms.counted >= 0 && Terms.counted <= 3, "weft::disentangled: counts 0 to 3 terms of positions");
  static constexpr bool reads_queries = Terms.relative && Terms.content_to_position,
                        reads_keys = Terms.relative && Terms.position_to_content,
                        adds_terms = reads_queries || reads_keys;
  static constexpr index_t relations = Told::relations;
  using places = detail::told_rows<Told>;

  template <index_t Heads, index_t HeadWidth, index_t Width>
  struct learnt {
    static constexpr index_t inner = Heads * HeadWidth;
    template <bool Has, class Form, index_t... N>
    using tensor_if = std::conditional_t<Has, tensor<Form, N...>, nothing>;
    template <bool Has, class Form, bool Bias>
    using linear_if = stored<Form, std::conditional_t<Has, linear<Form, Width, inner, Bias>, nothing>>;
    using norm_part = typename detail::table_norm<Norm, Width>::type;
    static constexpr bool has_norm = adds_terms && !std::is_same_v<Norm, none>;

    template <class Form>
    struct params {
      [[no_unique_address]] tensor_if<adds_terms, Form, relations, Width> table;
      [[no_unique_address]] std::conditional_t<has_norm, weights<Form, norm_part>, nothing> table_norm;
      // As they are stored: prepared, they have become vectors.
      [[no_unique_address]] linear_if<reads_queries, Form, Projections::key_bias> key;
      [[no_unique_address]] linear_if<reads_keys, Form, Projections::query_bias> query;
      [[no_unique_address]] derived<Form, list<const detail::position_vectors>> vectors;
      static constexpr void each(auto&& f, auto&... p) {
        f("self.rel_embeddings.weight", p.table...);
        f("self.rel_embeddings.LayerNorm", p.table_norm...);
        f(Projections::key, p.key...);
        f(Projections::query, p.query...);
      }

      void derive(const auto& raw, const sizes&, arena& store) requires(adds_terms) {
        using arch = typename Form::arch;
        arena rows;
        const auto normed = rows.take<float>(relations * Width);
        for (index_t r = 0; r < relations; ++r) {  // the last row first (told_rows)
          const float* const from = table.data + (relations - 1 - r) * Width;
          if constexpr (has_norm)
            norm_part{}.row(table_norm, from, normed.data() + r * Width);
          else
            std::copy_n(from, Width, normed.data() + r * Width);
        }
        const auto all = store.take<detail::position_vectors>(Heads);
        if constexpr (reads_queries) {
          const auto of_keys = detail::projected_table<arch, Width, inner>(normed.data(), relations, raw.key, rows);
          constexpr index_t floats = padded_relations<arch>(relations) * HeadWidth;
          for (index_t head = 0; head < Heads; ++head) {
            const auto packed = store.take<float>(floats);
            pack_keys<arch, HeadWidth>(of_keys.data() + head * HeadWidth, inner, 0, relations, relations,
                                       packed.data());
            all[head].keys = packed.data();
          }
        }
        if constexpr (reads_keys) {
          const auto of_queries =
              detail::projected_table<arch, Width, inner>(normed.data(), relations, raw.query, rows);
          for (index_t head = 0; head < Heads; ++head) {
            const auto spread = store.take<float>(HeadWidth * places::count);
            for (index_t place = 0; place < places::count; ++place) {
              const float* const from =
                  of_queries.data() + places::row(places::distance(place)) * inner + head * HeadWidth;
              for (index_t d = 0; d < HeadWidth; ++d) spread[d * places::count + place] = from[d];
            }
            all[head].queries = spread.data();
          }
        }
        vectors = all;
      }
    };
  };

  list<const detail::position_vectors> vectors;  ///< of every head

  auto with(const auto& p) const {
    auto ready = *this;
    if constexpr (requires { p.vectors.data(); }) ready.vectors = p.vectors;
    return ready;
  }

  template <class Arch, index_t HeadWidth>
  class begun {
    static constexpr index_t columns = key_columns<Arch>;
    struct no_terms {
      static constexpr index_t most_rows = key_term_rows<Arch>;
      no_terms(const auto&...) {}
    };
    using query_products = std::conditional_t<reads_queries, query_terms<Arch, HeadWidth, relations>, no_terms>;

   public:
    static constexpr index_t most_rows = std::min(query_products::most_rows, key_term_rows<Arch>);
    static_assert(most_rows <= places::before && key_term_columns<Arch> <= places::behind);

    // Of the distances that this text's keys have, up to those that a panel holds behind the last.
    begun(const detail::position_vectors& of, const query_rows& rows, index_t length)
        : products_(rows, relation_panels{of.keys, nullptr}, places::row(-(rows.first + rows.count - 1)),
                    places::row(round_up(length, columns) - 1 - rows.first) + 1),
          of_(of),
          first_(rows.first),
          rows_(rows.count) {}

    void start(index_t row, const key_step& keys, float* to) const { start_from(row, 1, keys, to, 0); }
    void start_rows(const key_step& keys, float* to, index_t ld) const { start_from(0, rows_, keys, to, ld); }

   private:
    void start_from(index_t row, index_t rows, const key_step& keys, float* to, index_t ld) const {
      for (index_t i = 0; i < rows; ++i) begin_row(row + i, keys, to + i * ld);
      if constexpr (reads_keys)
        add_key_terms<Arch, HeadWidth>(rows, keys, of_.queries, places::count, to, ld,
                                       [&](index_t c) { return places::place(keys.origin + c - (first_ + row)); });
    }
    // What the query's row says.
    void begin_row(index_t row, const key_step& keys, float* to) const {
      const auto nearest = keys.origin - (first_ + row);  // the first key's distance
      if constexpr (reads_queries) {
        const float* const of_row = products_.row(row);
        for (index_t c = 0; c < keys.width; c += columns) {
          const auto distance = nearest + c;
          if (distance >= -Told::exact && distance + columns - 1 <= Told::exact) {
            std::copy_n(of_row + (places::half - 1 + distance), columns, to + c);
          } else {
            const auto* const at = places::rows.data() + places::place(distance);
            for (index_t j = 0; j < columns; ++j) to[c + j] = of_row[at[j]];
          }
        }
      } else {
        std::fill_n(to, keys.width, 0.0f);
      }
    }

    [[no_unique_address]] query_products products_;
    detail::position_vectors of_;
    index_t first_, rows_;
  };

  template <class Arch, index_t HeadWidth>
  auto begin(const score_site& at, const query_rows& rows) const requires(adds_terms) {
    return begun<Arch, HeadWidth>(vectors[at.head], rows, at.length);
  }

  auto operator()(const score_site& at, auto /*key*/, auto dot) const {
    constexpr float share[] = {1, 0.70710678118654752f, 0.57735026918962576f, 0.5f};
    return dot * (at.scale * share[Terms.counted]);
  }
};

}  // namespace weft
