#pragma once
// Stored tables of whole numbers, checked.
#include <cstdint>
#include <cstring>
#include <weft/io/shown.hpp>
#include <weft/io/stored_tensor.hpp>
#include <weft/memory/arena.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The values of a table, row major, copied into the arena. Throws weft::error for types other than I64 and I32, and
/// for a value that is not from 0 to `values` - 1.
inline list<const std::int32_t> as_integers(const stored_tensor& t, index_t values, arena& store) {
  const auto refuse = [&](const std::string& found, const std::string& wanted) {
    fail({.file = t.file, .subject = "tensor " + detail::shown(t.name), .found = found, .wanted = wanted});
  };
  if (t.type != dtype::i64 && t.type != dtype::i32) refuse(std::string(dtype_name(t.type)), "a table of I64 or I32");
  const auto to = store.take<std::int32_t>(t.count());
  for (index_t i = 0; i < to.size(); ++i) {
    const auto* const from = t.bytes.data() + i * (dtype_bits(t.type) / 8);
    const auto value = t.type == dtype::i64
                           ? std::bit_cast<std::int64_t>(detail::load_little<std::uint64_t>(from))
                           : std::int64_t{std::bit_cast<std::int32_t>(detail::load_little<std::uint32_t>(from))};
    if (value < 0 || value >= values)
      refuse(std::to_string(value) + " as value " + std::to_string(i + 1) + " of " + std::to_string(to.size()),
             "whole numbers from 0 to " + std::to_string(values - 1));
    to[i] = static_cast<std::int32_t>(value);
  }
  return to;
}

}  // namespace weft
