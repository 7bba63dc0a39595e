#pragma once
// What programs say when something was thrown: weft's own sentences as they are, and those of the standard library,
// which name no file and no way out, in weft's words.
#include <exception>
#include <filesystem>
#include <ios>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <weft/base/error.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// Whose fault it was.
enum class failure_kind { input, memory, internal };

struct failure {
  failure_kind kind = failure_kind::internal;
  std::string sentence;
};

/// The exception that is being handled, in a sentence that is fit for a terminal: called inside a catch block.
inline failure current_failure() {
  const auto input = [](const complaint& c) { return failure{failure_kind::input, error::sentence(c)}; };
  try {
    throw;
  } catch (const error& e) {
    return {failure_kind::input, e.what()};
  } catch (const std::filesystem::filesystem_error& e) {
    const auto file = e.path1().string(), found = e.code().message();
    return input({.file = file, .found = found, .wanted = "a file or a folder that can be used"});
  } catch (const std::bad_alloc&) {
    return {failure_kind::memory, "there is no memory left; shorter texts and fewer threads take less"};
  } catch (const std::length_error&) {  // of a container: more than any memory
    return {failure_kind::memory, "there is no memory for so much"};
  } catch (const std::ios_base::failure& e) {
    const auto found = "a file that cannot be read or written: " + e.code().message();
    return input({.found = found});
  } catch (const std::system_error& e) {
    const auto found = e.code().message();
    return input({.subject = "the system refuses", .found = found});
  } catch (const std::exception& e) {
    return {failure_kind::internal,
            std::string("weft itself failed, which should be reported: ") + weft::detail::printable_whole(e.what())};
  } catch (...) {
    return {failure_kind::internal, "weft itself failed, which should be reported: an exception of an unknown type"};
  }
}

/// Its sentence, which a program ends with. Where there is no memory for one, a word that needs none.
inline std::string last_words() noexcept {
  try {
    return current_failure().sentence;
  } catch (...) {
    return "out of memory";  // short enough to lie in the string itself
  }
}

}  // namespace weft::program
