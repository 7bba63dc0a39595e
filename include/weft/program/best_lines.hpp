#pragma once
// The best of all lines, kept while they come: what the tasks that rank have in common.
#include <algorithm>
#include <string>
#include <vector>
#include <weft/pipeline/scores.hpp>
#include <weft/program/task.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// Keeps the lines with the highest scores, of equals the earlier, and writes them, the best first. Memory is bounded
/// by how many are kept and by one call's lines.
class best_lines {
 public:
  explicit best_lines(const request& r) : json_(r.json), most_(static_cast<std::size_t>(r.top > 0 ? r.top : 10)) {}

  void add(const line& l, float score) { best_.push_back({score, l.number, std::string(l.text)}); }

  /// Forgets all but the best.
  void keep() {
    std::sort(best_.begin(), best_.end(), [](const ranked& a, const ranked& b) {
      const float x = weft::detail::sortable(a.score), y = weft::detail::sortable(b.score);
      return x > y || (!(y > x) && a.number < b.number);
    });
    if (best_.size() > most_) best_.resize(most_);
  }

  void write(std::string& to) {
    keep();
    for (const auto& found : best_) {
      if (!json_) {
        append_shown((to += shown_score(found.score)) += "  ", found.text);
        to += '\n';
        continue;
      }
      begin_object(to, {found.number, found.text});
      append_key(to, "score");
      append_number(to, found.score);
      to += ',';
      append_key(to, "text");
      append_string(to, found.text);
      to += "}\n";
    }
    best_.clear();
  }

 private:
  struct ranked {
    float score;
    index_t number;
    std::string text;
  };

  bool json_;
  std::size_t most_;
  std::vector<ranked> best_;
};

}  // namespace weft::program
