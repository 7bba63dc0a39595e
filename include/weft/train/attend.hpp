#pragma once
// Attention of one head of one sequence on its way back, and forwards where some of its weights are dropped. What a
// query sees is asked of its pattern again, what scores are of its score: dot products are made again, and a score that
// is called with a number and its slope differentiates itself. So neither has a line about training.
#include <algorithm>
#include <weft/base/on_stack.hpp>
#include <weft/concept/pattern.hpp>
#include <weft/concept/score.hpp>
#include <weft/kernel/key_panels.hpp>
#include <weft/kernel/row_norm.hpp>
#include <weft/simd/math.hpp>
#include <weft/train/context.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One head of one sequence: its rows, `stride` floats apart, at the head's first column; those of what it mixed
/// `mixed_stride` floats.
struct head_rows {
  const float *query, *key, *value, *mixed;
  index_t stride, mixed_stride;
};
/// Where its gradients go, all rows of the sequence; what `mixed` gets is read. Where `distances` is not null, the
/// gradients of scores are added there by distance, that of key minus query at distances[keys + distance], `keys` being
/// the room's.
struct head_gradients {
  float *query, *key, *value;
  const float* mixed;
  index_t stride, mixed_stride;
  float* distances = nullptr;
};

template <class Arch, index_t HeadWidth>
class head_task {
  using format = float_format<Arch>;
  using vector = simd::vector<Arch>;
  static constexpr index_t lanes = simd::lanes<Arch>, columns = key_columns<Arch>, pair = 2 * lanes;
  static constexpr index_t padded = round_up(HeadWidth, pair), tile = tile_rows<Arch, 2>;
  // Queries that are taken together: fewer where a head is wide, as they lie on the stack.
  static constexpr index_t most = std::clamp<index_t>(4096 / padded, 4, 32);
  static_assert(columns <= widest_key_columns && 3 * most * padded * index_t{sizeof(float)} <= most_on_stack,
                "weft: a head that is trained is at most 1,024 wide");

 public:
  /// Memory of a worker. `longest` of the extent says for how many keys.
  struct room {
    frame from;
    index_t keys = round_up(from.size.longest, columns);
    float *key_panels = from.take(HeadWidth * keys), *value_panels = from.take(HeadWidth * keys);
    float *key_rows = from.take(padded * keys), *value_rows = from.take(padded * keys);
    float *d_keys = from.take(padded * keys), *d_values = from.take(padded * keys);
    float *scores = from.take(most * keys), *slopes = from.take(most * keys), *counts = from.take(most * keys);
    index_t *blocks = from.take<index_t>(keys / columns), *met = from.take<index_t>(keys / columns);
  };

  /// `block` says length, head, layer and sequence; its first and last are set here. `visible` keys exist.
  head_task(const room& r, const training_context& ctx, const head_rows& rows, const query_block& block,
            const score_site& site, index_t visible)
      : room_(r), ctx_(ctx), rows_(rows), block_(block), site_(site), visible_(visible) {
    length_ = block.length;
    std::fill_n(r.met, r.keys / columns, index_t{-1});
    pack_keys<Arch, HeadWidth>(rows.key, rows.stride, 0, length_, length_, r.key_panels);
  }

  /// out, [length, HeadWidth] at the head's column: rows of weighted values, with some weights dropped.
  void forward(const auto& pattern, const auto& score, float* out, index_t stride) {
    copy(rows_.value, rows_.stride, length_, room_.keys, room_.value_rows);
    for (index_t i = 0; i < length_; ++i) std::fill_n(out + i * stride, HeadWidth, 0.0f);
    each_block(pattern, [&](index_t first, index_t count) {
      weigh(pattern, score, first, count);
      float* const sums = sums_;
      std::fill_n(sums, count * padded, 0.0f);
      for (index_t b = 0; b < blocks_; ++b) {
        for (index_t i = 0; i < count; ++i) drop(first + i, b, room_.scores + i * room_.keys + b * columns);
        add_product(room_.scores + b * columns, room_.keys, columns, room_.value_rows + key_of(b) * padded, sums,
                    count);
      }
      for (index_t i = 0; i < count; ++i) std::copy_n(sums + i * padded, HeadWidth, out + (first + i) * stride);
    });
  }

