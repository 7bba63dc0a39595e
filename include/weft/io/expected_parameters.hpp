#pragma once
// The tensors that a checkpoint has to store for a type, as a table.
#include <map>
#include <weft/io/load.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Name and shape of every tensor that a checkpoint with this configuration has to store for the encoder of a type and
/// these heads. Tied tensors stand once, under the name that is stored as a rule.
template <class Spec, class... Heads>
std::vector<tensor_request> expected_parameters(const configuration& c) {
  using made = loaded<Spec, Heads...>;
  typename made::template params<raw> record{};
  const auto size = sizes_of(c);
  const auto names = detail::names_of<Spec>();
  const std::string prefix(detail::prefix_of<Spec>());
  const auto ties = c.tie_word_embeddings ? detail::ties_of<Spec, Heads...>() : std::vector<tied_name>();
  std::vector<tensor_request> all;
  std::map<std::string, std::size_t> places;  // of their names
  for (const auto& p : describe_record(record, made::starting_name(), size,
                                       [&](list<const index_t> shape) { return resolved(shape, size); })) {
    std::string name = spelt(p.name, names), tied;
    for (const auto& t : ties)
      if (p.name == t.name) tied = name, name = spelt(detail::join(prefix, t.same_as), names);
    const auto [known, is_new] = places.emplace(name, all.size());
    if (is_new)
      all.push_back({name, {p.shape.begin(), p.shape.end()}, tied});
    else if (!tied.empty())
      all[known->second].tied_to = tied;
  }
  return all;
}

/// Fails unless every tensor that a type and these heads need is there and well shaped, and unless its values are
/// finite, where they have to be. What nothing needs is in the report.
template <class Spec, class... Heads>
checkpoint_report check_tensors(const checkpoint& stored, const configuration& c, bool allow_nonfinite = false) {
  const auto wanted = expected_parameters<Spec, Heads...>(c);
  const auto prefix = detail::prefix_of<Spec>();
  auto report = compare(stored, wanted, prefix);
  if (!report.sound())
    fail({.file = stored.file(), .subject = "the tensors do not fit " + c.file, .details = report.sentence()});
  arena converted;  // reads every tensor that the model would read
  std::vector<detail::float_tensor> values;
  for (const auto& w : wanted) {
    const auto* const t = find_parameter(stored, w, prefix);
    values.push_back({t, as_floats(*t, converted)});
    if (w.tied_to.empty()) continue;
    if (const auto* other = find_parameter(stored, w.tied_to, prefix); other && other != t)
      values.push_back({other, as_floats(*other, converted)});
  }
  if (!allow_nonfinite)
    if (const auto odd = detail::nonfinite_of(values, {}); !odd.empty()) detail::refuse_nonfinite(stored.file(), odd);
  return report;
}

}  // namespace weft
