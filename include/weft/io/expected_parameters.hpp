#pragma once
// The tensors that a configuration promises, as a table: the same records that models are made of, with their widths
// left open, so that a directory can be inspected without compiling its type.
#include <weft/encoder/describe.hpp>
#include <weft/head/model.hpp>
#include <weft/io/architecture.hpp>
#include <weft/io/load.hpp>
#include <weft/model/electra.hpp>

namespace weft {

namespace detail {
inline constexpr model_shape open_shape{.width = counted::width, .heads = 1, .hidden = counted::hidden};
struct open_bert : bert_base {
  static constexpr model_shape shape = open_shape;
};
struct open_electra : electra_small {
  static constexpr model_shape shape = open_shape;
  using embedding = factorised<counted::table_width>;
};
struct open_square_electra : electra_small {
  static constexpr model_shape shape = open_shape;
  using embedding = summed;
};

template <class Spec, class... Heads>
std::vector<tensor_request> expected_of(const configuration& c) {
  std::vector<tensor_request> all;
  const auto parameters = describe<loaded<Spec, Heads...>>(
      sizes_of(c), {.width = c.hidden_size, .hidden = c.intermediate_size, .table_width = c.embedding_size});
  const auto ties = c.tie_word_embeddings ? ties_of<Spec, Heads...>() : std::vector<tied_name>();
  for (const auto& p : parameters) {
    auto name = stored_name(p.name, prefix_of<Spec>(), ties);
    const auto known = [&](const tensor_request& r) { return r.name == name; };
    if (name == p.name || std::none_of(all.begin(), all.end(), known)) all.push_back({std::move(name), p.shape});
  }
  return all;
}

// The encoder's parameters and those of the heads that the configuration's class has; the encoder's alone for a class
// that weft does not have.
template <class Spec>
std::vector<tensor_request> expected_for_class(const configuration& c) {
  using tasks = typename Spec::tasks;
  const auto named = tasks_of(c).value_or(std::vector<std::string_view>{});
  const auto are = [&](auto... names) { return named == std::vector<std::string_view>{names...}; };
  if (are("masked_lm")) return expected_of<Spec, typename tasks::masked_lm>(c);
  if (are("sequence_classification")) return expected_of<Spec, typename tasks::sequence_classification>(c);
  if (are("token_classification")) return expected_of<Spec, typename tasks::token_classification>(c);
  if (are("question_answering")) return expected_of<Spec, typename tasks::question_answering>(c);
  if (are("multiple_choice")) return expected_of<Spec, typename tasks::multiple_choice>(c);
  if constexpr (requires { typename tasks::next_sentence; }) {
    if (are("next_sentence")) return expected_of<Spec, typename tasks::next_sentence>(c);
    if (are("masked_lm", "next_sentence"))
      return expected_of<Spec, typename tasks::masked_lm, typename tasks::next_sentence>(c);
  }
  if constexpr (requires { typename tasks::replaced_token_detection; })
    if (are("replaced_token_detection")) return expected_of<Spec, typename tasks::replaced_token_detection>(c);
  return expected_of<Spec>(c);
}
}  // namespace detail

/// Name and shape of every tensor that a checkpoint with this configuration has to store: the encoder's and those of
/// the head that `architectures` names. Tied tensors stand once, under the name that is stored.
inline std::vector<tensor_request> expected_parameters(const configuration& c) {
  if (c.family == "bert") return detail::expected_for_class<detail::open_bert>(c);
  if (c.family == "electra" && c.embedding_size == c.hidden_size)
    return detail::expected_for_class<detail::open_square_electra>(c);
  if (c.family == "electra") return detail::expected_for_class<detail::open_electra>(c);
  fail({.file = c.file, .subject = "model_type", .found = "\"" + c.family + "\"", .wanted = "\"bert\" or \"electra\""});
}

}  // namespace weft
