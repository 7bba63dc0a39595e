#pragma once
// Sequences of different lengths, end to end; there is no padding.
#include <algorithm>
#include <cstdint>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/base/shape.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/block_lists.hpp>
#include <weft/memory/workspace.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A view of token ids. Sequence s is the rows [offsets[s], offsets[s + 1]).
struct batch {
  list<const std::int32_t> ids;
  list<const std::int32_t> segments;  ///< token type of every id; empty means all 0
  list<const index_t> offsets;        ///< sequences + 1 ascending numbers, from 0 to ids.size()
  list<const index_t> visible = {};   ///< optional: only the first visible[s] rows of sequence s serve as keys
  list<const index_t> documents =
      {};  ///< optional: for every id the number of its text in its sequence, not descending
  const block_lists* blocks = nullptr;  ///< optional: key blocks named at run time, for patterns that read them

  constexpr index_t sequences() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  constexpr index_t tokens() const { return ids.size(); }
  constexpr index_t first(index_t s) const { return offsets[s]; }
  constexpr index_t length(index_t s) const { return offsets[s + 1] - offsets[s]; }
  constexpr index_t keys(index_t s) const { return visible.empty() ? length(s) : visible[s]; }

  constexpr extent size() const {
    index_t longest = 0;
    for (index_t s = 0; s < sequences(); ++s) longest = std::max(longest, length(s));
    return {tokens(), longest, sequences()};
  }
};

/// Fails unless every id, segment, offset and length of the batch lies inside what a model of these sizes has. `called`
/// is what the sentence calls the batch.
inline void check(const batch& b, const sizes& limits, std::string_view called = "batch") {
  const auto number = [](index_t n) { return decimal(n); };
  const auto refuse = [&](const unit_string& subject, const unit_string& found, const unit_string& wanted,
                          const char* remedy) {
    fail({.file = called, .subject = subject, .found = found, .wanted = wanted, .remedy = remedy});
  };
  if (b.offsets.empty() ? b.tokens() != 0 : b.offsets[0] != 0 || b.offsets.back() != b.tokens())
    refuse("offsets", b.offsets.empty() ? "none" : number(b.offsets[0]) + " to " + number(b.offsets.back()),
           "0 to " + number(b.tokens()) + ", the number of ids", "give where each sequence begins, and the end");
  if (!b.segments.empty() && b.segments.size() != b.tokens())
    refuse("segments", number(b.segments.size()) + " values", number(b.tokens()) + ", one for each id",
           "or none, which means all 0");
  if (!b.visible.empty() && b.visible.size() != b.sequences())
    refuse("visible", number(b.visible.size()) + " values", number(b.sequences()) + ", one for each sequence", "");
  if (!b.documents.empty() && b.documents.size() != b.tokens())
    refuse("documents", number(b.documents.size()) + " values", number(b.tokens()) + ", one for each id",
           "or none, which means one text a sequence");
  if (b.blocks) check(*b.blocks, b.sequences());
  for (index_t s = 0; s < b.sequences(); ++s) {
    const auto name = [s](const char* what) { return what + unit_string(" of sequence ") + decimal(s); };
    // Compared, as their difference may be no number.
    if (b.offsets[s + 1] < b.first(s))
      refuse(name("offsets"), number(b.first(s)) + ", then " + number(b.offsets[s + 1]), "ascending offsets", "");
    if (b.offsets[s + 1] > b.tokens())
      refuse(name("offsets"), number(b.offsets[s + 1]), "at most " + number(b.tokens()), "");
    if (b.length(s) > limits.longest())
      refuse(name("length"), number(b.length(s)) + " tokens",
             "at most " + number(limits.longest()) + ", the positions of this model",
             "truncate the text or cut it into windows");
    if (!b.visible.empty() &&
        (b.visible[s] < 0 || b.visible[s] > b.length(s) || (b.visible[s] == 0 && b.length(s) > 0)))
      refuse(name("visible"), number(b.visible[s]), "1 to " + number(b.length(s)), "a row needs a key to look at");
    for (index_t t = b.first(s); t < b.offsets[s + 1]; ++t) {
      if (b.ids[t] < 0 || b.ids[t] >= limits.vocabulary)
        refuse("id " + number(t - b.first(s)) + " of sequence " + number(s), number(b.ids[t]),
               "0 to " + number(limits.vocabulary - 1) + ", the vocabulary of this model",
               "check that the tokenizer belongs to the model");
      // A model without a table of segments reads none.
      if (!b.segments.empty() && limits.segments > 0 && (b.segments[t] < 0 || b.segments[t] >= limits.segments))
        refuse("segment " + number(t - b.first(s)) + " of sequence " + number(s), number(b.segments[t]),
               "0 to " + number(limits.segments - 1), "");
      if (!b.documents.empty() && t > b.first(s) && b.documents[t] < b.documents[t - 1])
        refuse("document of id " + number(t - b.first(s)) + " of sequence " + number(s), number(b.documents[t]),
               "at least " + number(b.documents[t - 1]) + ", that of the id before", "texts stand one after another");
    }
  }
}

/// A batch that owns its ids.
class token_batch {
 public:
  /// Appends one sequence; `segments` is empty (all 0) or as long as `ids`.
  void add(list<const std::int32_t> ids, list<const std::int32_t> segments = {}) {
    if (!segments.empty() && segments.size() != ids.size())
      fail({.file = "batch",
            .subject = "segments of sequence " + decimal(static_cast<index_t>(offsets_.size()) - 1),
            .found = decimal(segments.size()) + " values",
            .wanted = decimal(ids.size()) + ", one for each id"});
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    segments_.insert(segments_.end(), segments.begin(), segments.end());
    segments_.resize(ids_.size(), 0);
    offsets_.push_back(static_cast<index_t>(ids_.size()));
  }
  void clear() { ids_.clear(), segments_.clear(), offsets_.assign(1, 0); }

  operator batch() const { return {ids_, segments_, offsets_, {}}; }  // NOLINT: it is that batch
  batch view() const { return *this; }
  index_t tokens() const { return static_cast<index_t>(ids_.size()); }
  index_t sequences() const { return static_cast<index_t>(offsets_.size()) - 1; }
  extent size() const { return view().size(); }

 private:
  unit_vector<std::int32_t> ids_, segments_;
  unit_vector<index_t> offsets_{0};
};

}  // namespace weft
