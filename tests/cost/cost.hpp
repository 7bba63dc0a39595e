#pragma once
// What a reader or a step costs: work that is made for a size, and then done while instructions and bytes are counted.
#include <functional>
#include <string>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>

namespace weft_test {

/// Keeps what was computed from being left out.
inline void use(const auto& value) { asm volatile("" : : "r"(&value) : "memory"); }

/// One thing whose cost is bounded by its input. `make(n)` builds an input of a size in proportion to n and returns
/// what is to be counted. `n` is the smaller of the two sizes; the other is four times as large.
struct cost_case {
  std::string name;
  weft::index_t n;
  std::function<std::function<void()>(weft::index_t n)> make;
};

/// Adds a case to those that the program runs.
bool add_cost(cost_case one);

/// Does what may well be refused: the cost up to there counts.
inline void refused_or_done(auto&& work) {
  try {
    work();
  } catch (const weft::error&) {
  }
}

inline std::string repeated_text(const std::string& text, weft::index_t times) {
  std::string all;
  for (weft::index_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace weft_test
