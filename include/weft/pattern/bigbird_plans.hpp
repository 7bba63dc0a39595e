#pragma once
// Where BigBird's random blocks come from. A plan is bound to the pattern's numbers and says which key block stands in
// slot 0 ... random - 1 of a query block: `at(block, row, slot)` for rows 1 to n - 2 of a sequence of n blocks.
#include <cstdint>
#include <weft/base/on_stack.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/pattern/named_blocks.hpp>
#include <weft/pattern/numpy_random.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The numbers of a BigBird pattern.
struct bigbird_shape {
  index_t block, random, threshold;
  constexpr index_t blocks(index_t length) const { return ceil_div(length, block); }
  constexpr bool sparse(index_t length) const { return length > threshold; }
};

/// Hugging Face in evaluation, since its version 4.31: every random block is block 0, which so counts 1 + random times.
struct evaluation_plan {
  template <bigbird_shape S>
  struct bind {
    static constexpr index_t at(const query_block&, index_t /*row*/, index_t /*slot*/) { return 0; }
  };
};

/// The random blocks of every query block but the first and the last come from batch::blocks: for a sequence of n
/// blocks n - 2 lists of `random` blocks for each head of each layer. Sequences that are short enough to see everything
/// need none.
struct given_plan {
  template <bigbird_shape S>
  struct bind {
    index_t layers = 0, heads = 0;

    void prepare(const setup& s, arena&) { layers = s.layers, heads = s.heads; }
    void check(const batch& in) const {
      if constexpr (S.random > 0)
        check_named_blocks("given_plan", in, layers, heads, [&](index_t s) {
          const auto n = S.sparse(in.length(s)) ? S.blocks(in.length(s)) : 2;
          return wanted_lists{n - 2, n, S.random, S.random};
        });
    }
    static constexpr index_t at(const query_block& b, index_t row, index_t slot) {
      return b.in->blocks->at(b.sequence, b.layer, b.head, row - 1)[slot];
    }
  };
};

/// Plans that are drawn when an encoder is built, by NumPy's generator, seeded with the number of the layer. A sequence
/// whose padded length is one of Rule's has the legacy list, others the general one. The general list for n blocks is
/// the beginning of the list for more, so that one table serves every length.
template <class Rule>
struct drawn_plan {
  template <bigbird_shape S>
  struct bind {
    struct table {
      index_t rows = 0, heads = 0;  // of rows 1 to `rows` of a layer, all heads
      list<std::int32_t> blocks{};
      constexpr std::int32_t& at(index_t layer, index_t head, index_t row, index_t slot) const {
        return blocks[((layer * rows + row - 1) * heads + head) * S.random + slot];
      }
      table() = default;
      table(index_t last_row, const setup& s, arena& store)
          : rows(last_row), heads(s.heads), blocks(store.take<std::int32_t>(s.layers * rows * heads * S.random)) {}
    };
    table general, legacy;

    void prepare(const setup& s, arena& store);
    void check(const batch& in) const {
      for (index_t i = 0; i < in.sequences(); ++i) {
        const auto length = in.length(i), n = S.blocks(length);
        if (S.random == 0 || !S.sparse(length) || of(length).rows >= n - 2) continue;
        fail({.file = "batch",
              .subject = "length of sequence " + decimal(i),
              .found = decimal(length) + " tokens, " + decimal(n) + " blocks",
              .wanted = "at most " + decimal(of(length).rows) + " blocks between the first and the last",
              .remedy = "this random plan has no more for a model of that many positions"});
      }
    }
    constexpr index_t at(const query_block& b, index_t row, index_t slot) const {
      return of(b.length).at(b.layer, b.head, row, slot);
    }

   private:
    constexpr const table& of(index_t length) const {
      return Rule::legacy(round_up(length, S.block)) ? legacy : general;
    }
    void draw_general(index_t layer, numpy_random numbers);
    bool draw_legacy(index_t layer, index_t blocks, numpy_random numbers);
  };
};

namespace detail {
struct hugging_face_lengths {
  static constexpr bool legacy(index_t padded) { return padded == 1024 || padded == 3072 || padded == 4096; }
  static constexpr index_t legacy_positions(index_t positions) { return positions; }
};
struct original_lengths {
  static constexpr bool legacy(index_t padded) { return padded == 2048 || hugging_face_lengths::legacy(padded); }
  static constexpr index_t legacy_positions(index_t) { return 4096; }
};
}  // namespace detail

