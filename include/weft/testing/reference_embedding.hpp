#pragma once
#include <cmath>
#include <weft/embedding/factorised.hpp>
#include <weft/embedding/projected.hpp>
#include <weft/embedding/trigram.hpp>
#include <weft/testing/reference.hpp>

namespace weft::testing {

namespace detail {
template <class Embedding, bool Rescaled>
struct reference_summed {
  template <class Spec, index Width = Spec::shape.width>
  static table forward(const weights<raw, typename Embedding::template bind<Spec, Width>>& p, const place& at) {
    const auto word = as_xtensor(p.word), position = as_xtensor(p.position), segment = as_xtensor(p.segment);
    table sum = xt::zeros<double>({at.length(), Width});
    for (index t = 0; t < at.length(); ++t) {
      const auto i = at.first() + t;
      const index kind = at.in.segments.empty() ? 0 : at.in.segments[i];
      auto row = xt::row(sum, t);
      row += xt::row(word, at.in.ids[i]) * (Rescaled ? std::sqrt(static_cast<double>(Width)) : 1.0);
      row += xt::row(segment, kind);
      row += xt::row(position, t);
    }
    return reference_of<typename Spec::norm>::template forward<Width>(p.norm, sum);
  }
};

/// Word rows beside their neighbours', projected, + position + segment, normalised (reference: MobileBertEmbeddings).
template <class Embedding, index TableWidth, index Words, class Norm, invisible_rows Invisible>
struct reference_neighbourhood {
  template <class Spec>
  static table forward(const weights<raw, typename Embedding::template bind<Spec>>& p, const place& at) {
    constexpr index width = Spec::shape.width;
    const auto word = as_xtensor(p.word), position = as_xtensor(p.position), segment = as_xtensor(p.segment);
    const auto end = Invisible == invisible_rows::read ? at.length() : at.keys();
    table words = xt::zeros<double>({at.length(), Words * TableWidth});
    for (index t = 0; t < at.length(); ++t)
      for (index j = 0; j < Words; ++j)
        if (const auto other = t + Words / 2 - j; other >= 0 && other < end)
          xt::view(words, t, xt::range(j * TableWidth, (j + 1) * TableWidth)) =
              xt::row(word, at.in.ids[at.first() + other]);
    table sum = reference_linear(p.project, words);
    for (index t = 0; t < at.length(); ++t) {
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
struct reference_of<summed> : detail::reference_summed<summed, false> {};
/// The same with words times the square root of the width (reference: BigBirdEmbeddings).
template <>
struct reference_of<summed_rescaled> : detail::reference_summed<summed_rescaled, true> {};

template <index TableWidth, class Norm, invisible_rows Invisible>
struct reference_of<trigram<TableWidth, Norm, Invisible>>
    : detail::reference_neighbourhood<trigram<TableWidth, Norm, Invisible>, TableWidth, 3, Norm, Invisible> {};
template <index TableWidth, class Norm>
struct reference_of<projected<TableWidth, Norm>>
    : detail::reference_neighbourhood<projected<TableWidth, Norm>, TableWidth, 1, Norm, invisible_rows::read> {};

/// Narrow tables, then a projection to the encoder's width (reference: ElectraModel.embeddings_project).
template <index TableWidth>
struct reference_of<factorised<TableWidth>> {
  template <class Spec>
  static table forward(const weights<raw, typename factorised<TableWidth>::template bind<Spec>>& p, const place& at) {
    return reference_linear(p.project, reference_of<summed>::template forward<Spec, TableWidth>(p.narrow, at));
  }
};

}  // namespace weft::testing
