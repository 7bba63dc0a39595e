#include <cmath>
#include <weft/base/elementary.hpp>
#include "catch.hpp"

namespace {

// The largest relative distance from the C library's answer over numbers from `first` to `last`.
template <class Own, class Library>
double largest_error(double first, double last, Own own, Library library) {
  double most = 0;
  for (int i = 0; i <= 20000; ++i) {
    const double x = first + (last - first) * i / 20000, want = library(x);
    most = std::fmax(most, std::fabs(own(x) - want) / std::fabs(want));
  }
  return most;
}

const double endless = std::numeric_limits<double>::infinity();

TEST_CASE("elementary functions agree with the C library's") {
  CHECK(largest_error(-708, 709.7, weft::exp_of, [](double x) { return std::exp(x); }) < 4e-16);
  CHECK(largest_error(-1, 1, weft::exp_of, [](double x) { return std::exp(x); }) < 4e-16);
  CHECK(largest_error(-1021, 1023.9, weft::exp2_of, [](double x) { return std::exp2(x); }) < 4e-16);
  CHECK(largest_error(1.0001, 4096, weft::log_of, [](double x) { return std::log(x); }) < 1e-15);
  CHECK(largest_error(1e-300, 0.9999, weft::log_of, [](double x) { return std::log(x); }) < 1e-15);
}

TEST_CASE("elementary functions are exact where their values are numbers, and know their ends") {
  CHECK(weft::exp_of(0) == 1);
  CHECK(weft::log_of(1) == 0);
  for (int n = -1022; n < 1024; ++n) CHECK(weft::exp2_of(n) == std::ldexp(1.0, n));
  CHECK(weft::exp_of(-endless) == 0);
  CHECK(weft::exp_of(-800) == 0);
  CHECK(weft::exp_of(710) == endless);
  CHECK(weft::exp_of(-745) > 0);
  CHECK(std::isnan(weft::exp_of(std::nan(""))));
  CHECK(weft::exp2_of(-endless) == 0);
  CHECK(weft::exp2_of(1024) == endless);
  CHECK(std::isnan(weft::exp2_of(std::nan(""))));
}

}  // namespace
