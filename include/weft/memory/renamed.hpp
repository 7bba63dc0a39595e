#pragma once
// Families that are another's layers under other names: a table of what is spelt otherwise.
#include <optional>
#include <span>
#include <string_view>
#include <weft/base/unit_containers.hpp>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A part of parameters' names, whole words between dots, and how a family spells it: {"attention.self.query",
/// "attention.q_lin"}. A '#' in `from` stands for a number; one in `to` repeats it, and where `to` has none, layers
/// share one tensor.
struct renamed {
  std::string_view from, to;
};

namespace detail {
// Where `from` ends in `name` if it begins at `at`, and the number that '#' stood for; nothing if it does not.
struct spelt_there {
  std::size_t end;
  std::string_view number;
};
constexpr std::optional<spelt_there> match_words(std::string_view name, std::size_t at, std::string_view from) {
  std::string_view number;
  for (const char c : from) {
    const auto begin = at;
    if (c == '#') {
      while (at < name.size() && name[at] >= '0' && name[at] <= '9') ++at;
      number = name.substr(begin, at - begin);
    } else if (at < name.size() && name[at] == c) {
      ++at;
    }
    if (at == begin) return {};
  }
  if (at < name.size() && name[at] != '.') return {};
  return spelt_there{at, number};
}
}  // namespace detail

/// A name as a family spells it: every entry of the table, in its order, replaces the first place that it fits.
inline unit_string spelt(unit_string name, std::span<const renamed> table) {
  for (const auto& entry : table)
    for (std::size_t at = 0; at < name.size(); ++at) {
      if (at > 0 && name[at - 1] != '.') continue;
      const auto found = detail::match_words(name, at, entry.from);
      if (!found) continue;
      unit_string to(entry.to);
      if (const auto mark = to.find('#'); mark != unit_string::npos) to.replace(mark, 1, found->number);
      name.replace(at, found->end - at, to);
      break;
    }
  return name;
}

}  // namespace weft
