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
      " --max-length --truncate --normalize --pooling --prompt --truncate-dim --in --out --precision --width --depth "
      "--rank "
      "--ranks ";
  static constexpr bool sentences = true;
  static constexpr index_t together = static_cast<index_t>(line_source::together);

  embed(const request& r, const pipeline_options& how, model_files files)
      : request_(r), embed_(files.modules, std::move(files.source), how) {
    if (!r.in.empty()) {
      if (!r.json) row_bytes_ = bytes_of_vector(row_precision_of(r.precision), count());
    } else if (!r.out.empty()) {
      file_ = std::make_shared<vector_file>(r.out, r.precision, count());
    }
  }

  /// Of a vector in a rank's file; 0: lines of JSON.
  index_t row_bytes() const { return row_bytes_; }
  /// How a rank's file ends.
  std::string ending() const {
    if (row_bytes_ == 0) return ".jsonl";
    return "." + (request_.precision.empty() ? "float32" : request_.precision);
  }

  void append(list<const line> lines, std::string& to) {
    const auto rows = vectors(lines);
    if (file_) return file_->add(rows);
    if (row_bytes_ > 0) {
      const auto bytes = quantized(rows, row_precision_of(request_.precision));
      to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return;
    }
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
  index_t row_bytes_ = 0;              // of a rank's file of vectors
  std::shared_ptr<vector_file> file_;  // null: lines of text
};

}  // namespace weft::program
