#pragma once
// Does `each` of a part's parameters name every member, each once? Answered by the compiler.
#include <array>
#include <string_view>
#include <vector>
#include <weft/memory/record.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// A form whose tensors are large and need no alignment, so that a record's size tells how many tensors it has; members
// without parameters are far too small to be mistaken for one.
struct counted_block {
  char bytes[256];
};
struct counting {
  template <index_t...>
  using tensor = counted_block;
  template <index_t, index_t...>
  using integers = counted_block;
  template <index_t, index_t, bool>
  using linear = counted_block;
  template <class>
  using derived = nothing;
  template <class T>
  using stored = T;
};

// What an array or a vector of records holds; else the type itself.
template <class T>
struct element_of {
  using type = T;
  static constexpr bool many = false;
};
template <class T, std::size_t N>
struct element_of<std::array<T, N>> {
  using type = T;
  static constexpr bool many = true;
};
template <class T, class Allocator>
struct element_of<std::vector<T, Allocator>> {
  using type = T;
  static constexpr bool many = true;
};

enum class record_fault { none, forgotten, twice, same_name, nameless };

template <class Record>
constexpr bool names_every_member();

// Looks at every member that `each` names; Deep: at those of records inside, too.
template <bool Deep>
struct record_judge {
  static constexpr int most = 64;
  const void* members[most] = {};
  std::string_view names[most] = {};
  int count = 0;
  std::size_t bytes = 0;
  record_fault fault = record_fault::none;

  template <class T>
  constexpr void operator()(name n, T& member) {
    if constexpr (!std::is_empty_v<T>) {
      if (count == most) return;
      for (int i = 0; i < count; ++i) {
        if (members[i] == static_cast<const void*>(&member)) fault = record_fault::twice;
        if (fault == record_fault::none && !n.text.empty() && names[i] == n.text) fault = record_fault::same_name;
      }
      if constexpr (!record<T>)
        if (fault == record_fault::none && n.text.empty() && !element_of<T>::many) fault = record_fault::nameless;
      members[count] = &member;
      names[count++] = n.text;
      bytes += sizeof(T);
      if constexpr (Deep && record<T>)
        names_every_member<T>();
      else if constexpr (Deep)
        if constexpr (element_of<T>::many) names_every_member<typename element_of<T>::type>();
    }
  }
};

template <class Record, bool Deep>
constexpr record_fault fault_of() {
  Record r{};
  record_judge<Deep> judge;
  Record::each(judge, r);
  if (judge.fault != record_fault::none || judge.count == judge.most) return judge.fault;
  // What is left over are members without parameters; the smallest forgotten member is a vector of layers.
  return sizeof(Record) >= judge.bytes + sizeof(std::vector<counted_block>) ? record_fault::forgotten
                                                                            : record_fault::none;
}

// Refuses a record, and those inside it, in words. The compiler names the record that is at fault as `Record`. One that
// it cannot look at, as `each` is not constexpr, is let through.
template <class Record>
constexpr bool names_every_member() {
  if constexpr (record<Record> && !std::is_empty_v<Record> &&
                requires { typename std::bool_constant<fault_of<Record, true>() == record_fault::none>; }) {
    constexpr auto fault = fault_of<Record, true>();
    static_assert(fault != record_fault::forgotten,
                  "weft: each() of a part's params leaves out a member, which is then never loaded; it needs one line "
                  "for every member: f(\"its name\", p.member...)");
    static_assert(fault != record_fault::twice, "weft: each() of a part's params names a member twice");
    static_assert(fault != record_fault::same_name, "weft: each() of a part's params gives two members the same name");
    static_assert(fault != record_fault::nameless,
                  "weft: each() of a part's params gives a tensor no name; only records inside may have an empty one");
  }
  return true;
}
}  // namespace detail

/// Empty, or the first law that a part's `params` breaks, as a sentence:
///   every member is named by `each`, and named once
///   no two members have the same name
///   a tensor or linear has a name; only records inside may have an empty one
/// Encoders and models refuse a part that breaks one, and those inside it; this asks about one part alone:
/// `static_assert(weft::broken_record_law<my_mixer::bind<shape>>().empty());`
/// Absent members (`derived` in a checkpoint) need not be named.
template <class Part>
constexpr std::string_view broken_record_law() {
  using record_type = weights<detail::counting, Part>;
  if constexpr (!std::is_same_v<record_type, nothing>) {
    switch (detail::fault_of<record_type, false>()) {
      case detail::record_fault::forgotten:
        return "params has a member that each() does not name";
      case detail::record_fault::twice:
        return "each() names a member of params twice";
      case detail::record_fault::same_name:
        return "each() gives two members of params the same name";
      case detail::record_fault::nameless:
        return "each() gives a tensor of params no name; only records inside may have an empty one";
      case detail::record_fault::none:
        break;
    }
  }
  return {};
}

/// True; a part whose record breaks a law, or has one inside that does, is refused in words.
template <class Part>
constexpr bool keeps_record_laws() {
  return detail::names_every_member<weights<detail::counting, Part>>();
}

}  // namespace weft
