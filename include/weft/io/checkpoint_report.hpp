#pragma once
// How a checkpoint and a model agree: everything that is wrong, in one report.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/tensor_names.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A parameter that a model needs: its full name, as "bert.pooler.dense.weight", and its shape. One that is tied to
/// another is read under that one's name where its own is not stored; where both are, each is read as it is stored.
/// `older` is how older files spell its own name.
struct tensor_request {
  std::string name;
  std::vector<index_t> shape;
  std::string tied_to = {};
  std::string older = {};
  index_t values = 0;  ///< of a table of whole numbers below this one; 0: floats
};

/// The tensor that a request is for, or null; see find_parameter in tensor_names.hpp.
inline const stored_tensor* find_parameter(const checkpoint& stored, const tensor_request& request,
                                           std::string_view prefix) {
  const auto* own = find_parameter(stored, request.name, prefix);
  if (!own && !request.older.empty()) own = find_parameter(stored, request.older, prefix);
  return own || request.tied_to.empty() ? own : find_parameter(stored, request.tied_to, prefix);
}

struct checkpoint_report {
  std::vector<std::string> missing;    ///< parameters that the checkpoint does not have
  std::vector<std::string> misshapen;  ///< "name: found [4, 16], wanted [8, 8]"
  std::vector<std::string> unused;     ///< stored tensors that the model does not need, as a head's: no fault
  bool nothing_found = false;          ///< of all that is needed: the checkpoint is another model's

  bool sound() const { return missing.empty() && misshapen.empty(); }

  void add_missing(std::string_view name, list<const index_t> wanted, index_t values = 0) {
    missing.push_back(std::string(name) + ": wanted " + shape_text(wanted));
    if (values > 0)
      missing.back() += " of whole numbers below " + std::to_string(values) +
                        ", a table that may also stand in tables.safetensors beside the weights";
  }
  void add_misshapen(const stored_tensor& found, list<const index_t> wanted) {
    auto line = found.name + ": found " + shape_text(found.shape) + ", wanted " + shape_text(wanted);
    if (misshapen_.insert(line).second) misshapen.push_back(std::move(line));
  }
  /// Notes every stored tensor whose name is not among `used`, except buffers (see is_ignored).
  void note_unused(const checkpoint& stored, const std::vector<std::string>& used) {
    const std::set<std::string_view> known(used.begin(), used.end());
    for (auto& name : stored.names())
      if (!known.count(name) && !is_ignored(name)) unused.push_back(std::move(name));
  }

  /// All faults, one a line, at most 20 of each kind, and three where nothing was found, which has one cause. Unused
  /// tensors are listed only where something is missing, as the parameter may be there under another name. Empty if the
  /// checkpoint is sound.
  std::string sentence() const {
    if (sound()) return {};
    std::string s;
    if (nothing_found) s = "none of the tensors is there: this is another model, or its names were changed";
    const std::size_t most = nothing_found ? 3 : 20;
    add(s, "missing tensors", missing, most);
    add(s, "tensors of another shape", misshapen, most);
    if (!missing.empty()) add(s, "tensors that the model does not use", unused, most);
    return s;
  }

 private:
  std::set<std::string> misshapen_;  // the same lines, to say each once

  static void add(std::string& s, std::string_view title, const std::vector<std::string>& lines, std::size_t most) {
    if (lines.empty()) return;
    if (!s.empty()) s += '\n';
    s.append(title).append(" (" + std::to_string(lines.size()) + "):");
    for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) s += "\n  " + detail::printable(lines[i], 300);
    if (lines.size() > most) s += "\n  and " + std::to_string(lines.size() - most) + " more";
  }
};

