#pragma once
#include <algorithm>
#include <limits>
#include <weft/base/unit_containers.hpp>
#include <weft/pattern/named_blocks.hpp>
#include <weft/pattern/spans.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Every block of Block queries sees the key blocks that batch::blocks names for it, all of them: a list for each query
/// block of each head and layer. A sequence has ceil(length / Block) blocks, the last may be short. A block that is
/// named twice counts twice. Forward fails on a batch without lists, with too few or too many, with an empty one, or
/// with blocks that do not exist.
template <index_t Block>
struct block_table {
  static_assert(Block >= 1, "weft::block_table: wants a block of 1 token or more");
  static constexpr index_t query_tile = Block;
  index_t layers = 0, heads = 0;

  void prepare(const setup& s, arena&) { layers = s.layers, heads = s.heads; }
  void check(const batch& in) const {
    check_named_blocks("block_table<" + decimal(Block) + ">", in, layers, heads, [&](index_t s) {
      const auto n = ceil_div(in.length(s), Block);
      return wanted_lists{n, n, 1, std::numeric_limits<index_t>::max()};
    });
  }

  constexpr index_t sees(const query_block& b, index_t query, index_t key) const {
    const auto blocks = of(b, query / Block);
    const auto block = key / Block;
    return std::upper_bound(blocks.begin(), blocks.end(), block) -
           std::lower_bound(blocks.begin(), blocks.end(), block);
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    const auto blocks = of(b, b.first / Block);
    visit_blocks<Block>(blocks, blocks.size(), b.length, spans);
  }

 private:
  static constexpr list<const index_t> of(const query_block& b, index_t row) {
    return b.in->blocks->at(b.sequence, b.layer, b.head, row);
  }
};

}  // namespace weft
