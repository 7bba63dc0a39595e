#pragma once
// Which of the four levels of x86-64 a processor has, as compilers name them: -march=x86-64-v3.
#include <cstdint>
#include <string>
#include <string_view>
#if defined(__x86_64__)
#include <cpuid.h>
#include <weft/base/version.hpp>
#endif

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// What the instruction CPUID says, as far as the levels need it, and which registers the system keeps (XCR0).
struct processor_features {
  std::uint32_t basic = 0;     ///< leaf 1, ECX
  std::uint32_t extended = 0;  ///< leaf 7, EBX
  std::uint32_t more = 0;      ///< leaf 0x80000001, ECX
  std::uint64_t kept = 0;      ///< XCR0; 0 where the system keeps no wide registers
};

/// The features of the processor that this runs on; none elsewhere than on x86-64.
inline processor_features features_of_this_processor() {
  processor_features f;
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d)) f.basic = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) f.extended = b;
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) f.more = c;
  if (f.basic >> 27 & 1) {  // OSXSAVE: the system says which registers it keeps. The intrinsic would need a flag.
    unsigned low = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    f.kept = std::uint64_t{high} << 32 | low;
  }
#endif
  return f;
}

/// 1 to 4: the level of x86-64 (System V ABI, AMD64 supplement, table 3.1) that these features amount to.
constexpr int level_of(const processor_features& f) {
  const auto all = [](std::uint64_t found, auto... bits) { return ((found >> bits & 1) && ...); };
  // SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF
  if (!all(f.basic, 0, 9, 13, 19, 20, 23) || !all(f.more, 0)) return 1;
  // FMA, MOVBE, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT; registers of 128 and 256 bits
  if (!all(f.basic, 12, 22, 27, 28, 29) || !all(f.extended, 3, 5, 8) || !all(f.more, 5) || !all(f.kept, 1, 2)) return 2;
  // AVX-512 F, DQ, CD, BW, VL; mask registers and those of 512 bits
  if (!all(f.extended, 16, 17, 28, 30, 31) || !all(f.kept, 5, 6, 7)) return 3;
  return 4;
}

/// The level that a name of compilers stands for: "x86-64" 1, "x86-64-v2" 2 and so on; 0 for other names.
constexpr int level_named(std::string_view name) {
  constexpr std::string_view first = "x86-64";
  if (name == first) return 1;
  if (name.size() != 9 || name.substr(0, 8) != "x86-64-v" || name[8] < '2' || name[8] > '4') return 0;
  return name[8] - '0';
}

/// "x86-64-v3" for 3.
inline std::string name_of_level(int level) { return level == 1 ? "x86-64" : "x86-64-v" + std::to_string(level); }

}  // namespace weft::simd
