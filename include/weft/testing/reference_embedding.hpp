#pragma once
#include <weft/embedding/factorised.hpp>
#include <weft/testing/reference.hpp>

namespace weft::testing {

/// word + segment + position, normalised (reference: BertEmbeddings).
template <>
struct reference_of<summed> {
  template <class Spec, index Width = Spec::shape.width>
  static table forward(const weights<raw, typename summed::template bind<Spec, Width>>& p, const place& at) {
    const auto word = as_xtensor(p.word), position = as_xtensor(p.position), segment = as_xtensor(p.segment);
    table sum = xt::zeros<double>({at.length(), Width});
    for (index t = 0; t < at.length(); ++t) {
      const auto i = at.first() + t;
      const index kind = at.in.segments.empty() ? 0 : at.in.segments[i];
      auto row = xt::row(sum, t);
      row += xt::row(word, at.in.ids[i]);
      row += xt::row(segment, kind);
      row += xt::row(position, t);
    }
    return reference_of<typename Spec::norm>::template forward<Width>(p.norm, sum);
  }
};

/// Narrow tables, then a projection to the encoder's width (reference: ElectraModel.embeddings_project).
template <index TableWidth>
struct reference_of<factorised<TableWidth>> {
  template <class Spec>
  static table forward(const weights<raw, typename factorised<TableWidth>::template bind<Spec>>& p, const place& at) {
    return reference_linear(p.project, reference_of<summed>::template forward<Spec, TableWidth>(p.narrow, at));
  }
};

}  // namespace weft::testing
