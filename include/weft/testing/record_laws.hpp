#pragma once
// Does `each` of a part's parameters name every member, each once? Answered by the compiler.
#include <array>
#include <string_view>
#include <vector>
#include <weft/memory/record.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
// A form whose tensors are large and need no alignment, so that a record's size tells how many tensors it has; members
// without parameters are far too small to be mistaken for one.
struct block {
  char bytes[256];
};
struct counting {
  template <index...>
  using tensor = block;
  template <index, index, bool>
  using linear = block;
  template <class>
  using derived = nothing;
  template <class T>
  using stored = T;
};

template <class>
inline constexpr bool holds_elements = false;
template <class T, std::size_t N>
inline constexpr bool holds_elements<std::array<T, N>> = true;
template <class T>
inline constexpr bool holds_elements<std::vector<T>> = true;

struct visited {
  static constexpr int most = 64;
  const void* members[most] = {};
  std::string_view names[most] = {};
  int count = 0;
};
}  // namespace detail

/// Empty, or the first law that a part's `params` breaks, as a sentence:
///   every member is named by `each`, and named once
///   no two members have the same name
///   a tensor or linear has a name; only records inside may have an empty one
/// `static_assert(weft::testing::broken_record_law<my_mixer::bind<shape>>().empty());`
/// Inner parts' records are judged on their own. Absent members (`derived` in a checkpoint) need not be named.
template <class Part>
constexpr std::string_view broken_record_law() {
  using record_type = weights<detail::counting, Part>;
  if constexpr (std::is_same_v<record_type, nothing>) {
    return {};
  } else {
    record_type r{};
    detail::visited seen;
    std::string_view broken;
    std::size_t bytes = 0;
    record_type::each(
        [&](name n, auto& member) {
          using type = std::remove_reference_t<decltype(member)>;
          if (std::is_empty_v<type> || seen.count == detail::visited::most) return;
          for (int i = 0; i < seen.count; ++i) {
            if (seen.members[i] == static_cast<const void*>(&member)) broken = "each() names a member of params twice";
            if (broken.empty() && !n.text.empty() && seen.names[i] == n.text)
              broken = "each() gives two members of params the same name";
          }
          if (broken.empty() && n.text.empty() && !record<type> && !detail::holds_elements<type>)
            broken = "each() gives a tensor of params no name; only records inside may have an empty one";
          seen.members[seen.count] = &member;
          seen.names[seen.count++] = n.text;
          bytes += sizeof(type);
        },
        r);
    if (!broken.empty()) return broken;
    // What is left over are members without parameters; the smallest forgotten member is a vector of layers.
    if (sizeof(record_type) >= bytes + sizeof(std::vector<detail::block>))
      return "params has a member that each() does not name";
    return {};
  }
}

}  // namespace weft::testing
