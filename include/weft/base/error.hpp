#pragma once
// How weft refuses: one exception type, one function that raises it.
#include <concepts>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <weft/base/printable.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What went wrong, in parts. Any part may be empty; `found` and `wanted` go together. Parts may hold what a file or a
/// user said: the sentence shows it on one line, without anything that a terminal obeys.
struct complaint {
  std::string_view file = {};     ///< the file or directory at fault
  std::string_view subject = {};  ///< the tensor, configuration key, argument or sequence at fault
  std::string_view found = {};    ///< what was there
  std::string_view details = {};  ///< the same, as several lines: the only part whose ends of lines are kept
  std::string_view wanted = {};   ///< what should have been there
  std::string_view remedy = {};   ///< what the reader can do about it
};

/// The only exception that weft throws. `what()` is a sentence; the parts are there for programs.
class error : public std::exception {
 public:
  template <std::convertible_to<std::string> S>  // a template, so that a braced complaint never means a string
  explicit error(S&& sentence) : sentence_(detail::printable(std::string(std::forward<S>(sentence)), longest)) {}
  explicit error(const complaint& c)
      : file(c.file),
        subject(c.subject),
        found(c.found),
        details(c.details),
        wanted(c.wanted),
        remedy(c.remedy),
        sentence_(sentence(c)) {}

  const char* what() const noexcept override { return sentence_.c_str(); }

  std::string file, subject, found, details, wanted, remedy;

  /// "file: subject: found X, wanted Y; remedy"
  static std::string sentence(const complaint& c) {
    std::string s;
    const auto add = [&](std::string_view between, std::string_view before, std::string_view text) {
      if (text.empty()) return;
      if (!s.empty()) s += between;
      s.append(before).append(detail::printable(text, longest));
    };
    add("", "", c.file);
    add(": ", "", c.subject);
    add(": ", c.wanted.empty() ? "" : "found ", c.found);
    for (auto lines = c.details; !lines.empty();) {
      const auto line = lines.substr(0, lines.find('\n'));
      add(lines.size() == c.details.size() ? ": " : "\n", "", line);
      lines.remove_prefix(line.size() < lines.size() ? line.size() + 1 : line.size());
    }
    add(", ", "wanted ", c.wanted);
    add("; ", "", c.remedy);
    return s;
  }

 private:
  static constexpr std::size_t longest = 4096;  // bytes of a part: as many as a path may have
  std::string sentence_;
};

/// Receives the sentence of a failure in programs built without exceptions; the program terminates after it returns.
using failure_handler = void (*)(const error&);

namespace detail {
inline failure_handler& current_failure_handler() {
  static failure_handler handler = [](const error& e) { std::fprintf(stderr, "weft: %s\n", e.what()); };
  return handler;
}

// A template over the mode, so that units built with and without exceptions never share a symbol.
template <bool Throws>
[[noreturn]] void raise(error e) {
#if defined(__cpp_exceptions)
  if constexpr (Throws) throw e;
#endif
  current_failure_handler()(e);
  std::terminate();
}

#if defined(__cpp_exceptions)
inline constexpr bool throws = true;
#else
inline constexpr bool throws = false;
#endif
}  // namespace detail

/// Sets the handler that failures reach in units built with -fno-exceptions. Units built with exceptions throw instead.
inline void set_failure_handler(failure_handler handler) { detail::current_failure_handler() = handler; }

/// Throws weft::error, or, built without exceptions, calls the failure handler and terminates.
template <bool Throws = detail::throws>
[[noreturn]] void fail(const complaint& c) {
  detail::raise<Throws>(error(c));
}
template <bool Throws = detail::throws, std::convertible_to<std::string> S>
[[noreturn]] void fail(S&& sentence) {
  detail::raise<Throws>(error(std::forward<S>(sentence)));
}

}  // namespace weft
