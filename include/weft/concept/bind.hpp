#pragma once
// Layouts bind a spec's policies to shapes through these, so that every mistake in a policy is reported in words, at
// the shape where it happened.
#include <algorithm>
#include <type_traits>
#include <weft/concept/none.hpp>
#include <weft/concept/part.hpp>
#include <weft/memory/record_laws.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class Numeric>
struct slimmable_numeric : Numeric {
  static constexpr bool slimmable = true;
};
template <class Spec>
struct numeric_of {
  using type = typename Spec::numeric;
};
template <class Spec>
requires(Spec::slimmable) struct numeric_of<Spec> {
  using type = slimmable_numeric<typename Spec::numeric>;
};
}  // namespace detail

/// How the weights of a spec are stored once prepared for an architecture.
template <class Spec, class Arch = simd::native>
using form_of = prepared<typename detail::numeric_of<Spec>::type, Arch>;

/// Whether a model of this form may run with fewer heads, hidden columns and layers: its spec says `slimmable = true`.
template <class Form>
inline constexpr bool is_slimmable = requires {
  requires Form::numeric::slimmable;
};

/// What rows of a spec's encoder are made of: float, unless its numeric policy says another `stream`.
namespace detail {
template <class Numeric>
struct stream_in {
  using type = float;
};
template <class Numeric>
requires requires { typename Numeric::stream; }
struct stream_in<Numeric> {
  using type = typename Numeric::stream;
};
template <class Policy>
inline constexpr bool of_whole_numbers = requires {
  requires Policy::whole_numbers;
};
}  // namespace detail
template <class Spec>
using stream_of = typename detail::stream_in<typename Spec::numeric>::type;

/// Whether all policies of a spec, or none, are of whole numbers, as its numeric policy is; refused in words otherwise.
template <class Spec>
constexpr bool agrees_on_numbers() {
  using detail::of_whole_numbers;
  constexpr bool whole = !std::is_same_v<stream_of<Spec>, float>;
  if constexpr (!requires { typename Spec::layout; }) {
    static_assert(!whole, "weft: the extended encoder computes in floating point; numeric = weft::integer is I-BERT's");
    return !whole;
  } else {
    constexpr bool agrees =
        of_whole_numbers<typename Spec::embedding> == whole && of_whole_numbers<typename Spec::mixer> == whole &&
        of_whole_numbers<typename Spec::feed_forward> == whole && of_whole_numbers<typename Spec::norm> == whole &&
        of_whole_numbers<typename Spec::layout> == whole;
    static_assert(
        agrees,
        "weft: parts on whole numbers and `numeric = weft::integer` go together: embedding = integer_summed, "
        "mixer = integer_attention<>, feed_forward = integer_dense<>, norm = integer_layer_norm<>, layout = "
        "integer_post_norm, as weft::ibert_of has them with quant_mode; no other numeric goes with these, and "
        "integer with no others");
    return agrees;
  }
}

/// Whether an encoder's rows are whole numbers, which their parts' weights carry scales for
/// (encoder/weighted_stack.hpp).
template <class Spec>
inline constexpr bool on_whole_numbers = !std::is_same_v<stream_of<Spec>, float> && agrees_on_numbers<Spec>();

/// Stands in for a refused part, so that the first error stays the only one.
struct refused_part {
  void forward(const auto&...) const {}
  void row(const auto&...) const {}
};

/// Spec with another norm; Spec itself where Norm is void. For parts whose last norm differs from the others.
template <class Spec, class Norm>
struct with_norm : Spec {
  using norm = Norm;
};
template <class Spec>
struct with_norm<Spec, void> : Spec {};

/// `none` as a norm: rows stay what they are.
template <index_t Width>
struct no_norm : none {
  void row(const nothing&, const float* x, float* y) const {
    if (x != y) std::copy_n(x, Width, y);
  }
};

template <class Spec, mixer_shape S>
constexpr auto bind_mixer() {
  constexpr bool binds = requires { typename Spec::mixer::template bind<S>; };
  static_assert(binds, "weft: Spec::mixer needs `template <mixer_shape S> struct bind`");
  if constexpr (binds) {
    using part = typename Spec::mixer::template bind<S>;
    constexpr bool runs = forwards<part, form_of<Spec>, streams<S>, rows<float, S.output>>;
    static_assert(runs,
                  "weft: Spec::mixer::bind<S> needs `template <class Form> void forward(const params<Form>&, "
                  "const streams<S>&, rows<float, S.output>, const context&) const`");
    return std::conditional_t<runs, part, refused_part>{};
  } else {
    return refused_part{};
  }
}

/// `none` where a spec's layers have no feed-forward.
template <class Spec, row_shape S>
constexpr auto bind_feed_forward() {
  constexpr bool is_none = std::is_same_v<typename Spec::feed_forward, none>;
  constexpr bool binds = requires { typename Spec::feed_forward::template bind<S>; };
  static_assert(binds || is_none,
                "weft: Spec::feed_forward needs `template <row_shape S> struct bind`, or is weft::none");
  if constexpr (is_none) {
    return none{};
  } else if constexpr (binds) {
    using part = typename Spec::feed_forward::template bind<S>;
    constexpr bool runs = forwards<part, form_of<Spec>, rows<const float, S.width>, rows<float, S.width>>;
    static_assert(runs,
                  "weft: Spec::feed_forward::bind<S> needs `template <class Form> void forward(const params<Form>&, "
                  "rows<const float, S.width>, rows<float, S.width>, const context&) const`");
    return std::conditional_t<runs, part, refused_part>{};
  } else {
    return refused_part{};
  }
}

