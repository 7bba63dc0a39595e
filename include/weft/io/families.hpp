#pragma once
// The families that config.json may name: those of model/all.hpp, found by their model_type.
#include <string>
#include <string_view>
#include <weft/model/all.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What weft knows of every family.
inline constexpr auto& families = all_families::facts;

/// What a family has for a model_type of the same models; null for its own, and for any other.
constexpr const same_models* same_as(const family_facts& f, std::string_view model_type) {
  for (const auto& one : f.same)
    if (one.model_type == model_type) return &one;
  return nullptr;
}

/// What it knows of a model type; null if it has never heard of it. Of several families with one, the one of whose
/// mark `says(key)` is true, or the one without a mark.
constexpr const family_facts* find_family(std::string_view model_type, const auto& says) {
  const family_facts* found = nullptr;
  for (const auto* f : families)
    if ((f->model_type == model_type && (f->mark.empty() ? !found : says(f->mark))) || same_as(*f, model_type))
      found = f;
  return found;
}
constexpr const family_facts* find_family(std::string_view model_type) {
  return find_family(model_type, [](std::string_view) { return false; });
}

namespace detail {
/// Every model_type, as a list for people.
inline std::string model_types() {
  std::string all;
  const auto add = [&](std::string_view one) { all.append(all.empty() ? "" : ", ").append(one); };
  for (const auto* f : families)
    if (f->mark.empty()) add(f->model_type);
  for (const auto* f : families)
    for (const auto& other : f->same) add(other.model_type);
  return all;
}

/// "a, b, c": the entries of a table that `name` gives a name to; an empty name is left out.
inline std::string listed(const auto& table, auto&& name) {
  std::string s;
  for (const auto& entry : table)
    if (const std::string_view n = name(entry); !n.empty()) s.append(s.empty() ? "" : ", ").append(n);
  return s;
}
}  // namespace detail

}  // namespace weft
