#pragma once
#include <vector>
#include <weft/concept/head.hpp>
#include <weft/encoder/encoder.hpp>
#include <weft/testing/reference_attention.hpp>
#include <weft/testing/reference_embedding.hpp>
#include <weft/testing/reference_feed_forward.hpp>
#include <weft/testing/reference_heads.hpp>
#include <weft/testing/reference_layout.hpp>
#include <weft/testing/reference_mixed_attention.hpp>
#include <weft/testing/reference_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// The hidden states of every level, each [tokens, width]: 0 is the embedding, level l the output of layer l - 1. What
/// encoder<Spec>::forward computes, by formulas in double (testing/reference.hpp), and as slowly as that sounds.
/// Fails on batches that the encoder refuses.
template <encoder_spec Spec>
std::vector<table> reference_hidden(const typename encoder<Spec>::template params<raw>& stored, const sizes& limits,
                                    const batch& in) {
  check(in, limits);
  const table empty = xt::zeros<double>({in.tokens(), Spec::shape.width});
  std::vector<table> levels(static_cast<std::size_t>(limits.layers) + 1, empty);
  for (index_t s = 0; s < in.sequences(); ++s) {
    if (in.length(s) == 0) continue;
    place at{in, limits, s, 0};
    const auto keep = [&](index_t level, const table& x) {
      xt::view(levels[static_cast<std::size_t>(level)], xt::range(at.first(), at.first() + at.length()), xt::all()) = x;
    };
    table x = reference_of<typename Spec::embedding>::template forward<Spec>(stored.embed, at);
    keep(0, x);
    for (; at.layer < limits.layers; ++at.layer) {
      x = reference_of<typename Spec::layout>::template forward<Spec>(
          stored.layers[static_cast<std::size_t>(limits.weights_of(at.layer))], x, at);
      keep(at.layer + 1, x);
    }
  }
  return levels;
}

/// What a head makes of hidden states [tokens, width]: a row for each token or each sequence, as the head reads. A
/// sequence of no tokens gives the head's answer to a row of zeros.
template <encoder_spec Spec, class Head>
table reference_head(const weights<raw, typename Head::template bind<Spec>>& stored, const batch& in,
                     const table& hidden) {
  constexpr auto rows = Head::template bind<Spec>::reads_rows;
  if constexpr (reads_tokens(rows)) {
    return reference_of<Head>::template forward<Spec>(stored, hidden);
  } else {
    table chosen = xt::zeros<double>({in.sequences(), Spec::shape.width});
    for (index_t s = 0; s < in.sequences(); ++s)
      if (const auto row = row_read(rows, in, s); row >= 0) xt::row(chosen, s) = xt::row(hidden, row);
    return reference_of<Head>::template forward<Spec>(stored, chosen);
  }
}

}  // namespace weft::testing
