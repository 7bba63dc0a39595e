#pragma once
// Containers that no two units of different instruction sets share. The linker keeps one std::vector<float>::push_back
// of a program, perhaps the one that was compiled for a newer processor; an allocator of weft's own puts the namespace
// of the unit, which names its instructions, into the name of every function of the container.
#include <concepts>
#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Memory from operator new, as std::allocator's.
template <class T>
struct unit_allocator {
  using value_type = T;

  unit_allocator() = default;
  template <class U>
  constexpr unit_allocator(const unit_allocator<U>&) noexcept {}  // NOLINT: as every allocator

  T* allocate(std::size_t n) {
    if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
      return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{alignof(T)}));
    return static_cast<T*>(::operator new(n * sizeof(T)));
  }
  void deallocate(T* p, std::size_t) noexcept {
    if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
      ::operator delete (p, std::align_val_t{alignof(T)});
    else
      ::operator delete(p);
  }
  friend constexpr bool operator==(const unit_allocator&, const unit_allocator&) { return true; }
};

template <class T>
using unit_vector = std::vector<T, unit_allocator<T>>;

/// A string of a unit's own, which becomes a std::string wherever one is asked for.
class unit_string : public std::basic_string<char, std::char_traits<char>, unit_allocator<char>> {
 public:
  using base = std::basic_string<char, std::char_traits<char>, unit_allocator<char>>;

  unit_string() = default;
  unit_string(base&& s) noexcept : base(std::move(s)) {}  // NOLINT: what + makes
  template <std::convertible_to<std::string_view> S>
  unit_string(const S& s) : unit_string(std::string_view(s)) {}  // NOLINT: as std::string
  unit_string(std::string_view s) : base(s.data(), s.size()) {}  // NOLINT

  [[gnu::always_inline]] operator std::string() const { return std::string(data(), size()); }  // NOLINT
};

/// A number in decimal digits.
inline unit_string decimal(index_t n) {
  char digits[24];
  char* at = digits + sizeof digits;
  const bool negative = n < 0;
  auto left = negative ? std::size_t{0} - static_cast<std::size_t>(n) : static_cast<std::size_t>(n);
  do *--at = static_cast<char>('0' + left % 10);
  while ((left /= 10) != 0);
  if (negative) *--at = '-';
  return std::string_view(at, static_cast<std::size_t>(digits + sizeof digits - at));
}

}  // namespace weft