template <class Spec, index_t Width>
constexpr auto bind_norm() {
  constexpr bool is_none = std::is_same_v<typename Spec::norm, none>;
  constexpr bool binds = requires { typename Spec::norm::template bind<Width>; };
  static_assert(binds || is_none, "weft: Spec::norm needs `template <index_t Width> struct bind`, or is weft::none");
  if constexpr (is_none) {
    return no_norm<Width>{};
  } else if constexpr (binds) {
    using part = typename Spec::norm::template bind<Width>;
    constexpr bool runs = norms<part, form_of<Spec>>;
    static_assert(runs,
                  "weft: Spec::norm::bind<Width> needs `template <class Form> void row(const params<Form>&, "
                  "const float* x, float* y) const`");
    return std::conditional_t<runs, part, refused_part>{};
  } else {
    return refused_part{};
  }
}

/// The width of the rows that a bound layout reads: its model's, unless it says another.
template <class Layout, index_t Width>
constexpr index_t reads_width() {
  if constexpr (requires { Layout::reads_width; })
    return Layout::reads_width;
  else
    return Width;
}

template <class Spec>
constexpr auto bind_layout() {
  constexpr bool binds = requires { typename Spec::layout::template bind<Spec>; };
  static_assert(binds, "weft: Spec::layout needs `template <class Spec> struct bind`");
  if constexpr (!agrees_on_numbers<Spec>()) {
    return std::type_identity<refused_part>{};
  } else if constexpr (binds) {
    using part = typename Spec::layout::template bind<Spec>;
    static_assert(sizeof(part) > 0);  // binds here, so that a refused policy is reported close to the user's line
    constexpr bool runs =
        forwards<part, form_of<Spec>, rows<const stream_of<Spec>, reads_width<part, Spec::shape.width>()>,
                 rows<stream_of<Spec>, Spec::shape.width>>;
    static_assert(runs,
                  "weft: Spec::layout::bind<Spec> needs `template <class Form> void forward(const params<Form>&, "
                  "rows<const float, Spec::shape.width>, rows<float, Spec::shape.width>, const auto& context) const`; "
                  "one that reads rows of another width says so in `static constexpr index_t reads_width`");
    return std::type_identity<std::conditional_t<runs, part, refused_part>>{};
  } else {
    return std::type_identity<refused_part>{};
  }
}

/// What a spec names as `last`, run once behind its last layer: forward(weights, x, y, context), where y may be x.
/// `nothing` where it names none.
template <class Spec>
constexpr auto bind_last() {
  if constexpr (requires { typename Spec::last; }) {
    constexpr bool binds = requires { typename Spec::last::template bind<Spec>; };
    static_assert(binds, "weft: Spec::last needs `template <class Spec> struct bind`, as weft::final_norm has");
    if constexpr (binds) {
      using part = typename Spec::last::template bind<Spec>;
      constexpr bool runs =
          forwards<part, form_of<Spec>, rows<const float, Spec::shape.width>, rows<float, Spec::shape.width>>;
      static_assert(runs,
                    "weft: Spec::last::bind<Spec> needs `template <class Form> void forward(const params<Form>&, "
                    "rows<const float, Spec::shape.width>, rows<float, Spec::shape.width>, const context&) const`");
      return std::type_identity<std::conditional_t<runs, part, refused_part>>{};
    } else {
      return std::type_identity<refused_part>{};
    }
  } else {
    return std::type_identity<nothing>{};
  }
}

/// The width of the embedding's word table, for heads that multiply with it.
template <class Spec>
constexpr index_t table_width_of() {
  constexpr bool says = requires { Spec::embedding::template bind<Spec>::table_width; };
  static_assert(says,
                "weft: Spec::embedding::bind<Spec> needs `static constexpr index_t table_width`, the width of its word "
                "table, for this head");
  if constexpr (says)
    return Spec::embedding::template bind<Spec>::table_width;
  else
    return Spec::shape.width;
}

template <class Spec>
constexpr auto bind_embedding() {
  constexpr bool binds = requires { typename Spec::embedding::template bind<Spec>; };
  static_assert(binds, "weft: Spec::embedding needs `template <class Spec> struct bind`");
  if constexpr (!agrees_on_numbers<Spec>()) {
    return std::type_identity<refused_part>{};
  } else if constexpr (binds) {
    using part = typename Spec::embedding::template bind<Spec>;
    constexpr bool runs = embeds<part, form_of<Spec>, rows<stream_of<Spec>, Spec::shape.width>>;
    static_assert(runs,
                  "weft: Spec::embedding::bind<Spec> needs `template <class Form> void forward(const params<Form>&, "
                  "rows<float, Spec::shape.width>, const context&) const`");
    return std::type_identity<std::conditional_t<runs, part, refused_part>>{};
  } else {
    return std::type_identity<refused_part>{};
  }
}

}  // namespace weft
