#pragma once
// The families that config.json may name: those of model/all.hpp, found by their model_type.
#include <string>
#include <string_view>
#include <weft/model/all.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What weft knows of every family.
inline constexpr auto& families = all_families::facts;

/// What it knows of a model type; null if it has never heard of it.
constexpr const family_facts* find_family(std::string_view model_type) {
  for (const auto* f : families)
    if (f->model_type == model_type) return f;
  return nullptr;
}

namespace detail {
/// "a, b, c": the entries of a table that `name` gives a name to; an empty name is left out.
inline std::string listed(const auto& table, auto&& name) {
  std::string s;
  for (const auto& entry : table)
    if (const std::string_view n = name(entry); !n.empty()) s.append(s.empty() ? "" : ", ").append(n);
  return s;
}
}  // namespace detail

}  // namespace weft
