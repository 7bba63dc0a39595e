#pragma once
// Texts in, vectors out; and texts ranked by how near their vectors are to that of a query.
#include <algorithm>
#include <weft/pipeline/embedder.hpp>
#include <weft/program/task.hpp>

namespace weft::program {

/// One vector a text, as modules.json of a sentence-transformers directory says; without one the mean of all rows.
template <class Spec>
class embed {
 public:
  static constexpr std::string_view name = "embed";
  static constexpr std::string_view options = " --max-length --truncate --normalize --pooling ";
  static constexpr bool sentences = true;
  static constexpr index together = static_cast<index>(line_source::together);

  embed(const request& r, const pipeline_options& how, model_files files)
      : request_(r), embed_(files.modules, std::move(files.source), how) {}

  void answer(list<const line> lines, std::string& to) {
    check(lines);
    const auto vectors = embed_.all(texts_of(lines));
    for (index i = 0; i < lines.size(); ++i) {
      const list<const float> v(vectors.row(i), embedder<Spec>::width);
      if (request_.json) {
        begin_object(to, lines[i]);
        append_key(to, "embedding");
        append_numbers(to, v);
        to += "}\n";
        continue;
      }
      for (const float x : v) append_number(to, x), to += ' ';
      to.back() = '\n';
    }
  }
  void finish(std::string&) {}

  index count() const { return embedder<Spec>::width; }
  std::string_view label(index) const { return {}; }
  std::vector<float> values(std::string_view text) {
    const line alone{1, text};
    check({&alone, 1});
    return embed_(text);
  }

 private:
  void check(list<const line> lines) const {
    if (request_.truncate) return;
    for (const auto& l : lines)
      check_length(embed_.tokenizer().encode(embed_.modules().prompt + std::string(l.text), std::nullopt).size(),
                   embed_.max_length());
  }

  request request_;
  embedder<Spec> embed_;
};

/// The texts that are nearest to request.about, the nearest first, when all have come.
template <class Spec>
class similar {
 public:
  static constexpr std::string_view name = "similar";
  static constexpr std::string_view options = " --max-length --truncate --normalize --pooling --query --top ";
  static constexpr bool sentences = true;
  static constexpr index together = embed<Spec>::together;

  similar(const request& r, const pipeline_options& how, model_files files)
      : embed_(r, how, std::move(files)), json_(r.json), top_(static_cast<std::size_t>(r.top > 0 ? r.top : 10)) {
    if (!r.about) fail({.subject = "--query", .found = "nothing", .wanted = "the text that others are compared with"});
    query_ = embed_.values(*r.about);
  }

  void answer(list<const line> lines, std::string&) {
    for (const auto& l : lines) best_.push_back({cosine(query_, embed_.values(l.text)), l.number, std::string(l.text)});
    keep();
  }
  void finish(std::string& to) {
    keep();
    for (const auto& found : best_) {
      if (!json_) {
        to += shown_score(found.score) + "  " + found.text + "\n";
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
    index number;
    std::string text;
  };
  void keep() {
    std::sort(best_.begin(), best_.end(), [](const ranked& a, const ranked& b) {
      return a.score != b.score ? a.score > b.score : a.number < b.number;
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
