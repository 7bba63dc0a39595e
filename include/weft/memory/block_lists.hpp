#pragma once
// Key blocks that are named at run time: for every sequence, layer, head and query block a list of them.
#include <algorithm>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/base/unit_containers.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A view of lists of key blocks; block_list_buffer owns them. Sequence s has tables[s].rows lists for each head of
/// each layer, numbered from tables[s].first: layer by layer, head by head, query block by query block. Sequences may
/// share lists. A list is ascending; a block that stands in it twice counts twice. What the blocks mean, and which
/// query block the first list is for, is the business of the pattern that reads them.
struct block_lists {
  struct table {
    index_t first = 0, rows = 0;
  };
  list<const index_t> blocks;     ///< all lists end to end
  list<const index_t> starts;     ///< lists + 1 ascending numbers: list i is blocks [starts[i], starts[i + 1])
  list<const table> tables;       ///< one a sequence
  index_t layers = 1, heads = 1;  ///< how many have lists of their own; 1 means that all share them

  constexpr index_t sequences() const { return tables.size(); }
  constexpr index_t rows(index_t sequence) const { return tables[sequence].rows; }
  constexpr list<const index_t> at(index_t sequence, index_t layer, index_t head, index_t row) const {
    const auto [first, count] = tables[sequence];
    const auto i = first + ((layers == 1 ? 0 : layer) * heads + (heads == 1 ? 0 : head)) * count + row;
    return blocks.part(starts[i], starts[i + 1]);
  }
};

/// Fails unless every list of a batch of that many sequences can be read and is ascending. Whether the blocks exist is
/// checked by the pattern.
inline void check(const block_lists& b, index_t sequences) {
  const auto number = [](index_t n) { return decimal(n); };
  const auto refuse = [&](const unit_string& what, const unit_string& found, const unit_string& wanted) {
    fail({.file = "batch",
          .subject = "blocks: " + what,
          .found = found,
          .wanted = wanted,
          .remedy = "block_list_buffer builds lists that fit"});
  };
  if (b.sequences() != sequences)
    refuse("tables", number(b.sequences()), number(sequences) + ", one for each sequence");
  const auto lists = std::max<index_t>(0, b.starts.size() - 1);
  for (index_t i = 0; i <= lists && !b.starts.empty(); ++i)
    if (b.starts[i] < (i == 0 ? 0 : b.starts[i - 1]) || b.starts[i] > b.blocks.size())
      refuse("start of list " + number(i), number(b.starts[i]), "ascending numbers up to " + number(b.blocks.size()));
  if (b.layers < 1 || b.heads < 1)
    refuse("layers and heads", number(b.layers) + " and " + number(b.heads), "at least 1 of each");
  for (index_t s = 0; s < sequences; ++s) {
    const auto [first, rows] = b.tables[s];
    if (rows == 0) continue;
    const bool counts = rows > 0 && rows <= lists && b.layers <= lists && b.heads <= lists / b.layers;
    if (!counts || first < 0 || first > lists || b.layers * b.heads > (lists - first) / rows)
      refuse("lists of sequence " + number(s),
             number(b.layers) + " layers, " + number(b.heads) + " heads and " + number(rows) +
                 " query blocks from list " + number(first),
             "no more than there are, " + number(lists));
  }
  for (index_t i = 0; i < lists; ++i) {
    const auto one = b.blocks.part(b.starts[i], b.starts[i + 1]);
    if (!std::is_sorted(one.begin(), one.end()))
      refuse("list " + number(i), "a block behind a higher one", "ascending");
  }
}

/// Owns lists of key blocks, sequence by sequence, for a model of that many layers and heads; 1 means that all layers,
/// or all heads, share them.
class block_list_buffer {
 public:
  explicit block_list_buffer(index_t layers = 1, index_t heads = 1) : layers_(layers), heads_(heads) {}

  /// Appends a sequence with `rows` lists for each head of each layer. blocks_of(layer, head, row) returns any range of
  /// block numbers, in any order.
  void add(index_t rows, const auto& blocks_of) {
    tables_.push_back({static_cast<index_t>(starts_.size()) - 1, rows});
    for (index_t layer = 0; layer < layers_; ++layer)
      for (index_t head = 0; head < heads_; ++head)
        for (index_t row = 0; row < rows; ++row) {
          const auto from = static_cast<std::ptrdiff_t>(blocks_.size());
          for (const auto block : blocks_of(layer, head, row)) blocks_.push_back(static_cast<index_t>(block));
          std::sort(blocks_.begin() + from, blocks_.end());
          starts_.push_back(static_cast<index_t>(blocks_.size()));
        }
  }
  /// Appends a sequence without lists: one that the pattern does not ask about.
  void add_none() { tables_.push_back({}); }
  /// Appends a sequence that shares the lists of the last one.
  void add_same() { tables_.push_back(tables_.empty() ? block_lists::table{} : tables_.back()); }
  void clear() { blocks_.clear(), starts_.assign(1, 0), tables_.clear(); }

  /// Valid until the next add; batch::blocks points at it.
  block_lists view() const { return {blocks_, starts_, tables_, layers_, heads_}; }

 private:
  index_t layers_, heads_;
  unit_vector<index_t> blocks_, starts_{0};
  unit_vector<block_lists::table> tables_;
};

}  // namespace weft
