#pragma once
// What programs say. Text that weft did not write itself (names, labels, tokens, paths, what other libraries say) never
// reaches a terminal as it is, and an answer that cannot be written is an error. Nothing else in the house prints.
#include <fcntl.h>

#include <cerrno>
#include <concepts>
#include <cstdio>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>
#include <weft/program/failure.hpp>
#include <weft/program/output.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// Text for people, piece by piece. Literals and numbers are weft's own; whatever else comes in is foreign and shown by
/// weft::detail::printable, unless trusted() says that weft made it.
class page {
 public:
  template <std::size_t N>
  page& operator<<(const char (&literal)[N]) {
    return trusted({literal, N - 1});
  }
  template <std::size_t N>
  page& operator<<(char (&buffer)[N]) = delete;  // neither a literal nor of a known length
  page& operator<<(std::string_view foreign) { return trusted(weft::detail::printable_whole(foreign)); }
  page& operator<<(std::integral auto number) { return trusted(std::to_string(number)); }
  /// The same, and blanks up to `width` bytes.
  page& padded(std::string_view foreign, std::size_t width) {
    const auto end = text_.size() + width;
    *this << foreign;
    if (text_.size() < end) text_.append(end - text_.size(), ' ');
    return *this;
  }
  page& trusted(std::string_view text) { return text_ += text, *this; }

  const std::string& text() const { return text_; }
  /// Writes it to standard output, and begins anew. Throws weft::error if it cannot be written.
  void print() {
    write_all(1, text_);
    text_.clear();
  }

 private:
  std::string text_;
};

/// Standard output for what writes to a std::ostream: a failure is thrown as weft::error, with the system's reason.
class output_stream : public std::ostream {
 public:
  output_stream() : std::ostream(nullptr) {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);
  }

 private:
  class buffer : public std::streambuf {
    static constexpr std::size_t enough = 4096;
    int overflow(int c) override {
      if (c != traits_type::eof()) waiting_ += static_cast<char>(c);
      return waiting_.size() < enough ? 0 : sync();
    }
    std::streamsize xsputn(const char* text, std::streamsize count) override {
      waiting_.append(text, static_cast<std::size_t>(count));
      if (waiting_.size() >= enough) sync();
      return count;
    }
    int sync() override {
      const auto text = std::exchange(waiting_, {});
      write_all(1, text);
      return 0;
    }
    std::string waiting_;
  };
  buffer buffer_;
};

/// A line of weft's own on standard error.
inline void say(std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); }

/// Says on standard error what went wrong, in a sentence that is fit for a terminal, as those of weft::error and of
/// last_words() are.
inline void complain(std::string_view sentence) { say("weft: " + std::string(sentence)); }

/// Keeps files that are opened later from taking the place of a standard stream that is closed, where answers would
/// overwrite them: what reads or writes there fails instead, but for standard error, which nobody wants to hear.
inline void hold_standard_streams() {
  for (const int descriptor : {0, 1, 2})
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
      if (::open("/dev/null", descriptor == 1 ? O_RDONLY : O_WRONLY) < 0) return;
}

/// A program's main: what body() returns, or 1 after a sentence about what it throws. body(out) prints to `out`.
template <std::invocable<std::ostream&> Body>
int guarded_main(const Body& body) {
  hold_standard_streams();
  output_stream out;
  try {
    const int status = body(out);
    out.flush();
    return status;
  } catch (...) {
    const auto failed = last_words();
    try {
      out.flush();   // what was said before
    } catch (...) {  // one sentence will do
    }
    complain(failed);
    return 1;
  }
}

}  // namespace weft::program
