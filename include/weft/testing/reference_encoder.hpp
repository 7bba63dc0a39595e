#pragma once
#include <vector>
#include <weft/concept/head.hpp>
#include <weft/encoder/encoder.hpp>
#include <weft/testing/reference_attention.hpp>
#include <weft/testing/reference_embedding.hpp>
#include <weft/testing/reference_experts.hpp>
#include <weft/testing/reference_feed_forward.hpp>
#include <weft/testing/reference_formula.hpp>
#include <weft/testing/reference_fourier.hpp>
#include <weft/testing/reference_grouped_query_attention.hpp>
#include <weft/testing/reference_heads.hpp>
#include <weft/testing/reference_layout.hpp>
#include <weft/testing/reference_mixed_attention.hpp>
#include <weft/testing/reference_norm.hpp>
#include <weft/testing/reference_pointwise.hpp>
#include <weft/testing/reference_recurrence.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
// x through layers of one kind, whose weights are weights_of(number); keep(level, x) behind each.
template <class Spec, class Layout>
void reference_layers(const auto& weights_of, index_t count, table& x, place& at, const auto& keep) {
  for (index_t i = 0; i < count; ++i) {
    x = reference_of<Layout>::template forward<Spec>(weights_of(i), x, at);
    keep(++at.layer, x);
  }
}
// The same through layers of several kinds.
template <class Stack>
void reference_stack(const weights<raw, Stack>& p, table& x, place& at, const auto& keep) {
  const auto own = [&](index_t i) -> const auto& { return p.here[static_cast<std::size_t>(i)]; };
  reference_layers<typename Stack::layer_spec, typename Stack::layer_spec::layout>(
      own, static_cast<index_t>(p.here.size()), x, at, keep);
  if constexpr (requires { typename Stack::rest::layer; }) reference_stack<typename Stack::rest>(p.behind, x, at, keep);
}
}  // namespace detail

/// The hidden states of every level, each [tokens, width]: 0 is the embedding, level l the output of layer l - 1, one
/// more that of what the spec names as `last`. What
/// encoder<Spec>::forward computes, by formulas in double (testing/reference.hpp), and as slowly as that sounds.
/// Fails on batches that the encoder refuses.
template <encoder_spec Spec>
std::vector<table> reference_hidden(const typename encoder<Spec>::template params<raw>& stored, const sizes& limits,
                                    const batch& in) {
  check(in, limits);
  using made_of = weft::detail::encoder_parts<Spec>;
  constexpr bool has_last = !std::is_same_v<typename made_of::last, nothing>;
  std::vector<table> levels(static_cast<std::size_t>(limits.layers) + 1 + has_last);
  for (index_t s = 0; s < in.sequences(); ++s) {
    if (in.length(s) == 0) continue;
    place at{in, limits, s, 0};
    const auto keep = [&](index_t level, const table& x) {
      auto& all = levels[static_cast<std::size_t>(level)];
      if (all.size() == 0) all = xt::zeros<double>({static_cast<std::size_t>(in.tokens()), x.shape()[1]});
      xt::view(all, xt::range(at.first(), at.first() + at.length()), xt::all()) = x;
    };
    table x =
        reference_of<typename Spec::embedding>::template forward<typename made_of::embedding_spec>(stored.embed, at);
    keep(0, x);
    if constexpr (made_of::kinds::one_kind) {
      const auto weights_of = [&](index_t i) -> const auto& {
        return stored.layers[static_cast<std::size_t>(limits.weights_of(i))];
      };
      detail::reference_layers<Spec, typename Spec::layout>(weights_of, limits.layers, x, at, keep);
    } else {
      detail::reference_stack<typename made_of::stack>(stored.layers, x, at, keep);
    }
    if constexpr (has_last) {
      x = reference_of<typename Spec::last>::template forward<Spec>(stored.last, x, at);
      keep(limits.layers + 1, x);
    }
  }
  for (auto& level : levels)
    if (level.size() == 0) level = xt::zeros<double>({in.tokens(), Spec::shape.width});
  return levels;
}

namespace detail {
// Heads whose formula is of all visible rows of a sequence: table of_sequence<Spec>(p, rows).
template <class Head, class Spec, class Stored>
concept reads_sequence = requires(const Stored& p, const table& x) {
  reference_of<Head>::template of_sequence<Spec>(p, x);
};
}  // namespace detail

/// What a head makes of hidden states [tokens, width]: a row for each token or each sequence, as the head reads; one
/// that reads sequences as one and has no formula of all their rows gets the mean of the visible ones. A sequence of no
/// tokens gives the head's answer to a row of zeros.
template <encoder_spec Spec, class Head>
table reference_head(const weights<raw, typename Head::template bind<Spec>>& stored, const batch& in,
                     const table& hidden) {
  constexpr auto rows = Head::template bind<Spec>::reads_rows;
  if constexpr (requires { reference_of<Head>::template forward<Spec>(stored, hidden, in); }) {
    return reference_of<Head>::template forward<Spec>(stored, hidden, in);
  } else if constexpr (writes_tokens(rows)) {
    return reference_of<Head>::template forward<Spec>(stored, hidden);
  } else if constexpr (detail::reads_sequence<Head, Spec, std::remove_cvref_t<decltype(stored)>>) {
    table all;
    for (index_t s = 0; s < in.sequences(); ++s) {
      const table visible = xt::view(hidden, xt::range(in.first(s), in.first(s) + in.keys(s)), xt::all());
      const table one = reference_of<Head>::template of_sequence<Spec>(stored, visible);
      if (s == 0) all = xt::zeros<double>({in.sequences(), static_cast<index_t>(one.shape()[1])});
      xt::view(all, xt::range(s, s + 1), xt::all()) = one;
    }
    return all;
  } else {
    table chosen = xt::zeros<double>({in.sequences(), Spec::shape.width});
    for (index_t s = 0; s < in.sequences(); ++s) {
      if constexpr (rows == reads::sequences_as_one) {
        const auto visible = static_cast<double>(in.keys(s));
        for (index_t t = 0; t < in.keys(s); ++t) xt::row(chosen, s) += xt::row(hidden, in.first(s) + t) / visible;
      } else if (const auto row = row_read(rows, in, s); row >= 0) {
        xt::row(chosen, s) = xt::row(hidden, row);
      }
    }
    return reference_of<Head>::template forward<Spec>(stored, chosen);
  }
}

}  // namespace weft::testing
