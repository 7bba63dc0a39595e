#pragma once
// How near two vectors are.
#include <algorithm>
#include <cmath>
#include <string>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/io/sentence_modules.hpp>
#include <weft/kernel/pooling.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The sum of a[i] b[i] over two vectors of one size: the cosine of their angle where both have length 1.
inline float dot_product(list<const float> a, list<const float> b) {
  if (a.size() != b.size())
    fail({.subject = "dot product",
          .found = "vectors of " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " values",
          .wanted = "two of one size"});
  return dot<simd::native>(a.data(), b.data(), a.size());
}

/// The cosine of the angle between two vectors, in [-1, 1]; 0 if one of them is all zeros, NaN if one has a value that
/// is not finite.
inline float cosine(list<const float> a, list<const float> b) {
  const float product = dot_product(a, b), aa = dot_product(a, a), bb = dot_product(b, b);
  const auto ordinary = [](float squares) { return squares > 1e-30f && squares < 1e30f; };
  if (is_finite(product) && ordinary(aa) && ordinary(bb))
    return std::clamp(product / (std::sqrt(aa) * std::sqrt(bb)), -1.0f, 1.0f);
  // Squares of very small or very large values leave the range of float, but not that of double.
  if (!all_finite(a) || !all_finite(b)) return not_a_number();
  double ab = 0, a_squares = 0, b_squares = 0;
  for (index_t i = 0; i < a.size(); ++i) {  // products of floats are exact in double: nothing is left to contract
    ab += double{a[i]} * double{b[i]};
    a_squares += double{a[i]} * double{a[i]};
    b_squares += double{b[i]} * double{b[i]};
  }
  const double lengths = std::sqrt(a_squares) * std::sqrt(b_squares);
  return lengths > 0 ? static_cast<float>(std::clamp(ab / lengths, -1.0, 1.0)) : 0.0f;
}

/// How near two vectors are as a model was trained for it; more is nearer, and 0 the nearest of two negative distances.
inline float similarity_of(similarity how, list<const float> a, list<const float> b) {
  if (how == similarity::cosine) return cosine(a, b);
  if (how == similarity::dot) return dot_product(a, b);
  if (a.size() != b.size()) return dot_product(a, b);  // which refuses them
  double sum = 0;
  for (index_t i = 0; i < a.size(); ++i) {
    const double apart = double{a[i]} - double{b[i]};
    sum = how == similarity::manhattan ? sum + std::abs(apart) : std::fma(apart, apart, sum);
  }
  return -static_cast<float>(how == similarity::manhattan ? sum : std::sqrt(sum));
}

}  // namespace weft
