#pragma once
// Texts in, labels out.
#include <weft/pipeline/classifier.hpp>
#include <weft/program/task.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

template <class Spec>
class classify {
 public:
  static constexpr std::string_view name = "classify";
  static constexpr std::string_view options = " --max-length --truncate --pairs --top --width --depth ";
  static constexpr bool sentences = false;
  static constexpr index_t together = static_cast<index_t>(line_source::together);

  classify(const request& r, const pipeline_options& how, model_files files)
      : request_(r), sort_(std::move(files.source), how) {}

  void append(list<const line> lines, std::string& to) {
    std::vector<text_input> texts;
    for (const auto& l : lines) texts.push_back(input_of(l.text));
    const auto answers = sort_.all(texts);
    for (index_t i = 0; i < lines.size(); ++i)
      write(lines[i], sort_.top(answers[static_cast<std::size_t>(i)], std::max<index_t>(request_.top, 1)), to);
  }
  void finish(std::string&) {}

  index_t count() const { return static_cast<index_t>(sort_.labels().size()); }
  std::string_view label(index_t i) const { return sort_.labels()[static_cast<std::size_t>(i)]; }
  /// The scores of all labels, in their order, text by text.
  std::vector<float> values(list<const std::string_view> texts) {
    std::vector<text_input> inputs;
    for (const auto text : texts) inputs.push_back(input_of(text));
    std::vector<float> all(inputs.size() * static_cast<std::size_t>(count()));
    float* to = all.data();
    for (const auto& answer : sort_.all(inputs)) {
      for (const auto& l : sort_.top(answer, count())) to[l.index] = l.score;
      to += count();
    }
    return all;
  }

 private:
  text_input input_of(std::string_view text) const {
    return request_.pairs ? text_input(pair_of(text)) : text_input(text);
  }

  void write(const line& l, const std::vector<ranked_label>& best, std::string& to) const {
    if (!request_.json) {
      for (std::size_t i = 0; i < best.size(); ++i) {
        append_shown(to += i ? ", " : "", best[i].label);
        (to += ' ') += shown_score(best[i].score);
      }
      append_shown(to += '\t', l.text);
      to += '\n';
      return;
    }
    const auto labelled = [&](const ranked_label& one) {
      append_key(to, "label");
      append_string(to, one.label);
      to += ',';
      append_key(to, "score");
      append_number(to, one.score);
    };
    begin_object(to, l);
    labelled(best.front());
    if (request_.top > 0) {
      to += ',';
      append_key(to, "top");
      for (std::size_t i = 0; i < best.size(); ++i) {
        to += i ? ",{" : "[{";
        labelled(best[i]);
        to += '}';
      }
      to += ']';
    }
    to += "}\n";
  }

  request request_;
  classifier<Spec> sort_;
};

}  // namespace weft::program
