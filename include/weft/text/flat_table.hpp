#pragma once
// A hash table from 64-bit keys to small values that is built once and then only read.
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>
#include <weft/base/index.hpp>
#include <weft/text/table_key.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

template <class Value>
class flat_table {
 public:
  static constexpr std::uint64_t no_key = ~std::uint64_t{0};

  index_t size() const { return size_; }

  /// The value of a key, or null. The key must not be no_key.
  const Value* find(std::uint64_t key) const {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = place(key);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].first == key) return &slots_[at].second;
      if (slots_[at].first == no_key) return nullptr;
    }
  }

  /// The value of a key; `otherwise` is put there if it has none.
  Value& at(std::uint64_t key, const Value& otherwise) {
    if (2 * (static_cast<std::size_t>(size_) + 1) > slots_.size()) grow();
    std::size_t at = place(key);
    for (; slots_[at].first != key; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].first == no_key) {
        slots_[at] = {key, otherwise};
        ++size_;
        break;
      }
    return slots_[at].second;
  }

 private:
  std::size_t place(std::uint64_t key) const { return mixed(key, secret_) & (slots_.size() - 1); }
  void grow() {
    const auto old = std::exchange(slots_, {});
    slots_.assign(std::bit_ceil(2 * old.size() + 16), {no_key, Value{}});
    size_ = 0;
    for (const auto& [key, value] : old)
      if (key != no_key) at(key, value);
  }

  std::vector<std::pair<std::uint64_t, Value>> slots_;  // open addressing, at most half full
  index_t size_ = 0;
  std::uint64_t secret_ = table_key();
};

}  // namespace weft::detail
