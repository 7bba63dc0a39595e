#pragma once
// How weft refuses: one exception type, one function that raises it.
//
// A unit may throw what a unit of other instructions catches. So these types are the version's, not the unit's, and
// none of their functions is compiled to code of a shared name but three small ones, which use integers only.
#include <algorithm>
#include <array>
#include <concepts>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <weft/base/printable.hpp>
#include <weft/base/unit_containers.hpp>

#if defined(__x86_64__)
#define WEFT_PLAIN_INSTRUCTIONS [[gnu::target("general-regs-only")]]
#else
#define WEFT_PLAIN_INSTRUCTIONS
#endif

namespace weft::inline WEFT_VERSION_NAMESPACE {

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

/// What an error and its copies share: this, then the sentence and its final zero, then the parts.
struct told {
  int errors;
};

}  // namespace weft

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

inline constexpr std::size_t longest_part = 4096;  // bytes of a part: as many as a path may have

/// "file: subject: found X, wanted Y; remedy"
inline unit_string sentence_of(const complaint& c) {
  unit_string s;
  const auto add = [&](std::string_view between, std::string_view before, std::string_view text) {
    if (text.empty()) return;
    if (!s.empty()) s += between;
    s.append(before).append(printable<unit_string>(text, longest_part));
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

inline std::array<std::string_view*, 6> parts_of(complaint& c) {
  return {&c.file, &c.subject, &c.found, &c.details, &c.wanted, &c.remedy};
}

// Copies a sentence and parts into memory of their own, at which the parts then point.
inline told* tell(std::string_view sentence, complaint& parts) {
  std::size_t bytes = sizeof(told) + sentence.size() + 1;
  for (auto* p : parts_of(parts)) bytes += p->size();
  auto* const all = static_cast<told*>(::operator new(bytes));
  all->errors = 1;
  auto* at = reinterpret_cast<char*>(all + 1);
  const auto put = [&](std::string_view text) {
    at = std::copy(text.begin(), text.end(), at);
    return std::string_view(at - text.size(), text.size());
  };
  put(sentence);
  *at++ = '\0';
  for (auto* p : parts_of(parts)) *p = put(*p);
  return all;
}
inline told* tell(complaint& parts) { return tell(sentence_of(parts), parts); }

}  // namespace weft::detail

namespace weft::inline WEFT_VERSION_NAMESPACE {

/// A part of an error's sentence: a text that lives as long as the error or a copy of it.
class error_part : public std::string_view {
 public:
  error_part() = default;
  [[gnu::always_inline]] explicit error_part(std::string_view text) : std::string_view(text) {}
  [[gnu::always_inline]] operator std::string() const { return std::string(data(), size()); }  // NOLINT
};

/// The only exception that weft throws. `what()` is a sentence; the parts are there for programs.
class error : public std::exception {
 public:
  template <std::convertible_to<std::string_view> S>  // a template, so that a braced complaint never means a string
  [[gnu::always_inline]] explicit error(const S& sentence) {
    complaint none;
    told_ = detail::tell(detail::printable<unit_string>(sentence, detail::longest_part), none);
  }
  [[gnu::always_inline]] explicit error(complaint c)
      : told_(detail::tell(c)),
        file(c.file),
        subject(c.subject),
        found(c.found),
        details(c.details),
        wanted(c.wanted),
        remedy(c.remedy) {}
  [[gnu::always_inline]] error(const error& o) noexcept
      : std::exception(o),
        told_(o.told_),
        file(o.file),
        subject(o.subject),
        found(o.found),
        details(o.details),
        wanted(o.wanted),
        remedy(o.remedy) {
    __atomic_add_fetch(&told_->errors, 1, __ATOMIC_RELAXED);
  }
  [[gnu::always_inline]] error& operator=(const error& o) noexcept {
    __atomic_add_fetch(&o.told_->errors, 1, __ATOMIC_RELAXED);  // first, since it may be this one's own
    if (__atomic_sub_fetch(&told_->errors, 1, __ATOMIC_ACQ_REL) == 0) ::operator delete(told_);
    told_ = o.told_;
    file = o.file, subject = o.subject, found = o.found, details = o.details, wanted = o.wanted, remedy = o.remedy;
    return *this;
  }
  WEFT_PLAIN_INSTRUCTIONS ~error() override {
    if (__atomic_sub_fetch(&told_->errors, 1, __ATOMIC_ACQ_REL) == 0) ::operator delete(told_);
  }

  WEFT_PLAIN_INSTRUCTIONS const char* what() const noexcept override {
    return reinterpret_cast<const char*>(told_ + 1);
  }

 private:
  told* told_ = nullptr;  // initialised before the parts

 public:
  error_part file, subject, found, details, wanted, remedy;

  /// "file: subject: found X, wanted Y; remedy"
  [[gnu::always_inline]] static std::string sentence(const complaint& c) { return detail::sentence_of(c); }
};

/// Receives the sentence of a failure in programs built without exceptions; the program terminates after it returns.
using failure_handler = void (*)(const error&);

inline failure_handler current_failure_handler = nullptr;  ///< of all units; null: to standard error

}  // namespace weft

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// A template over the mode, so that units built with and without exceptions never share a symbol.
template <bool Throws>
[[noreturn]] void raise(const error& e) {
#if defined(__cpp_exceptions)
  if constexpr (Throws) throw e;
#endif
  if (current_failure_handler)
    current_failure_handler(e);
  else
    std::fprintf(stderr, "weft: %s\n", e.what());
  std::terminate();
}

#if defined(__cpp_exceptions)
inline constexpr bool throws = true;
#else
inline constexpr bool throws = false;
#endif
}  // namespace detail

/// Sets the handler that failures reach in units built with -fno-exceptions. Units built with exceptions throw instead.
inline void set_failure_handler(failure_handler handler) { current_failure_handler = handler; }

/// Throws weft::error, or, built without exceptions, calls the failure handler and terminates.
template <bool Throws = detail::throws>
[[noreturn]] void fail(const complaint& c) {
  detail::raise<Throws>(error(c));
}
template <bool Throws = detail::throws, std::convertible_to<std::string_view> S>
[[noreturn]] void fail(const S& sentence) {
  detail::raise<Throws>(error(sentence));
}

}  // namespace weft
