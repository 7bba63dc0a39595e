#pragma once
// Weights that are no numbers: told by name before a model is built of them.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>
#include <weft/base/finite.hpp>
#include <weft/io/as_floats.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/memory/executor.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

/// A tensor and its values as float.
struct float_tensor {
  const stored_tensor* tensor;
  list<const float> values;
};

// "NaN as value 3 of 768": the first value that is not finite.
inline std::string nonfinite_text(const float_tensor& t) {
  index_t at = 0;
  while (is_finite(t.values[at])) ++at;
  std::string what = is_nan(t.values[at]) ? "NaN" : "infinity";
  if (t.tensor->type == dtype::f64 &&
      is_finite(std::bit_cast<double>(load_little<std::uint64_t>(t.tensor->bytes.data() + 8 * at))))
    what = "a number past the range of float32";
  return what + " as value " + std::to_string(at + 1) + " of " + std::to_string(t.values.size());
}

// Those that have a value that is not finite. Workers share one pass over all of them, and nothing in it can fail.
inline std::vector<float_tensor> nonfinite_of(const std::vector<float_tensor>& all, executor run) {
  constexpr index_t step = index_t{1} << 18;
  struct piece {
    std::size_t tensor;
    index_t first;
  };
  std::vector<piece> pieces;
  std::unordered_set<const stored_tensor*> known;  // a tied tensor is there more than once
  for (std::size_t t = 0; t < all.size(); ++t)
    if (known.insert(all[t].tensor).second)
      for (index_t first = 0; first < all[t].values.size(); first += step) pieces.push_back({t, first});
  std::vector<unsigned char> odd(pieces.size());
  run.for_each(static_cast<index_t>(pieces.size()), [&](index_t i, index_t) {
    const auto& p = pieces[static_cast<std::size_t>(i)];
    const auto& values = all[p.tensor].values;
    odd[static_cast<std::size_t>(i)] = !all_finite(values.part(p.first, std::min(values.size(), p.first + step)));
  });
  std::vector<float_tensor> found;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (odd[i] && (found.empty() || found.back().tensor != all[pieces[i].tensor].tensor))
      found.push_back(all[pieces[i].tensor]);
  return found;
}

// Refuses them by name.
[[noreturn]] inline void refuse_nonfinite(const std::string& file, const std::vector<float_tensor>& found) {
  constexpr std::size_t most = 20;
  std::string names = found.size() == 1 ? "tensor " : "tensors ";
  for (std::size_t i = 0; i < std::min(most, found.size()); ++i)
    names += (i == 0 ? "" : ", ") + shown(found[i].tensor->name);
  if (found.size() > most) names += " and " + std::to_string(found.size() - most) + " more";
  fail({.file = file,
        .subject = names,
        .found = nonfinite_text(found[0]) + (found.size() == 1 ? "" : " of the first"),
        .wanted = "finite numbers",
        .remedy = "allow_nonfinite, at the prompt --allow-nonfinite, loads them all the same"});
}

}  // namespace detail

/// What is not finite in a checkpoint, whether a model uses it or not: "classifier.bias: NaN as value 2 of 3". Tensors
/// of types that are no weights are left out.
inline std::vector<std::string> nonfinite_tensors(const checkpoint& stored, executor run = {}) {
  std::vector<std::string> lines;
  for (const auto& name : stored.names()) {
    const auto* const t = stored.find(name);
    if (!is_floating(t->type)) continue;
    arena converted;
    for (const auto& found : detail::nonfinite_of({{t, as_floats(*t, converted)}}, run))
      lines.push_back(detail::printable(name) + ": " + detail::nonfinite_text(found));
  }
  return lines;
}

}  // namespace weft
