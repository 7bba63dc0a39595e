#pragma once
// Texts with masks in, the words that fit there out.
#include <weft/pipeline/fill_mask.hpp>
#include <weft/program/task.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

template <class Spec, class Head = typename Spec::tasks::masked_lm>
class fill_mask {
 public:
  static constexpr std::string_view name = "fill-mask";
  static constexpr std::string_view options = " --max-length --truncate --top ";
  static constexpr bool sentences = false;
  static constexpr std::string_view remark =
      reads_before_last<typename Head::template bind<Spec>>
          ? "note: the checkpoint has its decoder's table of positions, so that the last layer runs "
            "twice more, as it did in training; transformers leaves that out"
          : "";
  static constexpr index_t together = static_cast<index_t>(line_source::together);

  fill_mask(const request& r, const pipeline_options& how, model_files files)
      : request_(r), fill_(std::move(files.source), how) {}

  void append(list<const line> lines, std::string& to) {
    const auto all = fill_.all(texts_of(lines), request_.top > 0 ? request_.top : 5);
    for (index_t i = 0; i < lines.size(); ++i) write(lines[i], all[static_cast<std::size_t>(i)], to);
  }
  void finish(std::string&) {}

  index_t count() const { return 0; }
  std::string_view label(index_t) const { return {}; }
  std::vector<float> values(list<const std::string_view>) { return {}; }

 private:
  void write(const line& l, const std::vector<filled_mask>& masks, std::string& to) const {
    if (!request_.json) {
      for (std::size_t m = 0; m < masks.size(); ++m) {
        if (m > 0) to += " | ";
        for (std::size_t i = 0; i < masks[m].guesses.size(); ++i) {
          append_shown(to += i ? ", " : "", masks[m].guesses[i].token);
          (to += ' ') += shown_score(masks[m].guesses[i].score);
        }
      }
      append_shown(to += '\t', l.text);
      to += '\n';
      return;
    }
    begin_object(to, l);
    append_key(to, "masks");
    for (std::size_t m = 0; m < masks.size(); ++m) {
      to += m ? ",{" : "[{";
      append_key(to, "begin");
      to += std::to_string(masks[m].begin) + ",\"end\":" + std::to_string(masks[m].end) + ",\"guesses\":[";
      for (std::size_t i = 0; i < masks[m].guesses.size(); ++i) {
        const auto& guess = masks[m].guesses[i];
        to += i ? ",{" : "{";
        append_key(to, "token");
        append_string(to, guess.token);
        to += ",\"id\":" + std::to_string(guess.id) + ",\"score\":";
        append_number(to, guess.score);
        to += '}';
      }
      to += "]}";
    }
    to += "]}\n";
  }

  request request_;
  weft::fill_mask<Spec, Head> fill_;
};

}  // namespace weft::program
