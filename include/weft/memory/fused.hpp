#pragma once
// Linears of the same rows that a checkpoint stores as one.
#include <weft/memory/record.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Count linears of In values to Out, stored as one: weight [Count Out, In] and, with Bias, bias [Count Out]. The rows
/// of the first come before those of the second (reference: ModernBert's Wqkv and Wi); or, where Heads is above 1, they
/// are interleaved: of every head first the rows of the first, then of the second (reference: GPTNeoX's
/// query_key_value). Prepared, `cut[i]` is the i-th linear. Named with multiplied_together(Count, name) where
/// share_products gets them.
template <index_t In, index_t Out, index_t Count, bool Bias = true, index_t Heads = 1>
struct fused_linears {
  static_assert(Count > 0 && Heads > 0 && Out % Heads == 0, "weft::fused_linears: the number of heads must divide Out");

  template <class Form>
  struct params {
    [[no_unique_address]] stored<Form, tensor<Form, Count * Out, In>> weight;
    [[no_unique_address]] stored<Form, std::conditional_t<Bias, tensor<Form, Count * Out>, nothing>> bias;
    [[no_unique_address]] derived<Form, std::array<linear<Form, In, Out>, static_cast<std::size_t>(Count)>> cut;
    static constexpr void each(auto&& f, auto&... p) {
      f("weight", p.weight...);
      f("bias", p.bias...);
    }
    void derive(const auto& raw, const sizes&, arena& store) {
      unit_vector<float> biases(Bias ? static_cast<std::size_t>(Out) : 0);
      for (index_t which = 0; which < Count; ++which) {
        if constexpr (Bias)
          for (index_t o = 0; o < Out; ++o) biases[static_cast<std::size_t>(o)] = raw.bias[row(which, o)];
        cut[static_cast<std::size_t>(which)].pack(
            [&](index_t o, index_t i) { return raw.weight[row(which, o) * In + i]; }, Bias ? biases.data() : nullptr,
            Out, store);
      }
    }
  };

  /// Where output `o` of linear `which` is stored.
  static constexpr index_t row(index_t which, index_t o) {
    constexpr index_t of_head = Out / Heads;
    return (o / of_head * Count + which) * of_head + o % of_head;
  }
};

/// The projections of queries, keys and values as DeBERTa v1 stores them: weight [3 Out, In], whose rows are
/// interleaved by head, those of a head's queries first, and with Bias two biases [Out], of queries and of values
/// (reference: DisentangledSelfAttention's in_proj, q_bias and v_bias). Prepared, `cut[i]` is the i-th linear.
template <index_t In, index_t Out, index_t Heads, bool Bias = true>
struct interleaved_projections {
  using fused = fused_linears<In, Out, 3, false, Heads>;

  template <class Form>
  struct params {
    [[no_unique_address]] stored<Form, tensor<Form, 3 * Out, In>> weight;
    [[no_unique_address]] stored<Form, std::conditional_t<Bias, tensor<Form, Out>, nothing>> query_bias;
    [[no_unique_address]] stored<Form, std::conditional_t<Bias, tensor<Form, Out>, nothing>> value_bias;
    [[no_unique_address]] derived<Form, std::array<linear<Form, In, Out>, 3>> cut;
    static constexpr void each(auto&& f, auto&... p) {
      f("weight", p.weight...);
      f("query_bias", p.query_bias...);
      f("value_bias", p.value_bias...);
    }
    void derive(const auto& raw, const sizes&, arena& store) {
      const auto pack = [&](index_t which, const float* bias) {
        cut[static_cast<std::size_t>(which)].pack(
            [&](index_t o, index_t i) { return raw.weight[fused::row(which, o) * In + i]; }, bias, Out, store);
      };
      const float *of_queries = nullptr, *of_values = nullptr;
      if constexpr (Bias) of_queries = raw.query_bias.data, of_values = raw.value_bias.data;
      pack(0, of_queries), pack(1, nullptr), pack(2, of_values);
    }
  };
};

}  // namespace weft