  /// Writes the gradients of all rows of the sequence at the head's columns. With A the weights, D what is dropped of
  /// them and dA = (d_mixed v') D: d_value = (A D)' d_mixed, d_score = A (dA - the row's mean of dA under A).
  void backward(const auto& pattern, const auto& score, const head_gradients& to) {
    pack_keys<Arch, HeadWidth>(rows_.value, rows_.stride, 0, length_, length_, room_.value_panels);
    copy(rows_.key, rows_.stride, length_, room_.keys, room_.key_rows);
    std::fill_n(room_.d_keys, padded * room_.keys, 0.0f), std::fill_n(room_.d_values, padded * room_.keys, 0.0f);
    for (index_t i = 0; i < length_; ++i) std::fill_n(to.query + i * to.stride, HeadWidth, 0.0f);
    each_block(pattern, [&](index_t first, index_t count) {
      weigh(pattern, score, first, count);
      copy(rows_.query + first * rows_.stride, rows_.stride, count, count, queries_);
      copy(to.mixed + first * to.mixed_stride, to.mixed_stride, count, count, changes_);
      for (index_t i = 0; i < count; ++i)
        means_[i] = dot(changes_ + i * padded, rows_.mixed + (first + i) * rows_.mixed_stride);
      std::fill_n(sums_, count * padded, 0.0f);
      for (index_t b = 0; b < blocks_; ++b) back_block(b, first, count, to.distances);
      for (index_t i = 0; i < count; ++i)
        std::copy_n(sums_ + i * padded, HeadWidth, to.query + (first + i) * to.stride);
    });
    for (index_t i = 0; i < length_; ++i) {
      std::copy_n(room_.d_keys + i * padded, HeadWidth, to.key + i * to.stride);
      std::copy_n(room_.d_values + i * padded, HeadWidth, to.value + i * to.stride);
    }
  }

 private:
  // `count` rows, padded with zeros, then rows of zeros up to `all`.
  static void copy(const float* from, index_t stride, index_t count, index_t all, float* to) {
    for (index_t i = 0; i < all; ++i, to += padded)
      std::fill(i < count ? std::copy_n(from + i * stride, HeadWidth, to) : to, to + padded, 0.0f);
  }
  static float dot(const float* a, const float* b) {
    return detail::sum_row<Arch>(HeadWidth, [&](index_t c, const auto& so_far, auto whole) {
      return simd::fma<Arch>(detail::part<Arch>(a, c, HeadWidth, whole), detail::part<Arch>(b, c, HeadWidth, whole),
                             so_far);
    });
  }
  // y [count, padded] += a [count, steps] times b [steps, padded]. Rows of a lie lda apart.
  static void add_product(const float* a, index_t lda, index_t steps, const float* b, float* y, index_t count) {
    each_row_tile<tile>(count, [&](index_t first, index_t last) {
      for (index_t c = 0; c < padded; c += pair)
        multiply_rows<format, 2>(last - first, product<format>{.a = a + first * lda,
                                                               .b = b + c,
                                                               .start = y + first * padded + c,
                                                               .y = y + first * padded + c,
                                                               .lda = lda,
                                                               .ldb = padded,
                                                               .ld_start = padded,
                                                               .ldy = padded,
                                                               .steps = steps});
    });
  }
  // y [count, columns] = rows times the packed keys of block number b.
  void multiply_block(const float* from, index_t stride, const float* panels, index_t b, float* y, index_t ldy,
                      index_t count) const {
    each_row_tile<tile>(count, [&](index_t first, index_t last) {
      detail::multiply_keys<Arch>(last - first, panels + key_of(b) * HeadWidth, columns,
                                  product<format>{.a = from + first * stride,
                                                  .b = nullptr,
                                                  .start = nullptr,
                                                  .y = y + first * ldy,
                                                  .lda = stride,
                                                  .ldb = 0,
                                                  .ld_start = 0,
                                                  .ldy = ldy,
                                                  .steps = HeadWidth});
    });
  }
  index_t key_of(index_t b) const { return room_.blocks[b] * columns; }

