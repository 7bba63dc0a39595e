#pragma once
// Texts from standard input or a part of a file, one a line, read in bounded pieces: memory does not grow with the
// input.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// A text that came in, or what is wrong with it.
struct line {
  index_t number = 0;  ///< from 1
  std::string_view text = {};
  std::string fault = {};  ///< empty: none
};

/// What is wrong with a text that models cannot read; empty where nothing is.
inline std::string fault_of(std::string_view text) {
  const auto at = find_invalid_utf8(text);
  if (at < 0) return {};
  return "byte " + std::to_string(at + 1) + ": found bytes that are not UTF-8, wanted text in UTF-8";
}

/// The lines of a descriptor in order, some at a time: those that have come, so that a slow writer gets its answers.
/// Lines end with "\n" or "\r\n"; the last one need not.
class line_source {
 public:
  static constexpr std::size_t longest = std::size_t{1} << 20;  ///< bytes of a line; longer ones are faults
  static constexpr std::size_t together = 1024;                 ///< lines of one next()

  explicit line_source(int descriptor) : descriptor_(descriptor) {}
  /// Of the next `bytes` bytes of an open file that a person calls `name`; `before` lines are in front of them.
  line_source(int descriptor, index_t bytes, index_t before, std::string name)
      : descriptor_(descriptor), left_(bytes), name_(std::move(name)), number_(before) {}

  /// Waits for lines; false at the end of the input. Texts are valid until the next call. Throws weft::error if the
  /// descriptor cannot be read.
  bool next(std::vector<line>& out) {
    out.clear();
    buffer_.erase(0, taken_);
    taken_ = 0;
    for (take(out); out.empty() && !ended_; take(out)) read_some();
    return !out.empty();
  }

  index_t bytes() const { return bytes_; }  ///< read so far

 private:
  static constexpr std::size_t piece = std::size_t{1} << 16;

  void read_some() {
    const auto had = buffer_.size();
    const auto some = static_cast<std::size_t>(std::min(static_cast<index_t>(piece), left_));
    buffer_.resize(had + some);
    ssize_t got = 0;
    do got = ::read(descriptor_, buffer_.data() + had, some);
    while (got < 0 && errno == EINTR);
    buffer_.resize(had + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (got < 0) fail({.file = name_, .found = std::strerror(errno), .wanted = "lines of text"});
    bytes_ += got, left_ -= got;
    ended_ = got == 0 || left_ == 0;
    if (ended_ && (buffer_.empty() ? skipping_ : buffer_.back() != '\n')) buffer_ += '\n';
  }

  void take(std::vector<line>& out) {
    for (std::size_t end; out.size() < together && (end = buffer_.find('\n', taken_)) != buffer_.npos;
         taken_ = end + 1) {
      auto text = std::string_view(buffer_).substr(taken_, end - taken_);
      if (text.ends_with('\r')) text.remove_suffix(1);
      const bool too_long = skipping_ || text.size() > longest;
      skipping_ = false;
      out.push_back({++number_, too_long ? std::string_view() : text,
                     too_long ? "found more than " + std::to_string(longest) + " bytes, wanted a text of at most that"
                              : fault_of(text)});
    }
    // Of a line that is too long nothing is kept, whatever its length.
    if (out.empty() && buffer_.size() > longest + 1) buffer_.clear(), skipping_ = true;
  }

  int descriptor_;
  index_t left_ = std::numeric_limits<index_t>::max();
  std::string name_ = "standard input", buffer_;
  std::size_t taken_ = 0;
  index_t number_ = 0, bytes_ = 0;
  bool ended_ = false, skipping_ = false;
};

}  // namespace weft::program
