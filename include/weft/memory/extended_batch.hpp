#pragma once
// Pairs of sequences: long inputs, and for each of them its global tokens.
#include <limits>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A view. Sequence s of `long_input` and sequence s of `global_input` belong together. Empty segments mean 1 for long
/// tokens and 0 for global ones, as in the original. In both streams rows behind `visible` are padding: they see the
/// padding of their pair and nothing else, and nothing else sees them. The same rows without padding get the same bits.
struct extended_batch {
  batch long_input, global_input;
  list<const std::int32_t> owners;  ///< of every long token: its global token, counted in its sequence; -1: none

  constexpr index_t pairs() const { return long_input.sequences(); }

  /// Counts both streams: it sizes a workspace.
  constexpr extent size() const {
    const auto a = long_input.size(), b = global_input.size();
    return {a.tokens + b.tokens, std::max(a.longest, b.longest), a.sequences + b.sequences};
  }
};

/// Fails unless the batch lies inside what a model of these sizes has. Lengths have no limit.
inline void check(const extended_batch& b, sizes limits) {
  const auto number = [](index_t n) { return decimal(n); };
  const auto refuse = [](const unit_string& subject, const unit_string& found, const unit_string& wanted) {
    fail({.file = "extended batch", .subject = subject, .found = found, .wanted = wanted});
  };
  limits.positions = std::numeric_limits<index_t>::max();
  check(b.long_input, limits, "the long input");
  check(b.global_input, limits, "the global input");
  if (b.global_input.sequences() != b.pairs())
    refuse("the global input", number(b.global_input.sequences()) + " sequences",
           number(b.pairs()) + ", one for each long sequence");
  for (const auto* stream : {&b.long_input, &b.global_input})
    if (!stream->documents.empty() || stream->blocks)
      refuse(stream->blocks ? "blocks" : "documents", "some", "none: this model does not read them; a text is a pair");
  if (b.owners.size() != b.long_input.tokens())
    refuse("owners", number(b.owners.size()) + " values",
           number(b.long_input.tokens()) + ", one for each long token, -1 where it has none");
  for (index_t s = 0; s < b.pairs(); ++s)
    for (index_t t = 0; t < b.long_input.length(s); ++t) {
      const index_t owner = b.owners[b.long_input.first(s) + t];
      if (owner < -1 || owner >= b.global_input.length(s))
        refuse("the owner of long token " + number(t) + " of sequence " + number(s), number(owner),
               "-1 to " + number(b.global_input.length(s) - 1) + ", a global token of that sequence, or -1 for none");
    }
}

/// An extended batch that owns its ids.
class extended_token_batch {
 public:
  /// Appends a pair; `owners` has a value for each long id. Empty segments mean 1 for long and 0 for global tokens.
  void add(list<const std::int32_t> long_ids, list<const std::int32_t> global_ids, list<const std::int32_t> owners,
           list<const std::int32_t> long_segments = {}, list<const std::int32_t> global_segments = {}) {
    if (owners.size() != long_ids.size())
      fail({.file = "extended batch",
            .subject = "owners of sequence " + decimal(global_.sequences()),
            .found = decimal(owners.size()) + " values",
            .wanted = decimal(long_ids.size()) + ", one for each long id"});
    const unit_vector<std::int32_t> ones(static_cast<std::size_t>(long_ids.size()), 1);
    long_.add(long_ids, long_segments.empty() ? list<const std::int32_t>(ones) : long_segments);
    global_.add(global_ids, global_segments);
    owners_.insert(owners_.end(), owners.begin(), owners.end());
  }

  /// Appends a pair with a global token for every `block` long tokens, the last block being the shorter one. The
  /// original's id for such tokens is 1, and its blocks are 16 to 32 tokens long.
  void add_in_blocks(list<const std::int32_t> long_ids, index_t block, std::int32_t global_id = 1) {
    if (block < 1)
      fail({.file = "extended batch",
            .subject = "the block of add_in_blocks",
            .found = decimal(block),
            .wanted = "at least 1 long token for each global token"});
    const unit_vector<std::int32_t> globals(static_cast<std::size_t>(ceil_div(long_ids.size(), block)), global_id);
    unit_vector<std::int32_t> owners(static_cast<std::size_t>(long_ids.size()));
    for (std::size_t t = 0; t < owners.size(); ++t)
      owners[t] = static_cast<std::int32_t>(static_cast<index_t>(t) / block);
    add(long_ids, globals, owners);
  }

  void clear() { long_.clear(), global_.clear(), owners_.clear(); }

  operator extended_batch() const { return {long_, global_, owners_}; }  // NOLINT: it is that batch
  extended_batch view() const { return *this; }
  extent size() const { return view().size(); }

 private:
  token_batch long_, global_;
  unit_vector<std::int32_t> owners_;
};

}  // namespace weft
