#pragma once
// Linears in groups that do not mix, as a convolution of one tap stores them.
#include <utility>
#include <weft/memory/context.hpp>
#include <weft/memory/record.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A linear cut into Groups: group g maps columns [g * In / Groups, ...) of the input to columns [g * Out / Groups,
/// ...) of the output. Stored as torch.nn.Conv1d with a kernel of 1 stores it: weight [Out, In / Groups, 1], bias
/// [Out]. With one group it is a linear.
template <index_t In, index_t Out, index_t Groups>
struct pointwise_linear {
  static_assert(Groups > 0 && In % Groups == 0 && Out % Groups == 0,
                "weft: the number of groups must divide the widths on both sides of a pointwise linear");
  static constexpr index_t in = In / Groups, out = Out / Groups;

  template <class Form>
  struct params {
    [[no_unique_address]] stored<Form, tensor<Form, Out, in, 1>> weight;
    [[no_unique_address]] stored<Form, tensor<Form, Out>> bias;
    [[no_unique_address]] derived<Form, std::array<linear<Form, in, out>, static_cast<std::size_t>(Groups)>> group;

    static constexpr void each(auto&& f, auto&... p) {
      f("weight", p.weight...);
      f("bias", p.bias...);
    }
    void derive(const auto& raw, const sizes&, arena& store) {
      for (index_t g = 0; g < Groups; ++g) {
        const auto* w = raw.weight.data + g * out * in;
        group[static_cast<std::size_t>(g)].pack([w](index_t o, index_t i) { return w[o * in + i]; },
                                                raw.bias.data + g * out, out, store);
      }
    }

    /// x [n, In] -> y [n, Out].
    template <class Then>
    void run(rows<const float, In> x, rows<float, Out> y, const context& ctx, Then then) const {
      [&]<std::size_t... G>(std::index_sequence<G...>) {
        (group[G](x.template columns<static_cast<index_t>(G) * in, in>(),
                  y.template columns<static_cast<index_t>(G) * out, out>(), ctx, then),
         ...);
      }
      (std::make_index_sequence<static_cast<std::size_t>(Groups)>{});
    }
  };
};

}  // namespace weft
