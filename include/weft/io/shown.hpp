#pragma once
// Text from a file as a message quotes it.
#include <weft/base/printable.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// `text` in double quotes: bounded, and without what a terminal obeys.
inline std::string shown(std::string_view text, std::size_t most = 100) {
  std::string s = "\"";
  s += printable(text, most);
  s += '"';
  return s;
}

}  // namespace weft::detail
