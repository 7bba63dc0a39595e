#pragma once
// Which members of a part are parts themselves, so that one that is not named is noticed. Answered by the compiler, for
// parts that are aggregates: as many initialisers as there are members, one of which fits parts only.
#include <type_traits>
#include <weft/memory/arena.hpp>
#include <weft/memory/batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct setup;

namespace detail {
struct any_part {
  void operator()(const auto&) const {}
};
template <class T>
concept names_parts = requires(T& t, const any_part& f) {
  T::parts(t, f);
}
|| requires(T& t, const any_part& f) { T::row_parts(t, f); };
// A part that somebody else has to prepare, to check or to give scratch.
template <class T>
concept must_be_named = requires {
  typename T::scratch;
}
|| requires { typename T::chain_scratch; }
|| names_parts<T> || requires(T& t, const setup& s, arena& store) { t.prepare(s, store); }
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

// Whether the member behind those is an inner part.
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
}  // namespace detail

/// How many members of a part, of its first eight, are parts that have to be named by its `parts` or `row_parts`.
template <class Part>
inline constexpr index_t inner_parts = detail::inner_parts_behind<Part>;

}  // namespace weft
