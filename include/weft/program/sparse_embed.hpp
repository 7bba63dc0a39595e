#pragma once
// Texts in, weights of words out.
#include <weft/pipeline/sparse_embedder.hpp>
#include <weft/program/task.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// The words of a text whose weight is not 0, the largest first, as modules.json of a SparseEncoder's directory says.
template <class Spec, class Head = typename Spec::tasks::masked_lm>
class sparse_embed {
 public:
  static constexpr std::string_view name = "embed";
  static constexpr std::string_view options = " --max-length --truncate --prompt --top --width --depth ";
  static constexpr bool sentences = true;
  static constexpr index_t together = 256;

  sparse_embed(const request& r, const pipeline_options& how, model_files files)
      : request_(r), embed_(files.sparse, std::move(files.source), how) {}

  void append(list<const line> lines, std::string& to) {
    const auto all = embed_.all(texts_of(lines), {.prompt = request_.prompt});
    for (index_t i = 0; i < lines.size(); ++i)
      write(lines[i], embed_.terms(all[static_cast<std::size_t>(i)], request_.top), to);
  }
  void finish(std::string&) {}

  index_t count() const { return embed_.width(); }
  std::string_view label(index_t) const { return {}; }
  /// A weight for every word of the vocabulary.
  std::vector<float> values(list<const std::string_view> texts) {
    std::vector<float> all(static_cast<std::size_t>(texts.size() * count()));
    const auto rows = embed_.all(texts, {.prompt = request_.prompt});
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t k = 0; k < rows[i].ids.size(); ++k)
        all[i * static_cast<std::size_t>(count()) + static_cast<std::size_t>(rows[i].ids[k])] = rows[i].weights[k];
    return all;
  }

 private:
  void write(const line& l, const std::vector<weighted_term>& terms, std::string& to) const {
    if (!request_.json) {
      for (std::size_t i = 0; i < terms.size(); ++i) {
        append_shown(to += i ? ", " : "", terms[i].token);
        (to += ' ') += shown_score(terms[i].weight);
      }
      to += '\n';
      return;
    }
    begin_object(to, l);
    const auto write_all = [&](std::string_view key, const auto& write_one) {
      append_key(to, key);
      for (std::size_t i = 0; i < terms.size(); ++i) to += i ? ',' : '[', write_one(terms[i]);
      to += terms.empty() ? "[]" : "]";
    };
    write_all("tokens", [&](const weighted_term& t) { append_string(to, t.token); });
    to += ',';
    write_all("indices", [&](const weighted_term& t) { to += std::to_string(t.id); });
    to += ',';
    write_all("values", [&](const weighted_term& t) { append_number(to, t.weight); });
    to += "}\n";
  }

  request request_;
  sparse_embedder<Spec, Head> embed_;
};

}  // namespace weft::program
