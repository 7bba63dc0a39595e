#pragma once
// A number and its slope. An activation or a score that is called with it differentiates itself: its line is written
// once, for floats and vectors of them, and every operation in it knows its derivative (Wengert 1964).
// Included by simd/math.hpp: policies call simd::fma and its like by their full names, so that what these may be called
// with has to be known before.
#include <type_traits>
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// V is float or a vector of floats. A plain number becomes a constant, of slope 0.
template <class V>
struct dual {
  V value{}, slope{};

  dual() = default;
  dual(V v, V d) : value(v), slope(d) {}
  dual(V v) : value(v), slope(V(0.0f)) {}                                             // NOLINT: a constant
  dual(float v) requires(!std::is_same_v<V, float>) : value(V(v)), slope(V(0.0f)) {}  // NOLINT: a constant

  friend dual operator+(const dual& a, const dual& b) { return {a.value + b.value, a.slope + b.slope}; }
  friend dual operator-(const dual& a, const dual& b) { return {a.value - b.value, a.slope - b.slope}; }
  friend dual operator-(const dual& a) { return dual(V(0.0f)) - a; }
  friend dual operator*(const dual& a, const dual& b) {
    return {a.value * b.value, simd::fma(a.slope, b.value, simd::rounded(a.value * b.slope))};
  }
};

namespace detail {
// a where the condition holds, b elsewhere.
template <class V>
dual<V> chosen(const auto& condition, const dual<V>& a, const dual<V>& b) {
  if constexpr (std::is_same_v<V, float>)
    return condition ? a : b;
  else
    return {simd::select(condition, a.value, b.value), simd::select(condition, a.slope, b.slope)};
}
}  // namespace detail

template <class V>
dual<V> rounded(const dual<V>& a) {
  return {simd::rounded(a.value), simd::rounded(a.slope)};
}
template <class V>
dual<V> fma(const dual<V>& a, const dual<V>& b, const dual<V>& c) {
  return {simd::fma(a.value, b.value, c.value), simd::fma(a.slope, b.value, simd::fma(a.value, b.slope, c.slope))};
}
/// Of equals the first, so that the slope of relu at 0 is 0.
template <class V>
dual<V> max(const dual<V>& a, const dual<V>& b) {
  return detail::chosen(a.value >= b.value, a, b);
}
template <class V>
dual<V> min(const dual<V>& a, const dual<V>& b) {
  return detail::chosen(a.value <= b.value, a, b);
}
template <class V>
dual<V> divide(const dual<V>& a, const dual<V>& b) {
  const V quotient = simd::divide(a.value, b.value);
  return {quotient, simd::divide(simd::fma(V(0.0f) - quotient, b.slope, a.slope), b.value)};
}
template <class V>
dual<V> exp(const dual<V>& a) {
  const V e = simd::exp(a.value);
  return {e, simd::rounded(a.slope * e)};
}
/// 2 / sqrt(pi) e^(-x^2).
template <class V>
dual<V> erf(const dual<V>& a) {
  const V bell = simd::exp(V(0.0f) - simd::rounded(a.value * a.value));
  return {simd::erf(a.value), simd::rounded(a.slope * simd::rounded(V(1.12837917f) * bell))};
}
/// 1 - tanh(x)^2.
template <class V>
dual<V> tanh(const dual<V>& a) {
  const V t = simd::tanh(a.value);
  return {t, simd::rounded(a.slope * simd::fma(V(0.0f) - t, t, V(1.0f)))};
}
/// What a table holds does not depend on the number that it is like.
template <class V>
V load_like(const float* p, const dual<V>& like) {
  return simd::load_like(p, like.value);
}
template <class V>
float first_lane(const dual<V>& a) {
  return simd::first_lane(a.value);
}

namespace detail {
template <class>
inline constexpr bool is_dual = false;
template <class V>
inline constexpr bool is_dual<dual<V>> = true;
/// The first of some types that is a dual number.
template <class A, class... Others>
struct first_dual : first_dual<Others...> {};
template <class V, class... Others>
struct first_dual<dual<V>, Others...> {
  using type = dual<V>;
};
/// Some arguments are dual numbers and some are not: those are constants.
template <class A, class... Others>
concept mixes_duals = (is_dual<A> || ... || is_dual<Others>)&&!(std::is_same_v<A, Others> && ...);
}  // namespace detail

template <class A, class B, class C>
requires detail::mixes_duals<A, B, C>
auto fma(const A& a, const B& b, const C& c) {
  using number = typename detail::first_dual<A, B, C>::type;
  return fma(number(a), number(b), number(c));
}
template <class A, class B>
requires detail::mixes_duals<A, B>
auto max(const A& a, const B& b) {
  using number = typename detail::first_dual<A, B>::type;
  return max(number(a), number(b));
}
template <class A, class B>
requires detail::mixes_duals<A, B>
auto min(const A& a, const B& b) {
  using number = typename detail::first_dual<A, B>::type;
  return min(number(a), number(b));
}
template <class A, class B>
requires detail::mixes_duals<A, B>
auto divide(const A& a, const B& b) {
  using number = typename detail::first_dual<A, B>::type;
  return divide(number(a), number(b));
}

}  // namespace weft::simd
