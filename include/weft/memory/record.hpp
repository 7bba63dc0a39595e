#pragma once
// A part's parameters, declared once as a struct template over the form they take:
//
//   template <class Form> struct params {
//     linear<Form, 768, 3072> up;
//     linear<Form, 3072, 768> down;
//     static constexpr void each(auto&& f, auto&... p) {
//       f("intermediate.dense", p.up...);
//       f("output.dense", p.down...);
//     }
//   };
//
//   params<raw>             pointers into a checkpoint, row major, as stored
//   params<gradient>        the same tensors, writable: gradients, moments, master weights
//   params<prepared<N, A>>  what kernels read: packed for numeric policy N on architecture A
//   params<bound>           no weights but the inner parts themselves: a part that has some holds it as `parts`
//
// The order of `each` is the order in which a forward pass reads packed weights, so that those that come next can be
// asked of memory ahead of time: another order costs speed, not correctness.
#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <weft/base/shape.hpp>
#include <weft/memory/arena.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// No parameters, no state.
struct nothing {
  static constexpr void each(auto&&, auto&...) {}
};

namespace detail {
template <bool Known>
struct counted_size {
  index_t count = 0;
};
template <>
struct counted_size<true> {};
}  // namespace detail

/// A stored tensor of shape [N...]. One entry may be a run-time size (weft::counted); its value is kept in `count`.
template <class T, index_t... N>
struct view : detail::counted_size<((N >= 0) && ...)> {
  static_assert(((N < 0) + ... + 0) <= 1, "weft: one entry of a tensor's shape may be a run-time size, not more");
  static constexpr std::array<index_t, sizeof...(N)> shape{N...};
  static constexpr bool known = ((N >= 0) && ...);
  /// Where in the shape the run-time size stands; the number of entries where there is none.
  static constexpr std::size_t counted_at = [] {
    std::size_t i = 0;
    while (i < shape.size() && shape[i] >= 0) ++i;
    return i;
  }();
  T* data = nullptr;

  constexpr T& operator[](index_t i) const { return data[i]; }

  /// The number of values, once a checkpoint was read.
  constexpr index_t size() const {
    index_t n = 1;
    for (const auto entry : shape) {
      if constexpr (!known) {
        n *= entry < 0 ? this->count : entry;
      } else {
        n *= entry;
      }
    }
    return n;
  }
  void prepare(const view& stored, const sizes&, arena&) { *this = stored; }
};

/// A stored table of whole numbers from 0 to Values - 1, of shape [N...]: which of Values things is whose. Not weights:
/// nothing multiplies by it, and it is not trained.
template <index_t Values, index_t... N>
struct integer_view : view<const std::int32_t, N...> {
  static constexpr index_t values = Values;
};

/// A linear as checkpoints store it: weight [Out, In], bias [Out].
template <class Form, index_t In, index_t Out, bool Bias>
struct stored_linear {
  typename Form::template tensor<Out, In> weight;
  [[no_unique_address]] std::conditional_t<Bias, typename Form::template tensor<Out>, nothing> bias;
  static constexpr void each(auto&& f, auto&... p) {
    f("weight", p.weight...);
    if constexpr (Bias) f("bias", p.bias...);
  }
  float operator()(index_t out, index_t in) const { return weight[out * In + in]; }
  const float* bias_data() const {
    if constexpr (Bias)
      return bias.data;
    else
      return nullptr;
  }
};

struct raw {
  template <index_t... N>
  using tensor = view<const float, N...>;
  template <index_t Values, index_t... N>
  using integers = integer_view<Values, N...>;
  template <index_t In, index_t Out, bool Bias>
  using linear = stored_linear<raw, In, Out, Bias>;
  template <class>
  using derived = nothing;
  template <class T>
  using stored = T;
};
struct gradient {
  template <index_t... N>
  using tensor = view<float, N...>;
  template <index_t, index_t...>
  using integers = nothing;
  template <index_t In, index_t Out, bool Bias>
  using linear = stored_linear<gradient, In, Out, Bias>;
  template <class>
  using derived = nothing;
  template <class T>
  using stored = T;
};
/// Instead of weights the parts that they belong to.
struct bound {
  template <index_t...>
  using tensor = nothing;
  template <index_t, index_t...>
  using integers = nothing;
  template <index_t, index_t, bool>
  using linear = nothing;
  template <class>
  using derived = nothing;
  template <class>
  using stored = nothing;
};
template <class Numeric, class Arch>
struct prepared {
  using arch = Arch;
  using numeric = Numeric;
  template <index_t... N>
  using tensor = view<const float, N...>;
  template <index_t Values, index_t... N>
  using integers = integer_view<Values, N...>;
  template <index_t In, index_t Out, bool>
  using linear = typename Numeric::template linear<In, Out, Arch>;
  template <class T>
  using derived = T;
  template <class>
  using stored = nothing;
};

// The words a policy's author uses.
template <class Form, index_t... N>
using tensor = typename Form::template tensor<N...>;
template <class Form, index_t Values, index_t... N>
using integers = typename Form::template integers<Values, N...>;
template <class Form, index_t In, index_t Out, bool Bias = true>
using linear = typename Form::template linear<In, Out, Bias>;
template <class Form, class T>
using derived = typename Form::template derived<T>;  // present in `prepared` only
template <class Form, class T>
using stored = typename Form::template stored<T>;  // absent from `prepared`

namespace detail {
template <class Form, class Part>
struct weights_of {
  using type = nothing;
};
template <class Form, class Part>
requires(!std::is_same_v<Form, bound> &&
         requires { typename Part::template params<Form>; }) struct weights_of<Form, Part> {
  using type = typename Part::template params<Form>;
};
template <class Part>
struct weights_of<bound, Part> {
  using type = Part;
};
}  // namespace detail

/// A part's parameters in one form; `nothing` for a part that declares none. In form `bound` the part itself.
template <class Form, class Part>
using weights = typename detail::weights_of<Form, Part>::type;

/// A field's name as a checkpoint spells it. Empty adds no level; a leading '/' starts at the top.
struct name {
  std::string_view text;
  index_t first = 0;                          ///< number of the first element when the field is an array
  index_t together = 1;                       ///< linears from this one on that are multiplied at once
  bool chained = false;                       ///< the part runs inside a chain, block of rows by block of rows
  constexpr name(const char* t) : text(t) {}  // NOLINT: a literal is a name
  constexpr name(std::string_view t, index_t n = 0) : text(t), first(n) {}  // NOLINT
};

/// The first of `count` linears of the same rows that `forward` hands to share_products at once, one behind the other.
constexpr name multiplied_together(index_t count, name first) {
  first.together = count;
  return first;
}
/// A part that runs inside context::each_block. Others see all rows.
constexpr name in_chain(name part) {
  part.chained = true;
  return part;
}

struct ignore_fields {
  constexpr void operator()(name, auto&...) const {}
};

template <class T>
concept record = requires(std::remove_const_t<T>& r) {
  std::remove_const_t<T>::each(ignore_fields{}, r);
};

}  // namespace weft
