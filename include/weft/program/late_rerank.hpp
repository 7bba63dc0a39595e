#pragma once
// Texts ranked by how well the vectors of their tokens meet those of a query.
#include <weft/pipeline/late_interaction.hpp>
#include <weft/program/best_lines.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// The texts that answer request.about best by late interaction, the best first, when all have come.
template <class Spec>
class late_rerank {
 public:
  static constexpr std::string_view name = "rerank";
  static constexpr std::string_view options = " --max-length --truncate --query --top --width --depth ";
  static constexpr bool sentences = false;
  static constexpr index_t together = 256;  // whose rows are there at once

  late_rerank(const request& r, const pipeline_options& how, model_files files)
      : rank_(files.late, std::move(files.source), how), best_(r), query_(0, rank_.width()) {
    if (!r.about) fail({.subject = "--query", .found = "nothing", .wanted = "the text that others answer"});
    try {
      query_ = rank_.query(*r.about);
    } catch (const error& e) {
      fail({.subject = "--query", .found = e.found, .wanted = e.wanted, .remedy = e.remedy});
    }
  }

  void append(list<const line> lines, std::string&) {
    const auto rows = rank_.documents(texts_of(lines));
    for (index_t i = 0; i < lines.size(); ++i)
      best_.add(lines[i], rank_.score(query_, rows[static_cast<std::size_t>(i)]));
    best_.keep();
  }
  void finish(std::string& to) { best_.write(to); }

 private:
  late_interaction<Spec> rank_;
  best_lines best_;
  matrix_buffer query_;
};

}  // namespace weft::program
