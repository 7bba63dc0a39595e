#pragma once
#include <algorithm>
#include <string_view>
#include <weft/base/on_stack.hpp>
#include <weft/pattern/bigbird_plans.hpp>
#include <weft/pattern/spans.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// BigBird's block-sparse attention (Zaheer et al. 2020, section 2 and appendix D, "internal transformer construction";
/// reference: BigBirdBlockSparseAttention). The first and the last block of Block tokens see and are seen by all; the
/// others see three neighbours and Random blocks that a plan names. A block that is named several times counts as
/// often; it is read once. A sequence of n tokens has ceil(n / Block) blocks, the last may be short.
///
/// Sequences of up to Threshold tokens see everything. That is decided for each sequence by its own length, padding
/// included where it is part of the sequence. Rows of a sparse sequence that no query may see (batch::visible) get an
/// attention output of zero.
///
/// Plans: evaluation_plan, hugging_face_plan, original_plan, given_plan (bigbird_plans.hpp).
template <index_t Block, index_t Random, class Plan = evaluation_plan, index_t Threshold = (5 + 2 * Random) * Block>
struct bigbird_blocks {
  static_assert(Block >= 1 && Random >= 0,
                "weft::bigbird_blocks: wants a block of 1 token or more, 0 random blocks or more");
  static_assert(
      Threshold >= (5 + 2 * Random) * Block,
      "weft::bigbird_blocks: wants a threshold of at least (5 + 2 * Random) * Block tokens; shorter sequences "
      "have too few blocks for this pattern");
  static constexpr bigbird_shape shape{Block, Random, Threshold};
  static constexpr index_t query_tile = Block;
  [[no_unique_address]] typename Plan::template bind<shape> plan;
  static constexpr void each(auto&& f, auto&... self) { f("", self.plan...); }

  constexpr index_t sees(const query_block& b, index_t query, index_t key) const {
    if (sees_all(b, query / Block)) return 1;
    index_t times = 0;
    each_block(b, query / Block, [&](index_t block) { times += block == key / Block; });
    return times;
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    if (sees_all(b, b.first / Block)) return spans.full({0, b.length});
    index_t ascending[on_stack<index_t, 5 + Random>] = {}, count = 0;
    each_block(b, b.first / Block, [&](index_t block) {
      index_t at = count++;
      for (; at > 0 && ascending[at - 1] > block; --at) ascending[at] = ascending[at - 1];
      ascending[at] = block;
    });
    visit_blocks<Block>(ascending, count, b.length, spans);
  }
  /// For pictures: why a query sees a key.
  constexpr std::string_view kind(const query_block& b, index_t query, index_t key) const {
    const auto row = query / Block, column = key / Block, last = shape.blocks(b.length) - 1;
    if (!shape.sparse(b.length)) return "";
    if (row == 0 || row == last || column == 0 || column == last) return "global";
    return std::max(row, column) - std::min(row, column) <= 1 ? "window" : "random";
  }
  constexpr bool silences_invisible(const query_block& b) const { return shape.sparse(b.length); }

 private:
  static constexpr bool sees_all(const query_block& b, index_t row) {
    return !shape.sparse(b.length) || row == 0 || row == shape.blocks(b.length) - 1;
  }
  // The key blocks of a row that does not see all: globals, neighbours, random ones.
  constexpr void each_block(const query_block& b, index_t row, const auto& f) const {
    const auto last = shape.blocks(b.length) - 1;
    f(0);
    for (auto block = std::max<index_t>(1, row - 1); block <= row + 1; ++block) f(block);
    if (row + 1 < last) f(last);
    for (index_t slot = 0; slot < Random; ++slot) f(plan.at(b, row, slot));
  }
};

}  // namespace weft
