#pragma once
// Texts in, vectors out.
#include <memory>
#include <weft/pipeline/embedder.hpp>
#include <weft/program/task.hpp>
#include <weft/program/vector_file.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// One vector a text, as modules.json of a sentence-transformers directory says; without one the mean of all rows.
template <class Spec>
class embed {
 public:
  static constexpr std::string_view name = "embed";
  static constexpr std::string_view options =
      " --max-length --truncate --normalize --pooling --prompt --truncate-dim --out --precision --width --depth ";
  static constexpr bool sentences = true;
  static constexpr index_t together = static_cast<index_t>(line_source::together);

  embed(const request& r, const pipeline_options& how, model_files files)
      : request_(r), embed_(files.modules, std::move(files.source), how) {
    if (!r.out.empty()) file_ = std::make_shared<vector_file>(r.out, r.precision, count());
  }

  void append(list<const line> lines, std::string& to) {
    const auto rows = vectors(lines);
    if (file_) return file_->add(rows);
    for (index_t i = 0; i < lines.size(); ++i) {
      const auto v = rows[i];
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
  void finish(std::string&) {
    if (file_) file_->finish();
  }

  index_t count() const { return embed_.width(); }
  /// The vectors of lines, one a row.
  matrix_buffer vectors(list<const line> lines) { return embed_.all(texts_of(lines), {.prompt = request_.prompt}); }
  std::string_view label(index_t) const { return {}; }
  std::vector<float> values(list<const std::string_view> texts) {
    const auto rows = embed_.all(texts, {.prompt = request_.prompt});
    return {rows.data(), rows.data() + rows.count() * rows.width()};
  }
  std::vector<float> query(std::string_view text) { return embed_(text, {.prompt = request_.query_prompt}); }
  float similarity(list<const float> a, list<const float> b) const { return embed_.similarity(a, b); }

 private:
  request request_;
  embedder<Spec> embed_;
  std::shared_ptr<vector_file> file_;  // null: lines of text
};

}  // namespace weft::program
