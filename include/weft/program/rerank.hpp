#pragma once
// Texts ranked by how well they answer a query, which the model reads together with each.
#include <weft/pipeline/reranker.hpp>
#include <weft/program/best_lines.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// The texts that answer request.about best, the best first, when all have come.
template <class Spec>
class rerank {
 public:
  static constexpr std::string_view name = "rerank";
  static constexpr std::string_view options = " --max-length --truncate --query --top ";
  static constexpr bool sentences = false;
  static constexpr index_t together = static_cast<index_t>(line_source::together);

  rerank(const request& r, const pipeline_options& how, model_files files)
      : rank_(std::move(files.source), how), best_(r) {
    if (!r.about) fail({.subject = "--query", .found = "nothing", .wanted = "the text that others answer"});
    query_ = *r.about;
  }

  void append(list<const line> lines, std::string&) {
    const auto scores = rank_.scores(query_, texts_of(lines));
    for (index_t i = 0; i < lines.size(); ++i) best_.add(lines[i], scores[static_cast<std::size_t>(i)]);
    best_.keep();
  }
  void finish(std::string& to) { best_.write(to); }

 private:
  reranker<Spec> rank_;
  std::string query_;
  best_lines best_;
};

}  // namespace weft::program
