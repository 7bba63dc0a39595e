#pragma once
// What keeps the places of a hash table out of reach of those who write the file that fills it.
#include <chrono>
#include <cstdint>
#include <string_view>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Spreads a number's bits over all of it; `key` is secret.
constexpr std::uint64_t mixed(std::uint64_t number, std::uint64_t key) {
  number = (number ^ key) * 0x9e3779b97f4a7c15;
  number = (number ^ number >> 32) * (key | 1);
  return number ^ number >> 29;
}

/// A number of this process that nobody can know who wrote a file before: from the clock, and from where the system
/// put the stack. Tables place their entries by it, or a file could send all of them to one place, where each is
/// compared with each. What is found does not depend on it.
inline std::uint64_t table_key() {
  static const std::uint64_t key = [] {
    const char here = 0;
    const auto place = std::uint64_t{reinterpret_cast<std::uintptr_t>(&here)};
    const auto time = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    const auto since = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return mixed(mixed(time, place), since);
  }();
  return key;
}

/// One byte more of a text that is hashed from the key on.
constexpr std::uint64_t hash_step(std::uint64_t state, char byte) {
  state =
      (state ^ static_cast<unsigned char>(byte)) * 0x100000001b3;  // FNV-1a's; its high bits never reach its low ones
  return state ^ state >> 32;
}

/// For standard containers whose keys come from files.
struct text_hash {
  std::uint64_t key = table_key();

  std::size_t operator()(std::string_view text) const {
    std::uint64_t state = key;
    for (const char byte : text) state = hash_step(state, byte);
    return mixed(state, key);
  }
};

}  // namespace weft::detail
