#pragma once
// Stored tensors as float: where they lie if possible, converted otherwise.
#include <bit>
#include <cstdint>
#include <weft/io/shown.hpp>
#include <weft/io/stored_tensor.hpp>
#include <weft/memory/arena.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The values of a tensor, row major. F32 that is aligned to 4 bytes is viewed in the file, which must then stay open
/// as long as the view: `arena.keep(checkpoint.owner())`. Anything else is copied into the arena: F16 and BF16 exactly,
/// F64 rounded. Throws weft::error for types that are no weights: integers, booleans, 8-bit and complex numbers.
inline list<const float> as_floats(const stored_tensor& t, arena& store) {
  if (!is_floating(t.type))
    fail({.file = t.file,
          .subject = "tensor " + detail::shown(t.name),
          .found = dtype_name(t.type),
          .wanted = "F32, F16, BF16 or F64",
          .remedy = "weft does not read quantised weights: save the model in one of these types"});
  const auto n = t.count();
  if (n == 0) return {};
  if (t.type == dtype::f32 && std::endian::native == std::endian::little &&
      reinterpret_cast<std::uintptr_t>(t.bytes.data()) % alignof(float) == 0)
    return {reinterpret_cast<const float*>(t.bytes.data()), n};
  const auto values = store.take<float>(n);
  convert_to_float(t.type, t.bytes.data(), n, values.data());
  return values;
}

}  // namespace weft