  // f(first, count): a few queries at a time, all of one of the pattern's tiles; silenced ones are left out.
  void each_block(const auto& pattern, const auto& f) {
    constexpr index_t tile_of_pattern = std::remove_cvref_t<decltype(pattern)>::query_tile;
    for (index_t from = 0; from < length_; from += tile_of_pattern) {
      block_.first = from, block_.last = std::min(length_, from + tile_of_pattern);
      const index_t end = silences(pattern, block_) ? std::min(block_.last, visible_) : block_.last;
      for (index_t first = from; first < end; first += most) f(first, std::min(most, end - first));
    }
  }

  // What a pattern's visit() sees as `spans`: notes the blocks of keys that are met, and how often each key counts.
  template <class Pattern>
  struct counter {
    head_task& task;
    const Pattern& pattern;
    index_t first, count;
    void full(key_span span, index_t times = 1) { note(span, times, false); }
    void masked(key_span span) { note(span, 1, true); }
    void note(key_span span, index_t times, bool masked) {
      const index_t last = std::min(span.last, task.visible_), keys = task.room_.keys;
      if (times <= 0) return;
      for (index_t key = span.first; key < last;) {
        const index_t number = key / columns, end = std::min(last, (number + 1) * columns);
        const index_t at = task.meet(number, count) * columns - number * columns;
        for (index_t i = 0; i < count; ++i)
          for (index_t k = key; k < end; ++k)
            task.room_.counts[i * keys + at + k] =
                static_cast<float>(masked ? static_cast<index_t>(pattern.sees(task.block_, first + i, k)) : times);
        key = end;
      }
    }
  };
  // The place of a block of keys in the list of those that are met.
  index_t meet(index_t number, index_t count) {
    index_t& place = room_.met[number];
    if (place >= 0 && place < blocks_ && room_.blocks[place] == number) return place;
    room_.blocks[place = blocks_++] = number;
    for (index_t i = 0; i < count; ++i) std::fill_n(room_.counts + i * room_.keys + place * columns, columns, 0.0f);
    return place;
  }

  // Weights and slopes of the scores of some queries, block of keys behind block of keys.
  void weigh(const auto& pattern, const auto& score, index_t first, index_t count) {
    blocks_ = 0;
    counter<std::remove_cvref_t<decltype(pattern)>> spans{*this, pattern, first, count};
    pattern.visit(block_, spans);
    for (index_t b = 0; b < blocks_; ++b)
      multiply_block(rows_.query + first * rows_.stride, rows_.stride, room_.key_panels, b, room_.scores + b * columns,
                     room_.keys, count);
    for (index_t i = 0; i < count; ++i) weigh_row(score, first + i, i * room_.keys);
  }
  void weigh_row(const auto& score, index_t query, index_t row) {
    float *const scores = room_.scores + row, *const slopes = room_.slopes + row;
    const float* const counts = room_.counts + row;
    auto at = site_;
    at.query = query;
    const auto none = simd::minus_infinity<Arch>(), zero = simd::set<Arch>(0.0f);
    auto high = none;
    for (index_t c = 0; c < blocks_ * columns; c += lanes) {
      const auto key =
          simd::lane_numbers<Arch>() + simd::set<Arch>(static_cast<float>(key_of(c / columns) + c % columns));
      const auto seen = simd::load<Arch>(counts + c) > zero;
      const simd::dual<vector> found = score(at, key, simd::dual<vector>(simd::load<Arch>(scores + c), vector(1.0f)));
      const auto value = simd::select<Arch>(seen, found.value, none);
      simd::store(scores + c, value);
      simd::store(slopes + c, simd::select<Arch>(seen, found.slope, zero));
      high = simd::max(high, value);
    }
    const float top = simd::reduce_max<Arch>(high);
    const auto shift = simd::set<Arch>(blocks_ > 0 && top > -3.4e38f ? top : 0.0f);
    simd::chain_sums<Arch> sums;
    for (index_t c = 0; c < blocks_ * columns; c += simd::chains)
      simd::each<simd::chain_registers<Arch>>([&](auto r) __attribute__((always_inline)) {
        float* const here = scores + c + r * lanes;
        const auto weight = simd::rounded<Arch>(simd::exp_of_nonpositive<Arch>(simd::load<Arch>(here) - shift) *
                                                simd::load<Arch>(counts + c + r * lanes));
        simd::store(here, weight);
        sums.part[r] = sums.part[r] + weight;
      });
    const float total = simd::reduce_add(sums);
    const auto inverse = simd::set<Arch>(total > 0 ? 1 / total : 0.0f);
    for (index_t c = 0; c < blocks_ * columns; c += lanes)
      simd::store(scores + c, simd::rounded<Arch>(simd::load<Arch>(scores + c) * inverse));
  }

