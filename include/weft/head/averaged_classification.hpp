#pragma once
#include <weft/concept/head.hpp>
#include <weft/head/dense_classification.hpp>
#include <weft/head/pooled.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Where a head of whole sequences takes one row of many: the first one alone, the mean before its dense layer, or the
/// mean behind it.
enum class averaged { not_at_all, before_dense, after_dense };

namespace detail {
struct bare_dense_names {
  static constexpr std::string_view kind = "classification";
  static constexpr const char *dense = "/dense", *classifier = "/classifier";
};
// Dense, activation, linear on the mean of a sequence's visible rows, which is taken before or behind the dense layer.
template <class Activation, bool Before>
struct averaged_linear {
  static constexpr std::string_view kind = bare_dense_names::kind;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::sequences_as_one;
    static constexpr index_t outputs(const sizes& s) { return s.labels; }

    template <class Form>
    struct params {
      linear<Form, width, width> dense;
      linear<Form, width, counted::labels> classifier;
      static constexpr void each(auto&& f, auto&... p) {
        f(bare_dense_names::dense, p.dense...);
        f(bare_dense_names::classifier, p.classifier...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> hidden{from, Before ? from.size.sequences : from.size.tokens};
      rows<float, width> means{from, from.size.sequences};
    };

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      const auto average = [&](rows<const float, width> of) {
        ctx.run.for_each(ctx.in.sequences(), [&](index_t i, index_t) {
          pool_rows<typename Form::arch>(pooling::mean, of.row(ctx.in.first(i)), of.stride, ctx.in.keys(i), width,
                                         s.means.row(i));
        });
        return rows<const float, width>{s.means.data, ctx.in.sequences()};
      };
      const auto dense = [&](rows<const float, width> of) {
        const rows<float, width> to{s.hidden.data, of.count};
        p.dense(of, to, ctx, Activation{});
        return rows<const float, width>(to);
      };
      p.classifier(Before ? dense(average(x)) : average(dense(x)), y, ctx);
    }
  };
};
}  // namespace detail

/// EuroBERT's sequence classification: dense, activation, linear to the labels on a sequence's first row or on the mean
/// of its visible ones (reference: EuroBertForSequenceClassification, which takes the mean of all rows' logits where
/// After is after_dense: the same as of what the linear reads). Writes [sequences, labels].
template <averaged Where = averaged::after_dense, class Activation = gelu>
struct averaged_classification : detail::averaged_linear<Activation, Where == averaged::before_dense> {
  static constexpr auto where = Where;
};
template <class Activation>
struct averaged_classification<averaged::not_at_all, Activation>
    : detail::dense_linear<detail::bare_dense_names, counted::labels, Activation> {
  static constexpr auto where = averaged::not_at_all;
};

}  // namespace weft
