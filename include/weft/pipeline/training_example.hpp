#pragma once
// Texts as tokens, with what is to be learnt of them.
#include <cstdint>
#include <vector>
#include <weft/base/index.hpp>
#include <weft/memory/batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One text. Which of `labels` and `targets` a task reads, and how many a text has, is the task's.
struct training_example {
  std::vector<std::int32_t> ids, segments;
  std::vector<std::int32_t> labels;
  std::vector<float> targets;

  index_t size() const { return static_cast<index_t>(ids.size()); }
};

/// Some of them, end to end.
struct training_batch {
  token_batch tokens;
  std::vector<std::int32_t> labels;
  std::vector<float> targets;
  std::vector<index_t> chosen;  ///< the tokens that the head reads, where a task says so; increasing

  void add(const training_example& one) {
    tokens.add(one.ids, one.segments);
    labels.insert(labels.end(), one.labels.begin(), one.labels.end());
    targets.insert(targets.end(), one.targets.begin(), one.targets.end());
  }
  void clear() { tokens.clear(), labels.clear(), targets.clear(), chosen.clear(); }
  /// Whether one more of that size does not fit into so many tokens; something always fits into an empty batch.
  bool is_full(index_t more, index_t most) const { return tokens.sequences() > 0 && tokens.tokens() + more > most; }
};

}  // namespace weft
