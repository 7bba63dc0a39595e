#pragma once
#include <optional>
#include <string>
#include <weft/base/error.hpp>

// How tests ask what a refusal says: CHECK_THAT(refusal_of([&] { ... }), mentions("found 7")), which prints what it
// found.

/// The error that `call` fails with. Other exceptions pass, and so fail the test.
std::optional<weft::error> error_of(auto&& call) {
  try {
    call();
  } catch (const weft::error& e) {
    return e;
  }
  return std::nullopt;
}

/// Its sentence; empty if `call` does not fail.
std::string refusal_of(auto&& call) {
  const auto error = error_of(call);
  return error ? error->what() : "";
}