/// Hugging Face in training, and before version 4.31 always: legacy lists at padded lengths of 1024, 3072 and 4096
/// (transformers, BigBirdBlockSparseAttention).
struct hugging_face_plan : drawn_plan<detail::hugging_face_lengths> {};

/// The released TensorFlow model (google-research/bigbird, core/attention.py): legacy lists also at 2048, always as for
/// 4096 positions.
struct original_plan : drawn_plan<detail::original_lengths> {};

// ---- drawing ------------------------------------------------------------------------------------------------------

template <class Rule>
template <bigbird_shape S>
void drawn_plan<Rule>::bind<S>::prepare(const setup& s, arena& store) {
  general = legacy = {};
  if (S.random == 0 || !S.sparse(s.positions)) return;
  general = table(S.blocks(s.positions) - 2, s, store);
  const auto blocks = Rule::legacy_positions(s.positions) / S.block;
  bool drawn = false;
  for (index_t length = S.block; length <= round_up(s.positions, S.block); length += S.block)
    drawn = drawn || (Rule::legacy(length) && S.sparse(length) && blocks > 2);
  if (drawn) legacy = table(blocks - 2, s, store);
  for (index_t layer = 0; layer < s.layers; ++layer) {
    const numpy_random numbers(static_cast<std::uint32_t>(layer));
    draw_general(layer, numbers);
    if (drawn) drawn = draw_legacy(layer, blocks, numbers);
  }
  if (!drawn) legacy = {};  // no lengths that use it, or too few blocks to draw from: check() refuses those lengths
}

/// Of blocks 0 to 2 random + 4 in random order the first that are neither global nor neighbours (reference:
/// _get_single_block_row_attention). The plan's second phase, blocks behind those, has no random blocks.
template <class Rule>
template <bigbird_shape S>
void drawn_plan<Rule>::bind<S>::draw_general(index_t layer, numpy_random numbers) {
  constexpr index_t end = 2 * S.random + 5;
  for (index_t row = 1; row <= general.rows; ++row)
    for (index_t head = 0; head < general.heads; ++head) {
      index_t order[on_stack<index_t, end>];
      for (index_t i = 0; i < end; ++i) order[i] = i;
      numbers.shuffle(list<index_t>(order, end));
      for (index_t i = 0, slot = 0; slot < S.random; ++i) {
        const auto block = order[i];
        const bool beside = block >= row - 1 && block <= row + 1, global = block == 0 || block == end - 1;
        if (beside || global || (row == 1 && block == end - 2) || (row == end - 2 && block == 1)) continue;
        general.at(layer, head, row, slot++) = static_cast<std::int32_t>(block);
      }
    }
}

/// Blocks of the first 1024 tokens, with the slips of the reference (_bigbird_block_rand_mask), for `blocks` blocks.
/// False if some query block has fewer than `random` to choose from.
template <class Rule>
template <bigbird_shape S>
bool drawn_plan<Rule>::bind<S>::draw_legacy(index_t layer, index_t blocks, numpy_random numbers) {
  const auto last = 1024 > 2 * S.block ? 1024 / S.block - 1 : blocks - 1;
  unit_vector<std::int32_t> choice;
  for (index_t head = 0; head < legacy.heads; ++head)
    for (index_t row = 1; row <= legacy.rows; ++row) {
      choice.clear();
      // Blocks are counted from 1 here: the middle blocks [from, to) of the reference are from + 1 to `to`.
      const auto add = [&](index_t from, index_t to) {
        for (auto i = from + 1; i <= std::min(to, blocks - 2); ++i) choice.push_back(static_cast<std::int32_t>(i));
      };
      if (row <= 2) {
        add(row + 1, last);
      } else if (row >= blocks - 3 || row - 2 > last) {
        add(0, last);
      } else {
        add(0, row - 2);
        if (row + 1 != last) add(row + 1, last);
      }
      if (static_cast<index_t>(choice.size()) < S.random) return false;
      numbers.shuffle(list<std::int32_t>(choice));
      for (index_t slot = 0; slot < S.random; ++slot)
        legacy.at(layer, head, row, slot) = choice[static_cast<std::size_t>(slot)];
    }
  return true;
}

}  // namespace weft
