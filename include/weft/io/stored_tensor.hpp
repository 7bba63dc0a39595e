#pragma once
// A tensor as a file has it: its type, its shape and its bytes, which nobody has interpreted yet.
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/index.hpp>
#include <weft/base/list.hpp>
#include <weft/io/dtype.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Its bytes and the name of its file live as long as the file is open. No alignment is promised.
struct stored_tensor {
  std::string name;
  dtype type = dtype::f32;
  std::vector<index_t> shape;  ///< row major; empty for a single number
  list<const std::byte> bytes;
  std::string_view file;  ///< for messages

  /// The number of elements.
  index_t count() const { return bytes.size() * 8 / dtype_bits(type); }
};

/// "[4, 16]"
inline std::string shape_text(list<const index_t> shape) {
  std::string s = "[";
  for (const auto n : shape) s += (s.size() > 1 ? ", " : "") + std::to_string(n);
  return s + "]";
}

}  // namespace weft
