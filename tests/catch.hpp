#pragma once
// Catch2 2 and 3 name their headers and matchers differently.
#include <string>
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
/// Matches a message that contains `part`.
inline auto mentions(const std::string& part) { return Catch::Matchers::ContainsSubstring(part); }
#else
#include <catch2/catch.hpp>  // names Approx itself
inline auto mentions(const std::string& part) { return Catch::Contains(part); }
#endif
