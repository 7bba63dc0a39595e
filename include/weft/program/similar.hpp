#pragma once
// Texts ranked by how near their vectors are to that of a query.
#include <weft/program/best_lines.hpp>
#include <weft/program/embed.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// The texts that are nearest to request.about, the nearest first, when all have come.
template <class Spec>
class similar {
 public:
  static constexpr std::string_view name = "similar";
  static constexpr std::string_view options =
      " --max-length --truncate --normalize --pooling --prompt --query-prompt --truncate-dim --query --top --width "
      "--depth ";
  static constexpr bool sentences = true;
  static constexpr index_t together = embed<Spec>::together;

  similar(const request& r, const pipeline_options& how, model_files files)
      : embed_(r, how, std::move(files)), best_(r) {
    if (!r.about) fail({.subject = "--query", .found = "nothing", .wanted = "the text that others are compared with"});
    try {
      query_ = embed_.query(*r.about);
    } catch (const error& e) {
      fail({.subject = "--query", .found = e.found, .wanted = e.wanted, .remedy = e.remedy});
    }
  }

  void append(list<const line> lines, std::string&) {
    const auto rows = embed_.vectors(lines);
    for (index_t i = 0; i < lines.size(); ++i) best_.add(lines[i], embed_.similarity(query_, rows[i]));
    best_.keep();
  }
  void finish(std::string& to) { best_.write(to); }

 private:
  embed<Spec> embed_;
  std::vector<float> query_;
  best_lines best_;
};

}  // namespace weft::program
