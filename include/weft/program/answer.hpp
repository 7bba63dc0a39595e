#pragma once
// Contexts in, the parts that answer a question out.
#include <weft/pipeline/answer.hpp>
#include <weft/program/task.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// A text is a context of the question in request.about; without one it is a question and a context with a tab between.
template <class Spec>
class answer {
 public:
  static constexpr std::string_view name = "answer";
  static constexpr std::string_view options = " --max-length --question --top --absent ";
  static constexpr bool sentences = false;
  static constexpr index_t together = static_cast<index_t>(line_source::together);

  answer(const request& r, const pipeline_options& how, model_files files)
      : request_(r),
        ask_(std::move(files.source), {.run = how.run,
                                       .max_length = how.max_length,
                                       .may_be_absent = r.may_be_absent,
                                       .allow_nonfinite = how.allow_nonfinite}) {}

  void append(list<const line> lines, std::string& to) {
    std::vector<text_input> pairs;
    for (const auto& l : lines)
      pairs.push_back(request_.about ? text_input(*request_.about, l.text) : text_input(pair_of(l.text)));
    const auto answers = ask_.all_best(pairs);
    for (index_t i = 0; i < lines.size(); ++i) write(lines[i], answers[static_cast<std::size_t>(i)], to);
  }
  void finish(std::string&) {}

  index_t count() const { return 0; }
  std::string_view label(index_t) const { return {}; }
  std::vector<float> values(list<const std::string_view>) { return {}; }

 private:
  void write(const line& l, std::vector<answer_span> best, std::string& to) const {
    if (const auto most = static_cast<std::size_t>(std::max<index_t>(request_.top, 1)); best.size() > most)
      best.resize(most);
    if (!request_.json) {
      for (std::size_t i = 0; i < best.size(); ++i) {
        append_shown(to += i ? ", " : "", best[i].empty() ? "(no answer)" : best[i].text);
        (to += ' ') += shown_score(best[i].score);
      }
      to += '\n';
      return;
    }
    begin_object(to, l);
    write(best.front(), to);
    if (request_.top > 0) {
      to += ",\"top\":[";
      for (std::size_t i = 0; i < best.size(); ++i) {
        to += i ? ",{" : "{";
        write(best[i], to);
        to += '}';
      }
      to += ']';
    }
    to += "}\n";
  }
  static void write(const answer_span& span, std::string& to) {
    append_key(to, "answer");
    append_string(to, span.text);
    to += ",\"score\":";
    append_number(to, span.score);
    to += ",\"begin\":" + std::to_string(span.begin) + ",\"end\":" + std::to_string(span.end);
  }

  request request_;
  weft::answer<Spec> ask_;
};

}  // namespace weft::program
