#pragma once
// A view of contiguous values with a signed subscript: std::span's is unsigned and warns at every use.
#include <concepts>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

template <class T>
class list {
 public:
  constexpr list() = default;
  constexpr list(T* data, index_t count) : data_(data), count_(count) {}
  template <std::ranges::contiguous_range R>
  requires(!std::same_as<std::remove_cvref_t<R>, list> &&
           std::is_convertible_v<std::remove_reference_t<std::ranges::range_reference_t<R>> (*)[],
                                 T (*)[]>) constexpr list(R&& values)  // NOLINT: a list is a view of any contiguous
                                                                       // range, like std::span
      : data_(std::ranges::data(values)), count_(static_cast<index_t>(std::ranges::size(values))) {}

  constexpr T* data() const { return data_; }
  constexpr index_t size() const { return count_; }
  constexpr bool empty() const { return count_ == 0; }
  constexpr T& operator[](index_t i) const { return data_[i]; }
  constexpr T& back() const { return data_[count_ - 1]; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + count_; }
  constexpr list part(index_t first, index_t last) const { return {data_ + first, last - first}; }

 private:
  T* data_ = nullptr;
  index_t count_ = 0;
};

}  // namespace weft
