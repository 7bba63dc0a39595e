#pragma once
// Stacks of layers that are not all of one kind.
#include <algorithm>
#include <type_traits>
#include <utility>
#include <weft/concept/bind.hpp>
#include <weft/concept/spec.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Several kinds of layers, one behind the other: `using layout = weft::layers<weft::repeated<1, A>, B>;` is one of A,
/// then as many of B as the checkpoint has. All but the last entry say how many they are; the last one may.
template <class... Layouts>
struct layers {
  static_assert(sizeof...(Layouts) > 0, "weft::layers: wants a layout, as in layers<repeated<1, post_norm>, pre_norm>");
};

/// Count layers of one kind in `layers`. Their rows are Width wide, 0: as the spec says. A layout that changes the
/// width is bound to the width that it writes, and says what it reads: `static constexpr index_t reads_width`.
template <index_t Count, class Layout, index_t Width = 0>
struct repeated {
  static_assert(Count > 0, "weft::repeated: wants a number of layers, 1 or more");
};

/// A spec with another layout, at another width where that is not 0.
template <class Spec, class Layout, index_t Width>
struct with_layout : Spec {
  static constexpr model_shape shape{Width, Spec::shape.heads, Spec::shape.hidden};
  using layout = Layout;
};
template <class Spec, class Layout>
struct with_layout<Spec, Layout, 0> : Spec {
  using layout = Layout;
};

namespace detail {
/// The weights of layers [First, First + Count) of all; Count 0: of all that are left.
template <class Layer, index_t First, index_t Count>
struct layer_run : unit_vector<Layer> {
  void resize_for(index_t layers) {
    const auto left = std::max<index_t>(layers - First, 0);
    this->resize(static_cast<std::size_t>(Count > 0 ? std::min(Count, left) : left));
  }
};
template <class Layer, index_t First, index_t Count>
inline constexpr bool is_sequence<layer_run<Layer, First, Count>> = true;

template <class Layer, index_t First, index_t Count>
struct element_of<layer_run<Layer, First, Count>> : element_of<unit_vector<Layer>> {};

template <class Entry>
struct stacked_entry {
  using layout = Entry;
  static constexpr index_t count = 0, width = 0;
};
template <index_t Count, class Layout, index_t Width>
struct stacked_entry<repeated<Count, Layout, Width>> {
  using layout = Layout;
  static constexpr index_t count = Count, width = Width;
};

// What a bound layout reads and writes.
template <class Layer>
struct layer_widths {
  static constexpr index_t out = Layer::width, in = weft::reads_width<Layer, out>();
};

/// Behind the last layer.
template <index_t First, index_t Width>
struct no_layers {
  static constexpr index_t fixed = First, widest = 0, width = Width;
  static constexpr bool open = false, one_width = true;
  void each_layer(const nothing&, const auto&) const {}
};

/// The layers from number First on, which get rows of width In, or of their own where that is 0.
template <class Spec, index_t First, index_t In, class Entry, class... Others>
struct stack {
  using entry = stacked_entry<Entry>;
  static_assert(entry::count > 0 || sizeof...(Others) == 0,
                "weft::layers: every layout but the last says how many layers there are of it: repeated<2, layout>");
  using layer_spec = with_layout<Spec, typename entry::layout, entry::width>;
  using layer = typename decltype(bind_layout<layer_spec>())::type;
  static constexpr index_t out = layer_spec::shape.width, in = weft::reads_width<layer, out>();
  static_assert(In == 0 || In == in,
                "weft::layers: a layout reads rows of another width than those before it write; give `repeated` their "
                "width, repeated<2, layout, 256>, and put a layout between them whose bind says `reads_width`");
  static_assert(entry::count == 1 || in == out,
                "weft::layers: a layout that changes the width is one layer: repeated<1, layout, width>");

  template <class... Left>
  struct behind {
    using type = no_layers<First + entry::count, out>;
  };
  template <class Next, class... Left>
  struct behind<Next, Left...> {
    using type = stack<Spec, First + entry::count, out, Next, Left...>;
  };
  using rest = typename behind<Others...>::type;
  static constexpr index_t widest = std::max({in, out, rest::widest}), width = rest::width;
  static constexpr bool open = entry::count == 0 || rest::open;
  static constexpr bool one_width = in == out && rest::one_width;  // no layer changes it
  static constexpr index_t fixed = rest::fixed;

  template <class Form>
  struct params {
    std::conditional_t<std::is_same_v<Form, bound>, layer, layer_run<weights<Form, layer>, First, entry::count>> here;
    [[no_unique_address]] weights<Form, rest> behind;
    static constexpr void each(auto&& f, auto&... p) {
      f(name("", First), p.here...);
      f("", p.behind...);
    }
  };
  [[no_unique_address]] params<bound> parts;

  /// f(layer, its weights, its number) for every layer, first to last.
  template <class Form>
  void each_layer(const params<Form>& p, const auto& f) const {
    for (std::size_t i = 0; i < p.here.size(); ++i) f(parts.here, p.here[i], First + static_cast<index_t>(i));
    parts.behind.each_layer(p.behind, f);
  }

  /// Refuses a number of layers that these are not.
  static void check(const sizes& s) {
    if (s.groups > 0)
      fail({.subject = "layers of several kinds",
            .found = decimal(s.groups) + " groups of layers that share weights",
            .wanted = "weights of each layer's own"});
    if (open ? s.layers >= fixed : s.layers == fixed) return;
    fail({.subject = "layers of several kinds",
          .found = decimal(s.layers) + " layers",
          .wanted = (open ? "at least " : "") + decimal(fixed) + ", as the type says"});
  }
};

/// All layers are of the spec's one layout, each with weights of its own or of its group's.
template <class Spec, class Layout>
struct layers_of {
  static constexpr bool one_kind = true, one_width = true;
  using stack = typename decltype(bind_layout<Spec>())::type;
  static constexpr index_t in = Spec::shape.width, width = in, widest = in;
  static_assert(reads_width<stack, width>() == width,
                "weft: a layout that changes the width stands in weft::layers, once: repeated<1, layout, width>");
  template <class Form>
  using record = unit_vector<weights<Form, stack>>;
  static void check(const sizes&) {}
  static void each_layer(const stack& layer, const auto& weights, const sizes& s, const auto& f) {
    for (index_t i = 0; i < s.layers; ++i) f(layer, weights[static_cast<std::size_t>(s.weights_of(i))], i);
  }
};
template <class Spec, class... Layouts>
struct layers_of<Spec, layers<Layouts...>> {
  static constexpr bool one_kind = false;
  using stack = detail::stack<Spec, 0, 0, Layouts...>;
  static constexpr index_t in = stack::in, width = stack::width, widest = stack::widest;
  static constexpr bool one_width = stack::one_width;
  static_assert(width == Spec::shape.width,
                "weft::layers: the last layout writes rows of another width than the spec's shape says");
  template <class Form>
  using record = weights<Form, stack>;
  static void check(const sizes& s) { stack::check(s); }
  static void each_layer(const stack& all, const auto& weights, const sizes&, const auto& f) {
    all.each_layer(weights, f);
  }
};
}  // namespace detail

}  // namespace weft