  // Drops some of a query's weights of one block of keys.
  void drop(index_t query, index_t b, float* weights) const {
    if (!(ctx_.drop.attention > 0)) return;
    const dropout_row row(ctx_.drop, ctx_.drop.attention, dropout_place::attention(block_.layer), block_.sequence,
                          query, block_.head);
    for (index_t c = 0; c < columns; ++c) weights[c] *= row.factor(key_of(b) + c);
  }

  void back_block(index_t b, index_t first, index_t count, float* distances) {
    multiply_block(changes_, padded, room_.value_panels, b, weight_changes_, columns, count);
    for (index_t i = 0; i < count; ++i) {
      const float *const weights = room_.scores + i * room_.keys + b * columns, *const slopes = room_.slopes +
                                                                                                i * room_.keys +
                                                                                                b * columns;
      float *const dropped = dropped_ + i * columns, *const change = weight_changes_ + i * columns;
      std::copy_n(weights, columns, dropped);
      drop(first + i, b, dropped), drop(first + i, b, change);
      float* const by_distance = distances ? distances + room_.keys + key_of(b) - (first + i) : nullptr;
      const auto mean = simd::set<Arch>(means_[i]);
      for (index_t c = 0; c < columns; c += lanes) {
        const auto d = simd::rounded<Arch>(simd::load<Arch>(weights + c) * (simd::load<Arch>(change + c) - mean));
        simd::store(change + c, simd::rounded<Arch>(d * simd::load<Arch>(slopes + c)));
        if (by_distance) simd::store(by_distance + c, vector(simd::load<Arch>(by_distance + c) + d));
      }
    }
    turn(dropped_, count), add_product(turned_, most, count, changes_, room_.d_values + key_of(b) * padded, columns);
    turn(weight_changes_, count);
    add_product(turned_, most, count, queries_, room_.d_keys + key_of(b) * padded, columns);
    add_product(weight_changes_, columns, columns, room_.key_rows + key_of(b) * padded, sums_, count);
  }
  // turned_ [columns, most] = from [count, columns], its rows as columns.
  void turn(const float* from, index_t count) {
    index_t i = 0;
    for (; i + 4 <= count; i += 4)
      simd::transpose_four_rows<Arch>(from + i * columns, columns, columns, turned_ + i, most);
    for (; i < count; ++i)
      for (index_t c = 0; c < columns; ++c) turned_[c * most + i] = from[i * columns + c];
  }

  const room& room_;
  const training_context& ctx_;
  head_rows rows_;
  query_block block_;
  score_site site_;
  index_t visible_, length_ = 0, blocks_ = 0;
  float queries_[array_size(most * padded)], changes_[array_size(most * padded)], sums_[array_size(most * padded)];
  float dropped_[array_size(most * columns)], weight_changes_[array_size(most * columns)],
      turned_[array_size(most * columns)];
  float means_[array_size(most)];
};

}  // namespace weft
