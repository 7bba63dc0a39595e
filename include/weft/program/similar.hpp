#pragma once
// Texts ranked by how near their vectors are to that of a query.
#include <algorithm>
#include <weft/program/embed.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// The texts that are nearest to request.about, the nearest first, when all have come.
template <class Spec>
class similar {
 public:
  static constexpr std::string_view name = "similar";
  static constexpr std::string_view options =
      " --max-length --truncate --normalize --pooling --prompt --query-prompt --truncate-dim --query --top ";
  static constexpr bool sentences = true;
  static constexpr index_t together = embed<Spec>::together;

  similar(const request& r, const pipeline_options& how, model_files files)
      : embed_(r, how, std::move(files)), json_(r.json), top_(static_cast<std::size_t>(r.top > 0 ? r.top : 10)) {
    if (!r.about) fail({.subject = "--query", .found = "nothing", .wanted = "the text that others are compared with"});
    try {
      query_ = embed_.query(*r.about);
    } catch (const error& e) {
      fail({.subject = "--query", .found = e.found, .wanted = e.wanted, .remedy = e.remedy});
    }
  }

  void append(list<const line> lines, std::string&) {
    const auto rows = embed_.vectors(lines);
    for (index_t i = 0; i < lines.size(); ++i)
      best_.push_back({embed_.similarity(query_, rows[i]), lines[i].number, std::string(lines[i].text)});
    keep();
  }
  void finish(std::string& to) {
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
  void keep() {
    std::sort(best_.begin(), best_.end(), [](const ranked& a, const ranked& b) {
      const float x = weft::detail::sortable(a.score), y = weft::detail::sortable(b.score);
      return x > y || (!(y > x) && a.number < b.number);
    });
    if (best_.size() > top_) best_.resize(top_);
  }

  embed<Spec> embed_;
  bool json_;
  std::size_t top_;
  std::vector<float> query_;
  std::vector<ranked> best_;
};

}  // namespace weft::program
