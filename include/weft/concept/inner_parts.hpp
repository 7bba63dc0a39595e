#pragma once
// The parts inside a part, which it says once: they are members of its params, and it holds `params<bound> parts`.
#include <type_traits>
#include <weft/memory/batch.hpp>
#include <weft/memory/walk.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct setup;

namespace detail {
struct any_part {
  void operator()(const auto&) const {}
};
// What parts said before they said their children once.
template <class T>
concept lists_parts = requires(T& t, const any_part& f) {
  T::parts(t, f);
}
|| requires(T& t, const any_part& f) { T::row_parts(t, f); };
template <class T>
concept holds_parts = !lists_parts<T> && requires(T & t) {
  t.parts;
};
// A policy that is made of others, and names them itself.
template <class T>
concept names_parts = record<T> && !std::is_same_v<T, nothing> && std::is_class_v<T>;

template <class T>
concept has_parts = holds_parts<T> || names_parts<T> || is_sequence<T>;

// A part that somebody else has to prepare, to check or to give scratch.
template <class T>
concept must_be_named = requires {
  typename T::scratch;
}
|| requires { typename T::chain_scratch; }
|| lists_parts<T> || has_parts<T> || requires(T& t, const setup& s, arena& store) { t.prepare(s, store); }
|| requires(const T& t, const batch& in) { t.check(in); };

struct fits_any {
  template <class T>
  operator T() const;
};
template <class Part>
struct fits_inner_part {
  template <class T>
  requires(must_be_named<T> && !std::is_base_of_v<T, Part>) operator T() const;
};

// Whether the member behind those is an inner part: answered by the compiler, for aggregates, which have as many
// initialisers as members, one of which fits parts only.
template <class Part, class... Before>
concept has_inner_part_behind = requires {
  Part{Before{}..., fits_inner_part<Part>{}};
};
template <class Part, class... Before>
inline constexpr index_t inner_parts_behind = 0;
template <class Part, class... Before>
requires(std::is_aggregate_v<Part> &&
         sizeof...(Before) < 8) inline constexpr index_t inner_parts_behind<Part, Before...> =
    has_inner_part_behind<Part, Before...> + inner_parts_behind<Part, Before..., fits_any>;

// How many parts a policy names.
template <class Part>
constexpr index_t named_parts() {
  Part part{};
  index_t count = 0;
  Part::each([&](name, auto&) { ++count; }, part);
  return count;
}
template <class Part>
constexpr bool names_all_parts() {
  if constexpr (requires { typename std::bool_constant<(named_parts<Part>() > 0)>; })
    return named_parts<Part>() >= inner_parts_behind<Part>;
  else
    return true;  // `each` is not constexpr
}
}  // namespace detail

/// How many members of a part, of its first eight, are parts that somebody has to prepare, to check or to give scratch.
template <class Part>
inline constexpr index_t inner_parts = detail::inner_parts_behind<Part>;

/// f(name, inner part) for every part inside a part: those that its `parts`, of type params<bound>, names; or those
/// that a policy without parameters names in an `each` of its own, as a pattern made of patterns does.
template <class Part>
constexpr void each_part(Part& part, const auto& f) {
  using plain = std::remove_const_t<Part>;
  if constexpr (detail::holds_parts<plain>) {
    using inner = std::remove_cvref_t<decltype(part.parts)>;
    inner::each(f, part.parts);
  } else if constexpr (detail::is_sequence<plain>) {
    for (auto& one : part) f(name(""), one);
  } else if constexpr (detail::names_parts<plain>) {
    plain::each(f, part);
  }
}

}  // namespace weft
