#pragma once
#include <string>
#include <weft/base/error.hpp>

/// The sentence that `call` fails with; empty if it does not fail. Other exceptions pass, and so fail the test.
std::string refusal_of(auto&& call) {
  try {
    call();
  } catch (const weft::error& e) {
    return e.what();
  }
  return "";
}
