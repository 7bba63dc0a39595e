#pragma once
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Sequence classification and regression by two layers: what Pooler makes of a sequence, a dense layer to Hidden
/// values, Activation, a linear to the labels. Pooler is a head that writes one row for each sequence, as
/// weft::both_ends, weft::attention_pooled<20> or weft::pooled<weft::pooling::mean>. Writes [sequences, labels].
template <class Pooler, index_t Hidden, class Activation = relu>
struct two_layer_classification {
  static_assert(Hidden > 0, "weft::two_layer_classification: wants a hidden width, 1 or more");
  static constexpr std::string_view kind = "classification";
  using activation = Activation;
  using pooler_type = Pooler;
  static constexpr index_t hidden = Hidden;

  template <class Spec>
  struct bind {
    using pool = typename Pooler::template bind<Spec>;
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = pool::reads_rows;
    static_assert(!writes_tokens(reads_rows),
                  "weft::two_layer_classification: Pooler is a head that writes one row for each sequence, as "
                  "weft::both_ends or weft::pooled<weft::pooling::mean>");
    static constexpr index_t outputs(const sizes& s) { return s.labels; }

    template <class Form>
    struct params {
      [[no_unique_address]] weights<Form, pool> pooled;
      linear<Form, width, Hidden> dense;
      linear<Form, Hidden, counted::labels> out;
      static constexpr void each(auto&& f, auto&... p) {
        f("", p.pooled...);
        f("/classifier.dense", p.dense...);
        f("/classifier.out", p.out...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> pooled{from, from.size.sequences};
      rows<float, Hidden> between{from, from.size.sequences};
    };
    [[no_unique_address]] params<bound> parts;

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      const rows<float, width> pooled{s.pooled.data, ctx.in.sequences()};
      const rows<float, Hidden> between{s.between.data, ctx.in.sequences()};
      parts.pooled.forward(p.pooled, x, matrix<float>{pooled.data, pooled.count, width}, ctx);
      p.dense(rows<const float, width>(pooled), between, ctx, Activation{});
      p.out(rows<const float, Hidden>(between), y, ctx);
    }
  };
};

}  // namespace weft
