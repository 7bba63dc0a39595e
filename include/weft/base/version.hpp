#pragma once
// The version, in one place: its numbers, and the namespace inside `weft` that every header opens. The linker keeps one
// of several functions of a name. So what two versions compile has two names, and so has what two sets of instructions
// do: a function that was compiled for a newer processor would stop the program on an older one. The macros are weft's
// own: programs write `weft::`.

// WEFT_IF(macro, letter): the letter where the macro is 1, nothing where it is another number or is not defined.
#define WEFT_PLACE_1 0,
#define WEFT_SECOND(first, second, ...) second
#define WEFT_SECOND_OF(...) WEFT_SECOND(__VA_ARGS__)
#define WEFT_IF_VALUE(value, letter) WEFT_SECOND_OF(WEFT_PLACE_##value letter, , )
#define WEFT_IF(macro, letter) WEFT_IF_VALUE(macro, letter)
#define WEFT_EIGHT_JOINED(a, b, c, d, e, f, g, h, ...) a##b##c##d##e##f##g##h
#define WEFT_JOINED(...) WEFT_EIGHT_JOINED(__VA_ARGS__, , , , , , , )

// The levels of x86-64: a digit for one that is there as a whole, otherwise a letter for each of its parts.
#if defined(__SSE3__) && defined(__SSSE3__) && defined(__SSE4_1__) && defined(__SSE4_2__) && defined(__POPCNT__) && \
    defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16)
#define WEFT_LEVEL_2 2
#else
#define WEFT_LEVEL_2                                                                                       \
  WEFT_JOINED(WEFT_IF(__SSE3__, a), WEFT_IF(__SSSE3__, b), WEFT_IF(__SSE4_1__, c), WEFT_IF(__SSE4_2__, d), \
              WEFT_IF(__POPCNT__, e), WEFT_IF(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16, f))
#endif
#if defined(__AVX__) && defined(__AVX2__) && defined(__BMI__) && defined(__BMI2__) && defined(__F16C__) && \
    defined(__FMA__) && defined(__LZCNT__) && defined(__MOVBE__)
#define WEFT_LEVEL_3 3
#else
#define WEFT_LEVEL_3                                                                                \
  WEFT_JOINED(WEFT_IF(__AVX__, g), WEFT_IF(__AVX2__, h), WEFT_IF(__BMI__, i), WEFT_IF(__BMI2__, j), \
              WEFT_IF(__F16C__, k), WEFT_IF(__FMA__, l), WEFT_IF(__LZCNT__, m), WEFT_IF(__MOVBE__, n))
#endif
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__)
#define WEFT_LEVEL_4 4
#else
#define WEFT_LEVEL_4                                                                                                 \
  WEFT_JOINED(WEFT_IF(__AVX512F__, o), WEFT_IF(__AVX512BW__, p), WEFT_IF(__AVX512CD__, q), WEFT_IF(__AVX512DQ__, r), \
              WEFT_IF(__AVX512VL__, s))
#endif
// What no level has, and -ffast-math, whose functions compute other bits.
#define WEFT_BEYOND_512                                                                                  \
  WEFT_JOINED(WEFT_IF(__AVX512IFMA__, A), WEFT_IF(__AVX512VBMI__, B), WEFT_IF(__AVX512VBMI2__, C),       \
              WEFT_IF(__AVX512VNNI__, D), WEFT_IF(__AVX512BITALG__, E), WEFT_IF(__AVX512VPOPCNTDQ__, F), \
              WEFT_IF(__AVX512BF16__, G), WEFT_IF(__AVX512FP16__, H))
#define WEFT_BEYOND                                                                                         \
  WEFT_JOINED(WEFT_IF(__AVXVNNI__, I), WEFT_IF(__AVXIFMA__, J), WEFT_IF(__GFNI__, K), WEFT_IF(__FMA4__, L), \
              WEFT_IF(__XOP__, M), WEFT_IF(__TBM__, N), WEFT_IF(__SSE4A__, O), WEFT_IF(__AVX10_1__, P))
#define WEFT_ARM                                                                                                     \
  WEFT_JOINED(WEFT_IF(__ARM_FEATURE_ATOMICS, Q), WEFT_IF(__ARM_FEATURE_DOTPROD, R), WEFT_IF(__ARM_FEATURE_SVE, S),   \
              WEFT_IF(__ARM_FEATURE_SVE2, T), WEFT_IF(__ARM_FEATURE_BF16, U), WEFT_IF(__ARM_FEATURE_MATMUL_INT8, V), \
              WEFT_IF(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC, W), WEFT_IF(__ARM_FEATURE_PAUTH, X))
#define WEFT_OTHERS                                                                                     \
  WEFT_JOINED(WEFT_IF(__FINITE_MATH_ONLY__, Y), WEFT_IF(__APX_F__, Z), WEFT_IF(__ARM_FEATURE_FRINT, t), \
              WEFT_IF(__ARM_FEATURE_JCVT, u), WEFT_IF(__ARM_FEATURE_SHA3, v), WEFT_IF(__VAES__, w),     \
              WEFT_IF(__VPCLMULQDQ__, x), WEFT_IF(__AVX512VP2INTERSECT__, y))

// What is the same in all units of a program: weft::error, which one unit throws and another catches.
#define WEFT_VERSION_NAMESPACE v0_1
#define WEFT_INLINE_NAMESPACE \
  WEFT_JOINED(v0_1_, WEFT_LEVEL_2, WEFT_LEVEL_3, WEFT_LEVEL_4, WEFT_BEYOND_512, WEFT_BEYOND, WEFT_ARM, WEFT_OTHERS)

namespace weft::inline WEFT_INLINE_NAMESPACE {

inline constexpr int version_major = 0, version_minor = 1, version_patch = 0;
inline constexpr const char* version = "0.1.0";

}  // namespace weft
