#pragma once
#include <utility>
#include <weft/ffn/dense.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A linear cut into Groups that do not mix: group g maps columns [g * In / Groups, ...) of the input to columns
/// [g * Out / Groups, ...) of the output. Stored input-major, [Groups, In / Groups, Out / Groups] (reference:
/// GroupedLinearLayer in modeling_convbert.py).
template <index_t In, index_t Out, index_t Groups>
struct grouped_linear {
  static_assert(In % Groups == 0 && Out % Groups == 0,
                "weft::grouped: the number of groups must divide the width and the hidden width");
  static constexpr index_t in = In / Groups, out = Out / Groups;

  template <class Form>
  struct params {
    [[no_unique_address]] stored<Form, tensor<Form, Groups, in, out>> weight;
    [[no_unique_address]] stored<Form, tensor<Form, Out>> bias;
    [[no_unique_address]] derived<Form, std::array<linear<Form, in, out>, static_cast<std::size_t>(Groups)>> group;

    static constexpr void each(auto&& f, auto&... p) {
      f("weight", p.weight...);
      f("bias", p.bias...);
    }
    void derive(const auto& raw, const sizes&, arena& store) {
      for (index_t g = 0; g < Groups; ++g) {
        const auto* w = raw.weight.data + g * in * out;
        group[static_cast<std::size_t>(g)].pack([w](index_t o, index_t i) { return w[i * out + o]; },
                                                raw.bias.data + g * out, out, store);
      }
    }

    /// x [n, In] -> y [n, Out].
    template <class Then = identity>
    void operator()(rows<const float, In> x, rows<float, Out> y, const context& ctx, Then then = {}) const {
      [&]<std::size_t... G>(std::index_sequence<G...>) {
        (group[G](x.template columns<static_cast<index_t>(G) * in, in>(),
                  y.template columns<static_cast<index_t>(G) * out, out>(), ctx, then),
         ...);
      }
      (std::make_index_sequence<static_cast<std::size_t>(Groups)>{});
    }
  };
};

/// ConvBERT's feed-forward: up, activation, down, both linears grouped (Jiang et al. 2020, section 4.2).
template <index_t Groups, class Activation = gelu>
struct grouped {
  using activation = Activation;
  static constexpr index_t groups = Groups;

  struct cut {
    template <class Form, index_t In, index_t Out>
    using linear = weights<Form, grouped_linear<In, Out, Groups>>;
  };

  template <row_shape S>
  struct bind : detail::up_and_down<S, Activation, cut> {};
};

}  // namespace weft
