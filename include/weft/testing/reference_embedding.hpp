#pragma once
#include <cmath>
#include <weft/embedding/factorised.hpp>
#include <weft/embedding/not_normed.hpp>
#include <weft/embedding/projected.hpp>
#include <weft/embedding/projected_tables.hpp>
#include <weft/embedding/trigram.hpp>
#include <weft/testing/reference.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
template <class Embedding, weft::detail::summed_options Options = weft::detail::summed_options{}>
struct reference_summed {
  template <class Spec, index_t Width = Spec::shape.width>
  static table forward(const weights<raw, typename Embedding::template bind<Spec, Width>>& p, const place& at) {
    const auto word = as_xtensor(p.word);
    table sum = xt::zeros<double>({at.length(), Width});
    index_t words = 0;
    for (index_t t = 0; t < at.length(); ++t) {
      const auto i = at.first() + t;
      auto row = xt::row(sum, t);
      row += xt::row(word, at.in.ids[i]) * (Options.rescaled ? std::sqrt(static_cast<double>(Width)) : 1.0);
      if constexpr (Options.segments)
        row += xt::row(as_xtensor(p.segment), at.in.segments.empty() ? 0 : at.in.segments[i]);
      const index_t padding = at.limits.first_position - 1;
      if (at.in.ids[i] != padding) ++words;
      if constexpr (Options.positions)
        row += xt::row(as_xtensor(p.position), !Options.after_padding    ? t
                                               : at.in.ids[i] == padding ? padding
                                                                         : padding + words);
    }
    if constexpr (std::is_same_v<typename Spec::norm, none>)
      return sum;
    else
      return reference_of<typename Spec::norm>::template forward<Width>(p.norm, sum);
  }
};

/// Word rows beside their neighbours', projected, + position + segment, normalised (reference: MobileBertEmbeddings).
template <class Embedding, index_t TableWidth, index_t Words, class Norm, invisible_rows Invisible>
struct reference_neighbourhood {
  template <class Spec>
  static table forward(const weights<raw, typename Embedding::template bind<Spec>>& p, const place& at) {
    constexpr index_t width = Spec::shape.width;
    const auto word = as_xtensor(p.word), position = as_xtensor(p.position), segment = as_xtensor(p.segment);
    const auto end = Invisible == invisible_rows::read ? at.length() : at.keys();
    table words = xt::zeros<double>({at.length(), Words * TableWidth});
    for (index_t t = 0; t < at.length(); ++t)
      for (index_t j = 0; j < Words; ++j)
        if (const auto other = t + Words / 2 - j; other >= 0 && other < end)
          xt::view(words, t, xt::range(j * TableWidth, (j + 1) * TableWidth)) =
              xt::row(word, at.in.ids[at.first() + other]);
    table sum = reference_linear(p.project, words);
    for (index_t t = 0; t < at.length(); ++t) {
      auto row = xt::row(sum, t);
      row += xt::row(position, t);
      row += xt::row(segment, at.in.segments.empty() ? 0 : at.in.segments[at.first() + t]);
    }
    using norm = std::conditional_t<std::is_void_v<Norm>, typename Spec::norm, Norm>;
    return reference_of<norm>::template forward<width>(p.norm, sum);
  }
};
}  // namespace detail

/// word + segment + position, normalised (reference: BertEmbeddings).
template <>
struct reference_of<summed> : detail::reference_summed<summed> {};
/// The same with words times the square root of the width (reference: BigBirdEmbeddings).
template <>
struct reference_of<summed_rescaled>
    : detail::reference_summed<summed_rescaled, weft::detail::summed_options{.rescaled = true}> {};
/// Positions behind the padding's id (reference: RobertaEmbeddings); without segments (reference: DistilBertModel,
/// MPNetEmbeddings).
template <>
struct reference_of<summed_after_padding>
    : detail::reference_summed<summed_after_padding, weft::detail::summed_options{.after_padding = true}> {};
template <>
struct reference_of<words_and_positions>
    : detail::reference_summed<words_and_positions, weft::detail::summed_options{.segments = false}> {};
/// Without positions (reference: NomicBertEmbeddings), and without segments, too (reference: ModernBertEmbeddings).
template <>
struct reference_of<words_and_segments>
    : detail::reference_summed<words_and_segments, weft::detail::summed_options{.positions = false}> {};
template <>
struct reference_of<words_alone>
    : detail::reference_summed<words_alone, weft::detail::summed_options{.segments = false, .positions = false}> {};
template <>
struct reference_of<words_and_positions_after_padding>
    : detail::reference_summed<words_and_positions_after_padding,
                               weft::detail::summed_options{.segments = false, .after_padding = true}> {};

template <index_t TableWidth, class Norm, invisible_rows Invisible>
struct reference_of<trigram<TableWidth, Norm, Invisible>>
    : detail::reference_neighbourhood<trigram<TableWidth, Norm, Invisible>, TableWidth, 3, Norm, Invisible> {};
template <index_t TableWidth, class Norm>
struct reference_of<projected<TableWidth, Norm>>
    : detail::reference_neighbourhood<projected<TableWidth, Norm>, TableWidth, 1, Norm, invisible_rows::read> {};

/// Without the norm (reference: EuroBertModel.embed_tokens).
template <class Tables>
struct reference_of<not_normed<Tables>> {
  template <class Spec>
  static table forward(const weights<raw, typename not_normed<Tables>::template bind<Spec>>& p, const place& at) {
    return reference_of<Tables>::template forward<with_norm<Spec, none>, Spec::shape.width>(p, at);
  }
};

/// Narrow tables, a projection without a bias, then the norm (reference: DebertaV2Embeddings).
template <index_t TableWidth, class Tables>
struct reference_of<projected_tables<TableWidth, Tables>> {
  template <class Spec>
  static table forward(const weights<raw, typename projected_tables<TableWidth, Tables>::template bind<Spec>>& p,
                       const place& at) {
    const table narrow = reference_of<Tables>::template forward<with_norm<Spec, none>, TableWidth>(p.narrow, at);
    return reference_of<typename Spec::norm>::template forward<Spec::shape.width>(p.norm,
                                                                                  reference_linear(p.project, narrow));
  }
};

/// Narrow tables, then a projection to the encoder's width (reference: ElectraModel.embeddings_project).
template <index_t TableWidth, class Tables>
struct reference_of<factorised<TableWidth, Tables>> {
  template <class Spec>
  static table forward(const weights<raw, typename factorised<TableWidth, Tables>::template bind<Spec>>& p,
                       const place& at) {
    return reference_linear(p.project, reference_of<Tables>::template forward<Spec, TableWidth>(p.narrow, at));
  }
};

}  // namespace weft::testing
