#pragma once
// How a checkpoint and a model agree: everything that is wrong, in one report.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/tensor_names.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A parameter that a model needs: its full name, as "bert.pooler.dense.weight", and its shape. One that is tied to
/// another is read under that one's name where its own is not stored; where both are, each is read as it is stored.
struct tensor_request {
  std::string name;
  std::vector<index_t> shape;
  std::string tied_to = {};
};

/// The tensor that a request is for, or null; see find_parameter in tensor_names.hpp.
inline const stored_tensor* find_parameter(const checkpoint& stored, const tensor_request& request,
                                           std::string_view prefix) {
  const auto* own = find_parameter(stored, request.name, prefix);
  return own || request.tied_to.empty() ? own : find_parameter(stored, request.tied_to, prefix);
}

struct checkpoint_report {
  std::vector<std::string> missing;    ///< parameters that the checkpoint does not have
  std::vector<std::string> misshapen;  ///< "name: found [4, 16], wanted [8, 8]"
  std::vector<std::string> unused;     ///< stored tensors that the model does not need, as a head's: no fault

  bool sound() const { return missing.empty() && misshapen.empty(); }

  void add_missing(std::string_view name, list<const index_t> wanted) {
    missing.push_back(std::string(name) + ": wanted " + shape_text(wanted));
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

  /// All faults, one a line, at most 20 of each kind. Unused tensors are listed only where something is missing, as
  /// the parameter may be there under another name. Empty if the checkpoint is sound.
  std::string sentence() const {
    if (sound()) return {};
    std::string s;
    add(s, "missing tensors", missing);
    add(s, "tensors of another shape", misshapen);
    if (!missing.empty()) add(s, "tensors that the model does not use", unused);
    return s;
  }

 private:
  std::set<std::string> misshapen_;  // the same lines, to say each once

  static void add(std::string& s, std::string_view title, const std::vector<std::string>& lines) {
    constexpr std::size_t most = 20;
    if (lines.empty()) return;
    if (!s.empty()) s += '\n';
    s.append(title).append(" (" + std::to_string(lines.size()) + "):");
    for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) s += "\n  " + detail::printable(lines[i], 300);
    if (lines.size() > most) s += "\n  and " + std::to_string(lines.size() - most) + " more";
  }
};

/// Compares what a model needs with what is stored, by the rules of find_parameter. `prefix` is the model's.
inline checkpoint_report compare(const checkpoint& stored, const std::vector<tensor_request>& wanted,
                                 std::string_view prefix) {
  checkpoint_report report;
  std::vector<std::string> used;
  std::set<std::string_view> told;  // what is tied to a missing tensor is missing with it
  for (const auto& request : wanted) {
    bool found = false;
    for (const auto& name : {request.name, request.tied_to})
      if (const auto* t = name.empty() ? nullptr : find_parameter(stored, name, prefix)) {
        found = true;
        used.push_back(t->name);
        if (t->shape != request.shape) report.add_misshapen(*t, request.shape);
      }
    if (found || told.count(request.name)) continue;
    const bool tied = !request.tied_to.empty() && request.tied_to != request.name;
    report.add_missing(tied ? request.name + " or " + request.tied_to : request.name, request.shape);
    if (tied) told.insert(request.tied_to);
  }
  report.note_unused(stored, used);
  return report;
}

}  // namespace weft
