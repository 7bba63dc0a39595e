#pragma once
// Where answers go: a descriptor that may be closed at the other end, and JSON written piece by piece.
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/base/json_string.hpp>
#include <weft/base/list.hpp>
#include <weft/base/printable.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// Writes all of a text. False if nobody reads it any more; throws weft::error if it cannot be written. `where` is what
/// a person calls the descriptor.
inline bool write_all(int descriptor, std::string_view text, std::string_view where = "standard output") {
  while (!text.empty()) {
    const auto wrote = ::write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EPIPE) return false;
    if (wrote < 0) fail({.file = where, .found = std::strerror(errno), .wanted = "a place that answers can go to"});
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

/// A number as JSON has it: the shortest that reads back as the same float; null where it is none.
inline void append_number(std::string& to, float value) {
  if (!is_finite(value)) {
    to += "null";
    return;
  }
  char text[32];
  to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// A text as a JSON string. What is not UTF-8 becomes U+FFFD; what a terminal obeys is written by its number.
inline void append_string(std::string& to, std::string_view text) { weft::detail::append_json_string(to, text); }

/// Text that weft did not write itself, for people: on one line, without what a terminal obeys.
inline void append_shown(std::string& to, std::string_view text) { to += weft::detail::printable_whole(text); }

/// "[a,b,c]".
inline void append_numbers(std::string& to, list<const float> values) {
  to += '[';
  for (index_t i = 0; i < values.size(); ++i) {
    if (i > 0) to += ',';
    append_number(to, values[i]);
  }
  to += ']';
}

/// A probability for people: three decimals, a point in every locale.
inline std::string shown_score(float score) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, score, std::chars_format::fixed, 3).ptr};
}

}  // namespace weft::program
