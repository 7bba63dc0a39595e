#pragma once
// The tensors that a checkpoint has to store for a type, as a table.
#include <weft/head/described.hpp>
#include <weft/io/load.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Name and shape of every tensor that a checkpoint with this configuration has to store for the encoder of a type and
/// these heads. Tied tensors stand once, under the name that is stored as a rule.
template <class Spec, class... Heads>
std::vector<tensor_request> expected_parameters(const configuration& c) {
  std::vector<tensor_request> all;
  for (const auto& p : stored_parameters<Spec, Heads...>(sizes_of(c), c.tie_word_embeddings))
    all.push_back({p.name, {p.shape.begin(), p.shape.end()}, p.tied_to, p.older, p.values});
  return all;
}

/// Fails where keys of a configuration do not go with what is stored, as far as that is known without a type: nothing
/// is said where names stand behind a word that only a comparison with a type finds (see without_wrapper).
inline void check_keys(const checkpoint& stored, const configuration& c) {
  const auto prefix = c.facts().prefix;
  if (detail::rows_stored(stored, c, prefix, "embeddings.word_embeddings.weight") >= 0)
    detail::check_stored(stored, c, prefix);
}

namespace detail {
// Lets the configuration's family look at the values of every tensor.
inline void check_family_values(const checkpoint& stored, const configuration& c,
                                const std::vector<tensor_request>& wanted, std::string_view prefix) {
  arena converted;
  const auto values = [&](std::string_view name) -> list<const float> {
    const auto* const t = find_parameter(stored, std::string(name), prefix);
    return t ? as_floats(*t, converted) : list<const float>();
  };
  const auto refuse = [&](std::string_view name, std::string_view found, std::string_view meant) {
    refuse_value(stored, std::string(name), prefix, found, meant);
  };
  for (const auto& w : wanted) c.facts().check_values(c.keys(), w.name, stored_values(values, refuse));
}
}  // namespace detail

/// Fails unless every tensor that a model needs is there and well shaped, and unless its values are finite, where they
/// have to be. What nothing needs is in the report. `prefix` is the model's.
inline checkpoint_report check_tensors(const checkpoint& files, const configuration& c,
                                       const std::vector<tensor_request>& wanted, std::string_view prefix,
                                       bool allow_nonfinite = false, detail::check_of_heads check_heads = nullptr) {
  const auto stored = without_wrapper(files, wanted, prefix);
  detail::check_stored(stored, c, prefix, check_heads);
  auto report = compare(stored, wanted, prefix);
  if (!report.sound())
    fail({.file = stored.file(), .subject = "the tensors do not fit " + c.file, .details = report.sentence()});
  arena converted;  // reads every tensor that the model would read
  std::vector<detail::float_tensor> values;
  for (const auto& w : wanted) {
    const auto* const t = find_parameter(stored, w, prefix);
    if (w.values > 0) {
      as_integers(*t, w.values, converted);
      continue;
    }
    values.push_back({t, as_floats(*t, converted)});
    if (w.tied_to.empty()) continue;
    if (const auto* other = find_parameter(stored, w.tied_to, prefix); other && other != t)
      values.push_back({other, as_floats(*other, converted)});
  }
  if (!allow_nonfinite)
    if (const auto odd = detail::nonfinite_of(values, {}); !odd.empty()) detail::refuse_nonfinite(stored.file(), odd);
  detail::check_family_values(stored, c, wanted, prefix);
  return report;
}

/// The same for a type and heads.
template <class Spec, class... Heads>
checkpoint_report check_tensors(const checkpoint& stored, const configuration& c, bool allow_nonfinite = false) {
  return check_tensors(stored, c, expected_parameters<Spec, Heads...>(c), detail::prefix_of<Spec>(), allow_nonfinite,
                       detail::check_stored_heads<Spec, Heads...>);
}

}  // namespace weft
