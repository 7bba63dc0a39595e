#pragma once
// The keys of a batch, packed once for each head and sequence: panels of key columns that score products read in a
// line.
#include <weft/concept/part.hpp>
#include <weft/kernel/attend.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Floats of scratch in which the keys of a batch are packed.
constexpr index_t key_panel_floats(index_t inner, const extent& e) {
  return inner * (e.tokens + e.sequences * widest_key_columns);
}

template <class Arch, index_t Heads, index_t Inner>
class packed_keys {
 public:
  static constexpr index_t head_width = Inner / Heads;
  static_assert(head_width * Heads == Inner);

  /// Packs `key` [tokens, Inner] of the context's batch into `memory`, key_panel_floats(Inner, ctx.size) floats.
  /// Sequences of up to `left_out` rows are left to packed(), and heads from `heads` on are not packed.
  template <class Number = std::integral_constant<index_t, Heads>>
  packed_keys(rows<const float, Inner> key, float* memory, const context& ctx, index_t left_out = 0, Number heads = {})
      : in_(ctx.in), key_(key), memory_(memory), panels_(ctx.size.tokens / columns + ctx.size.sequences) {
    if (ctx.size.longest > left_out)
      ctx.each_tile(round_up(64, columns), heads, [&](tile t, index_t head, index_t) {
        if (in_.length(t.sequence) > left_out) pack(t.sequence, head, t.first, t.last);
      });
  }

  /// Packs the keys of a sequence that was left out. The panels of one sequence and head.
  const float* packed(index_t sequence, index_t head) const {
    pack(sequence, head, 0, in_.length(sequence));
    return at(sequence, head);
  }

  /// The panels of one sequence and head.
  const float* of(index_t sequence, index_t head) const { return at(sequence, head); }

 private:
  static constexpr index_t columns = key_columns<Arch>;
  static_assert(columns <= widest_key_columns);

  void pack(index_t sequence, index_t head, index_t first, index_t last) const {
    pack_keys<Arch, head_width>(key_.row(in_.first(sequence)) + head * head_width, key_.stride, first, last,
                                in_.length(sequence), at(sequence, head));
  }
  // A sequence begins behind at least as many panels as those before it need.
  float* at(index_t sequence, index_t head) const {
    return memory_ + (head * panels_ + in_.first(sequence) / columns + sequence) * columns * head_width;
  }

  const batch& in_;
  rows<const float, Inner> key_;
  float* memory_;
  index_t panels_;  // of one head
};

}  // namespace weft
