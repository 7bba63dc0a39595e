#pragma once
// Which spans of a context answer best: the search over starts and ends that SQuAD's evaluation made common
// (transformers, examples/pytorch/question-answering/utils_qa.py).
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>
#include <weft/base/index.hpp>
#include <weft/pipeline/scores.hpp>
#include <weft/text/encoding.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A part of the context.
struct answer_span {
  std::string text;            ///< empty: the context holds no answer
  float score = 0;             ///< its probability among the candidates
  float logit = 0;             ///< start logit + end logit
  index_t begin = 0, end = 0;  ///< its bytes in the context

  bool empty() const { return begin == end; }
};

namespace detail {

/// Collects the spans of all windows over one context.
class answer_search {
 public:
  answer_search(index_t candidates, index_t longest) : candidates_(candidates), longest_(longest) {}

  /// A window: its tokens, and [tokens, 2] logits of starts and ends. Only tokens of the second text may answer. A
  /// window of no tokens says nothing: without any other, "no answer" has the logit 0.
  void add(const encoding& window, const float* logits) {
    if (window.ids.empty()) return;
    std::vector<index_t> tokens;
    for (index_t i = window.second.begin; i < window.second.end; ++i)
      if (!window.inserted(i)) tokens.push_back(i);
    std::vector<float> starts, ends;
    for (const index_t i : tokens) starts.push_back(logits[2 * i]), ends.push_back(logits[2 * i + 1]);
    null_ = windows_++ == 0 ? logits[0] + logits[1] : std::min(null_, logits[0] + logits[1]);

    const auto likely_ends = best_of(ends, candidates_);
    for (const index_t s : best_of(starts, candidates_))
      for (const index_t e : likely_ends) {
        if (e < s || e - s >= longest_) continue;
        const auto at = [&](index_t i) {
          return window.offsets[static_cast<std::size_t>(tokens[static_cast<std::size_t>(i)])];
        };
        const float logit = starts[static_cast<std::size_t>(s)] + ends[static_cast<std::size_t>(e)];
        // Windows overlap: of a span that two of them hold, the better counts.
        const auto [place, is_new] = spans_.try_emplace({at(s).begin, at(e).end}, logit);
        if (!is_new && sortable(logit) > sortable(place->second)) place->second = logit;
      }
  }

  /// How much the first token, which stands for "no answer", outweighs in the least convinced window.
  float null_logit() const { return null_; }

  /// The best spans, the best first; scores are a softmax over them, and over "no answer" if that is a candidate. It
  /// then leads if its logit exceeds the best span's by more than `threshold`.
  std::vector<answer_span> best(std::string_view context, bool may_be_absent, float threshold) const {
    std::vector<answer_span> out;
    for (const auto& [bytes, logit] : spans_) out.push_back({"", 0, logit, bytes.first, bytes.second});
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return sortable(a.logit) > sortable(b.logit); });
    if (static_cast<index_t>(out.size()) > candidates_) out.resize(static_cast<std::size_t>(candidates_));
    for (auto& span : out)
      span.text = context.substr(static_cast<std::size_t>(span.begin), static_cast<std::size_t>(span.end - span.begin));
    if (may_be_absent || out.empty()) {
      const bool leads = out.empty() || null_ - out.front().logit > threshold;
      const auto place = std::find_if(out.begin(), out.end(), [&](const auto& a) { return a.logit < null_; });
      // Not leading, it stands below the best span, however large its logit.
      out.insert(leads ? out.begin() : std::max(place, out.begin() + 1), {"", 0, null_, 0, 0});
    }
    std::vector<float> logits;
    for (const auto& span : out) logits.push_back(span.logit);
    const auto p = softmax_of(logits);
    for (std::size_t i = 0; i < out.size(); ++i) out[i].score = p[i];
    return out;
  }

 private:
  index_t candidates_, longest_, windows_ = 0;
  float null_ = 0;
  std::map<std::pair<index_t, index_t>, float> spans_;
};

}  // namespace detail

}  // namespace weft
