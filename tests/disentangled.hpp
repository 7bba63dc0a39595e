#pragma once
// A score that begins with terms of the query's row and of the key's: DeBERTa's content to position and position to
// content (He et al. 2021, section 3.1), with one vector each for every distance up to Span and all beyond.
#include <cmath>
#include <weft/concept/scored.hpp>
#include <weft/kernel/related_terms.hpp>
#include <weft/mixer/attention.hpp>
#include <weft/score/by_distance.hpp>
#include <weft/testing/reference_score.hpp>

namespace weft_test {

template <weft::index_t HeadWidth, weft::index_t Span>
struct disentangled {
  using index_t = weft::index_t;
  static constexpr index_t relations = 2 * Span;
  // Clamped query minus key, from 0 on.
  static constexpr index_t relation(index_t query, index_t key) {
    return std::clamp(query - key + Span, index_t{0}, relations - 1);
  }

  struct head_tables {
    const float* keys;     // pack_keys of the vectors that queries are multiplied by
    const float* queries;  // [HeadWidth][by_distance]: those that keys are multiplied by
  };
  template <index_t Heads>
  struct learnt {
    template <class Form>
    struct params {
      weft::tensor<Form, relations, Heads, HeadWidth> key, query;
      [[no_unique_address]] weft::derived<Form, weft::list<const head_tables>> tables;
      [[no_unique_address]] weft::derived<Form, index_t> positions{};
      static constexpr void each(auto&& f, auto&... p) {
        f("self.pos_key", p.key...);
        f("self.pos_query", p.query...);
      }
      void derive(const auto&, const weft::sizes& s, weft::arena& store) {
        const weft::by_distance row{s.positions};
        const auto all = store.take<head_tables>(Heads);
        constexpr index_t padded = weft::padded_relations<typename Form::arch>(relations);
        for (index_t head = 0; head < Heads; ++head) {
          const auto packed = store.take<float>(padded * HeadWidth),
                     spread = store.take<float>(HeadWidth * row.count());
          weft::pack_keys<typename Form::arch, HeadWidth>(key.data + head * HeadWidth, Heads * HeadWidth, 0, relations,
                                                          relations, packed.data());
          for (index_t d = 0; d < HeadWidth; ++d)
            for (index_t i = 0; i < row.count(); ++i)
              spread[d * row.count() + i] = query[(relation(0, row.distance(i)) * Heads + head) * HeadWidth + d];
          all[head] = {packed.data(), spread.data()};
        }
        tables = all, positions = s.positions;
      }
    };
  };

  weft::list<const head_tables> tables;
  index_t positions = 0;
  const float *key = nullptr, *query = nullptr;  // as they are stored, for the reference
  auto with(const auto& p) const {
    disentangled ready;
    ready.key = p.key.data, ready.query = p.query.data;
    if constexpr (requires { p.tables.data(); }) ready.tables = p.tables, ready.positions = p.positions;
    return ready;
  }

  template <class Terms>
  struct begun {
    static constexpr index_t most_rows = Terms::most_rows;
    Terms terms;
    const float* queries;
    weft::by_distance row;
    index_t first;
    template <class Arch>
    void write(index_t i, const weft::key_step& keys, float* to) const {
      const float* const of = terms.row(i);
      for (index_t j = 0; j < keys.width; ++j) to[j] = of[relation(first + i, keys.origin + j)];
      weft::add_key_terms<Arch, HeadWidth>(keys, queries + row.of(keys.origin - first - i), row.count(), to);
    }
  };
  template <class Arch>
  struct begun_on : begun<weft::query_terms<Arch, HeadWidth, relations>> {
    void start(index_t i, const weft::key_step& keys, float* to) const { this->template write<Arch>(i, keys, to); }
  };
  template <class Arch, index_t Width>
  auto begin(const weft::score_site& at, const weft::query_rows& rows) const {
    static_assert(Width == HeadWidth);
    const auto& t = tables[at.head];
    return begun_on<Arch>{{{rows, {t.keys, nullptr}}, t.queries, {positions}, rows.first}};
  }
  auto operator()(const weft::score_site& at, auto /*key*/, auto dot) const { return dot * (at.scale * 0.57735027f); }
};

}  // namespace weft_test

/// (q k + q K_r + k Q_r) / sqrt(3 width), r the relation of query and key.
template <weft::index_t HeadWidth, weft::index_t Span>
struct weft::testing::reference_score<weft_test::disentangled<HeadWidth, Span>> {
  using score_type = weft_test::disentangled<HeadWidth, Span>;
  static double begin(const score_type& score, const score_site& at, index_t key, const double* q, const double* k) {
    const index_t row = (score_type::relation(at.query, key) * at.heads + at.head) * HeadWidth;
    double sum = 0;
    for (index_t d = 0; d < HeadWidth; ++d)
      sum += q[d] * double{score.key[row + d]} + k[d] * double{score.query[row + d]};
    return sum;
  }
  static double value(const score_type&, const score_site&, index_t, double dot, index_t head_width) {
    return dot / std::sqrt(3.0 * static_cast<double>(head_width));
  }
};
