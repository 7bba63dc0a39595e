#pragma once
// What patterns that read batch::blocks refuse.
#include <weft/base/unit_containers.hpp>
#include <weft/concept/part.hpp>
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The lists of key blocks that a pattern reads for one sequence: `rows` for each head of each layer, each of
/// `shortest` to `longest` blocks below `blocks`. No rows: the pattern does not ask.
struct wanted_lists {
  index_t rows, blocks, shortest, longest;
};

/// Fails unless a batch names the key blocks that `pattern`, of a model of that many layers and heads, reads:
/// wanted(sequence) is a wanted_lists. The batch has passed check(batch, sizes).
void check_named_blocks(const unit_string& pattern, const batch& in, index_t layers, index_t heads,
                        const auto& wanted) {
  const auto number = [](index_t n) { return decimal(n); };
  const auto refuse = [&](const unit_string& what, const unit_string& found, const unit_string& wants,
                          const char* remedy) {
    fail({.file = "batch", .subject = what, .found = found, .wanted = wants, .remedy = remedy});
  };
  const auto one_or = [&](const char* what, index_t found, index_t all) {
    if (found != 1 && found != all)
      refuse(unit_string("blocks: ") + what, number(found), number(all) + ", or 1 for all of them",
             "build block_list_buffer for this model and this mixer");
  };
  for (index_t s = 0; s < in.sequences(); ++s) {
    const wanted_lists want = wanted(s);
    if (want.rows <= 0) continue;
    if (!in.blocks)
      refuse("blocks", "none", "lists of key blocks for " + pattern,
             "build block_list_buffer and point batch::blocks at it");
    const auto& lists = *in.blocks;
    one_or("layers", lists.layers, layers);
    one_or("heads", lists.heads, heads);
    const auto of = "blocks of sequence " + number(s);
    if (lists.rows(s) != want.rows)
      refuse(of, number(lists.rows(s)) + " lists for each head",
             number(want.rows) + " for " + pattern + " and " + number(in.length(s)) + " tokens", "");
    for (index_t layer = 0; layer < lists.layers; ++layer)
      for (index_t head = 0; head < lists.heads; ++head)
        for (index_t row = 0; row < want.rows; ++row) {
          const auto list = lists.at(s, layer, head, row);
          const auto here = [&] {
            return of + ", layer " + number(layer) + ", head " + number(head) + ", list " + number(row);
          };
          if (list.size() < want.shortest || list.size() > want.longest)
            refuse(here(), number(list.size()) + " blocks",
                   want.shortest == want.longest ? number(want.shortest) : "at least " + number(want.shortest), "");
          if (!list.empty() && (list[0] < 0 || list.back() >= want.blocks))
            refuse(here(), "block " + number(list[0] < 0 ? list[0] : list.back()), "0 to " + number(want.blocks - 1),
                   "");
        }
  }
}

}  // namespace weft
