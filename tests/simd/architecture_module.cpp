#include <weft/simd/architecture_module.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace {
constexpr std::string_view built[] = {"x86-64-v2", "x86-64-v3", "x86-64-v4"};

std::string refusal(weft::list<const std::string_view> names, int level, std::string_view forced = "") {
  return refusal_of([&] { weft::architecture_for(names, level, forced); });
}
}  // namespace

TEST_CASE("the newest architecture that the processor runs is chosen, or the one that is forced") {
  CHECK(weft::architecture_for(built, 4) == "x86-64-v4");
  CHECK(weft::architecture_for(built, 3) == "x86-64-v3");
  CHECK(weft::architecture_for(built, 2) == "x86-64-v2");
  CHECK(weft::architecture_for(built, 4, "x86-64-v2") == "x86-64-v2");
  constexpr std::string_view baseline[] = {"baseline"};
  CHECK(weft::architecture_for(baseline, 1) == "baseline");
}

TEST_CASE("an architecture that the processor lacks, or that was not compiled, is refused in words") {
  const auto lacking = refusal(built, 3, "x86-64-v4");
  CHECK_THAT(lacking, mentions("WEFT_ARCHITECTURE") && mentions("\"x86-64-v4\"") && mentions("x86-64-v3 or older"));
  const auto unknown = refusal(built, 4, "haswell");
  CHECK_THAT(unknown, mentions("haswell") && mentions("x86-64-v2, x86-64-v3, x86-64-v4"));
  const auto none = refusal(built, 1);
  CHECK_THAT(none, mentions("x86-64-v2") && mentions("older architecture"));
}

TEST_CASE("a library that is not there is refused with its path") {
  constexpr std::string_view baseline[] = {"baseline"};
  CHECK_THAT(refusal_of([&] {
               const weft::architecture_module module("no_such_kernels", baseline,
                                                      reinterpret_cast<const void*>(&refusal));
             }),
             mentions("no_such_kernels.baseline.so"));
}
