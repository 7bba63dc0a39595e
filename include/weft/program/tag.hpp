#pragma once
// Texts in, their labelled parts out.
#include <array>
#include <weft/pipeline/tagger.hpp>
#include <weft/program/task.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

template <class Spec>
class tag {
 public:
  static constexpr std::string_view name = "tag";
  static constexpr std::string_view options = " --max-length --truncate --join ";
  static constexpr bool sentences = false;
  static constexpr index_t together = static_cast<index_t>(line_source::together);

  tag(const request& r, const pipeline_options& how, model_files files)
      : json_(r.json),
        tag_(std::move(files.source), {.run = how.run,
                                       .join = joining_of(r.join),
                                       .max_length = how.max_length,
                                       .refuse_longer = how.refuse_longer,
                                       .allow_nonfinite = how.allow_nonfinite}) {}

  void append(list<const line> lines, std::string& to) {
    const auto spans = tag_.all(texts_of(lines));
    for (index_t i = 0; i < lines.size(); ++i) write(lines[i], spans[static_cast<std::size_t>(i)], to);
  }
  void finish(std::string&) {}

  index_t count() const { return 0; }
  std::string_view label(index_t) const { return {}; }
  std::vector<float> values(list<const std::string_view>) { return {}; }

 private:
  static joining joining_of(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, joining>, 5> all{{{"none", joining::none},
                                                                       {"simple", joining::simple},
                                                                       {"first", joining::first},
                                                                       {"average", joining::average},
                                                                       {"max", joining::maximum}}};
    if (word.empty()) return joining::simple;
    for (const auto& [text, how] : all)
      if (text == word) return how;
    fail({.subject = "--join", .found = word, .wanted = "none, simple, first, average or max"});
  }

  void write(const line& l, const std::vector<tagged_span>& spans, std::string& to) const {
    const auto text_of = [&](const tagged_span& s) {
      return l.text.substr(static_cast<std::size_t>(s.begin), static_cast<std::size_t>(s.end - s.begin));
    };
    if (!json_) {
      for (std::size_t i = 0; i < spans.size(); ++i) {
        append_shown(to += i ? ", " : "", text_of(spans[i]));
        append_shown(to += ' ', spans[i].label);
        (to += ' ') += shown_score(spans[i].score);
      }
      to += '\n';
      return;
    }
    begin_object(to, l);
    append_key(to, "spans");
    to += '[';
    for (std::size_t i = 0; i < spans.size(); ++i) {
      to += i ? ",{" : "{";
      append_key(to, "label");
      append_string(to, spans[i].label);
      to += ",\"score\":";
      append_number(to, spans[i].score);
      to += ",\"begin\":" + std::to_string(spans[i].begin) + ",\"end\":" + std::to_string(spans[i].end) + ',';
      append_key(to, "text");
      append_string(to, text_of(spans[i]));
      to += '}';
    }
    to += "]}\n";
  }

  bool json_;
  tagger<Spec> tag_;
};

}  // namespace weft::program
