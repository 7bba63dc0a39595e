#pragma once
// Formulas of a query, a key and a value, element by element: the operands of weft::formula_attention. A formula is a
// type; its terms are types:
//   using namespace weft::formula;  sum<over_root<key>, value>       key / √(head width) + value
// A term of one's own offers `reads`, which of the three it reads, and `of`, its value:
//   struct squared_key {
//     static constexpr reads_of reads{.key = true};
//     template <class V> static V of(const V&, const V& key, const V&, const V& inverse_root);
//   };
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::formula {

/// Which projections a formula reads.
struct reads_of {
  bool query = false, key = false, value = false;
  friend constexpr reads_of operator|(reads_of a, reads_of b) {
    return {a.query || b.query, a.key || b.key, a.value || b.value};
  }
};

struct query {
  static constexpr reads_of reads{.query = true};
  template <class V>
  [[gnu::always_inline]] static V of(const V& q, const V&, const V&, const V&) {
    return q;
  }
};
struct key {
  static constexpr reads_of reads{.key = true};
  template <class V>
  [[gnu::always_inline]] static V of(const V&, const V& k, const V&, const V&) {
    return k;
  }
};
struct value {
  static constexpr reads_of reads{.value = true};
  template <class V>
  [[gnu::always_inline]] static V of(const V&, const V&, const V& v, const V&) {
    return v;
  }
};

/// A + B.
template <class A, class B>
struct sum {
  static constexpr reads_of reads = A::reads | B::reads;
  template <class V>
  [[gnu::always_inline]] static V of(const V& q, const V& k, const V& v, const V& r) {
    return A::of(q, k, v, r) + B::of(q, k, v, r);
  }
};
/// -A.
template <class A>
struct negative {
  static constexpr reads_of reads = A::reads;
  template <class V>
  [[gnu::always_inline]] static V of(const V& q, const V& k, const V& v, const V& r) {
    return V(0.0f) - A::of(q, k, v, r);
  }
};
/// A / √(head width).
template <class A>
struct over_root {
  static constexpr reads_of reads = A::reads;
  template <class V>
  [[gnu::always_inline]] static V of(const V& q, const V& k, const V& v, const V& r) {
    return simd::rounded(A::of(q, k, v, r) * r);
  }
};
/// ln(1 + e^A).
template <class A>
struct softplus {
  static constexpr reads_of reads = A::reads;
  template <class V>
  [[gnu::always_inline]] static V of(const V& q, const V& k, const V& v, const V& r) {
    return simd::softplus(A::of(q, k, v, r));
  }
};
/// The logarithm of the logistic function, -softplus(-A).
template <class A>
using logsigmoid = negative<softplus<negative<A>>>;
/// A / (1 + |A|).
template <class A>
struct softsign {
  static constexpr reads_of reads = A::reads;
  template <class V>
  [[gnu::always_inline]] static V of(const V& q, const V& k, const V& v, const V& r) {
    const V a = A::of(q, k, v, r);
    return simd::divide(a, V(1.0f) + simd::max(a, V(0.0f) - a));
  }
};

template <class F>
concept expression = requires(const simd::vector<simd::native>& x) {
  requires sizeof(F::reads) == sizeof(reads_of);
  simd::vector<simd::native>(F::of(x, x, x, x));
};

}  // namespace weft::formula