namespace detail {
// How many parameters are found.
inline index_t count_found(const checkpoint& stored, const std::vector<tensor_request>& wanted,
                           std::string_view prefix) {
  return std::count_if(wanted.begin(), wanted.end(),
                       [&](const tensor_request& w) { return find_parameter(stored, w, prefix) != nullptr; });
}

// Everything that stands in front of a parameter's name in one of the stored names, as "module.", the shortest first.
inline std::vector<std::string> wrappers_of(const std::vector<std::string>& names, const tensor_request& wanted,
                                            std::string_view prefix) {
  std::set<std::pair<std::size_t, std::string>> all;
  for (const std::string_view full : {std::string_view(wanted.name), std::string_view(wanted.tied_to)}) {
    if (full.empty()) continue;
    const std::string bare(without_prefix(full, prefix));
    for (const std::string& ending : {std::string(full), bare, legacy_name(full), legacy_name(bare)})
      for (const std::string_view name : names)
        if (!ending.empty() && name.size() > ending.size() + 1 && name.ends_with(ending) &&
            name[name.size() - ending.size() - 1] == '.')
          all.emplace(name.size() - ending.size(), name.substr(0, name.size() - ending.size()));
  }
  std::vector<std::string> sorted;
  for (const auto& [size, one] : all) sorted.push_back(one);
  return sorted;
}
}  // namespace detail

/// A model that was saved from inside another module, or from a dictionary of more than weights, has something in front
/// of each of its names: "module.", "_orig_mod.", "0.auto_model.", "state_dict.". This is the checkpoint without it;
/// the checkpoint itself where nothing in front helps. Where parameters are found under their own names, as those of a
/// head beside an encoder that has another name, "ernie.", all others must be found behind one word. Fails where two
/// models are in it, since nothing says which is meant.
inline checkpoint without_wrapper(const checkpoint& stored, const std::vector<tensor_request>& wanted,
                                  std::string_view prefix) {
  constexpr std::size_t most = 16;  // that are looked at
  const auto total = static_cast<index_t>(wanted.size());
  const auto own = detail::count_found(stored, wanted, prefix);
  if (own == total) return stored;
  const auto names = stored.names();
  std::vector<std::string> wrappers;
  for (const auto& w : wanted) {
    if (own > 0 && find_parameter(stored, w, prefix)) continue;
    if (wrappers = detail::wrappers_of(names, w, prefix); own > 0 || !wrappers.empty()) break;
  }
  if (wrappers.size() > most) wrappers.resize(most);
  std::string best;
  index_t found = 0;
  for (auto& wrapper : wrappers) {
    const auto here = detail::count_found(stored.passing_over(wrapper), wanted, prefix);
    // "model.bert." behind "model." is the same model; one that is elsewhere is another.
    if (here == total && found == total && !wrapper.starts_with(best))
      fail({.file = stored.file(),
            .subject = "the names of the tensors",
            .found = "two models of this type, below " + detail::shown(best) + " and below " + detail::shown(wrapper),
            .wanted = "one",
            .remedy = "save the one that is meant alone"});
    if (here > found) best = wrapper, found = here;
  }
  return (own > 0 ? found == total : 2 * found > total) ? stored.passing_over(best) : stored;
}

/// Compares what a model needs with what is stored, by the rules of find_parameter. `prefix` is the model's.
inline checkpoint_report compare(const checkpoint& stored, const std::vector<tensor_request>& wanted,
                                 std::string_view prefix) {
  checkpoint_report report;
  std::vector<std::string> used;
  std::set<std::string_view> told;  // what is tied to a missing tensor is missing with it
  for (const auto& request : wanted) {
    bool found = false;
    const auto is_stored = [&](const std::string& name) {
      return !name.empty() && find_parameter(stored, name, prefix);
    };
    for (const auto& name : {is_stored(request.name) ? request.name : request.older, request.tied_to})
      if (const auto* t = name.empty() ? nullptr : find_parameter(stored, name, prefix)) {
        found = true;
        used.push_back(t->name);
        if (t->shape != request.shape) report.add_misshapen(*t, request.shape);
      }
    if (found || !told.insert(request.name).second) continue;
    const bool tied = !request.tied_to.empty() && request.tied_to != request.name;
    report.add_missing(tied ? request.name + " or " + request.tied_to : request.name, request.shape, request.values);
    if (tied) told.insert(request.tied_to);
  }
  report.note_unused(stored, used);
  report.nothing_found = used.empty() && wanted.size() > 1;
  return report;
}

}  // namespace weft
