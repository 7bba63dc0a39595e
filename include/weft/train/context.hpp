#pragma once
// What a part knows during a training pass: what it knows of any pass, and what is dropped.
#include <algorithm>
#include <cstdint>
#include <weft/base/random_source.hpp>
#include <weft/memory/context.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Where something is dropped: a layer and a place in it. Heads and the embedding have numbers below those of layers.
struct dropout_place {
  index_t number;
  static constexpr dropout_place embedding() { return {0}; }
  static constexpr dropout_place head(index_t which) { return {1 + which}; }
  static constexpr dropout_place attention(index_t layer) { return {8 + 4 * layer}; }
  static constexpr dropout_place mixer(index_t layer) { return {9 + 4 * layer}; }
  static constexpr dropout_place feed_forward(index_t layer) { return {10 + 4 * layer}; }
};

/// Inverted dropout (Srivastava et al. 2014): a value stays, divided by the share that stays, or becomes 0. Which stay
/// is a hash of the seed, the step, the place, the text's number in the whole batch, the row in the text and the
/// column: so it depends on nothing else, and backward makes it again instead of keeping it.
struct dropout {
  float hidden = 0, attention = 0, head = 0;  ///< shares that are dropped, in [0, 1)
  std::uint64_t seed = 0, step = 0;
  index_t first_text = 0;  ///< the number, in the whole batch, of the first text of this piece of it

  bool any() const { return hidden > 0 || attention > 0 || head > 0; }
};

/// The mask of one row.
class dropout_row {
 public:
  dropout_row(const dropout& d, float share, dropout_place place, index_t text, index_t row, index_t copy = 0)
      : threshold_(static_cast<std::uint32_t>(static_cast<double>(share) * 4294967296.0)), kept_(1 / (1 - share)) {
    std::uint64_t hash = d.seed;
    for (const auto part : {static_cast<std::uint64_t>(d.step), static_cast<std::uint64_t>(place.number),
                            static_cast<std::uint64_t>(d.first_text + text), static_cast<std::uint64_t>(row),
                            static_cast<std::uint64_t>(copy)})
      hash = random_source(hash + part).bits();
    key_ = static_cast<std::uint32_t>(hash), step_ = static_cast<std::uint32_t>(hash >> 32) | 1u;
  }

  /// What the value of a column is multiplied by: 0, or what makes up for the dropped ones.
  float factor(index_t column) const {
    std::uint32_t x = key_ + step_ * static_cast<std::uint32_t>(column);
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return (x ^ (x >> 16)) < threshold_ ? 0.0f : kept_;
  }
  /// x[c] becomes what it is multiplied to.
  void apply(float* x, index_t width) const {
    for (index_t c = 0; c < width; ++c) x[c] *= factor(c);
  }

 private:
  std::uint32_t threshold_, key_ = 0, step_ = 1;
  float kept_;
};

/// A context of a training pass.
struct training_context : context {
  dropout drop = {};
  index_t padding = -1;  ///< the id whose row in a table of words learns nothing from being looked up; -1: none
  const index_t* chosen = nullptr;  ///< the tokens that a head's rows stand for, in order; null: all of the batch

  /// Drops some values of rows that stand for the tokens of the batch, or for its texts, a row each. Again for
  /// gradients.
  template <index_t Width>
  void drop_rows(rows<float, Width> x, float share, dropout_place place, bool of_texts = false) const {
    if (!(share > 0)) return;
    const auto apply = [&](index_t text, index_t row, index_t at) {
      dropout_row(drop, share, place, text, row).apply(x.row(at), Width);
    };
    if (of_texts)
      each_rows(x.count, [&](index_t first, index_t last) {
        for (index_t i = first; i < last; ++i) apply(i, 0, i);
      });
    else if (chosen)
      each_rows(x.count, [&](index_t first, index_t last) {
        for (index_t i = first; i < last; ++i) {
          const index_t text =
              std::upper_bound(in.offsets.begin(), in.offsets.end(), chosen[i]) - in.offsets.begin() - 1;
          apply(text, chosen[i] - in.first(text), i);
        }
      });
    else
      each_tile(16, 1, [&](tile t, index_t, index_t) {
        for (index_t i = t.first; i < t.last; ++i) apply(t.sequence, i, in.first(t.sequence) + i);
      });
  }
};

}  // namespace weft
