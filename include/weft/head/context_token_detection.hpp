#pragma once
#include <weft/concept/bind.hpp>
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// DeBERTa v3's discriminator: to every row its sequence's first is added, then norm, dense, activation, one logit;
/// above 0 means that the token was replaced (He et al. 2021, "DeBERTaV3", section 3.1; reference: MaskPredictionHead
/// of microsoft/DeBERTa). Writes [tokens, 1].
template <class Activation = gelu>
struct context_token_detection {
  static constexpr std::string_view kind = "replaced_token_detection";
  static constexpr bool beside_encoder =
      true;  ///< no class of the reference has it: a bare encoder's file may store it
  using activation = Activation;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::whole_sequences;
    static constexpr index_t outputs(const sizes&) { return 1; }
    using norm_part = decltype(bind_norm<Spec, width>());

    template <class Form>
    struct params {
      [[no_unique_address]] weights<Form, norm_part> norm;
      linear<Form, width, width> dense;
      linear<Form, width, 1> classifier;
      static constexpr void each(auto&& f, auto&... p) {
        f("/mask_predictions.LayerNorm", p.norm...);
        f("/mask_predictions.dense", p.dense...);
        f("/mask_predictions.classifier", p.classifier...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> summed{from}, hidden{from};
    };
    [[no_unique_address]] params<bound> parts;

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        const auto begin = ctx.in.first(t.sequence);
        for (auto i = begin + t.first; i < begin + t.last; ++i) {
          add_row<typename Form::arch>(x.row(i), x.row(begin), width, s.summed.row(i));
          parts.norm.row(p.norm, s.summed.row(i), s.summed.row(i));
        }
      });
      p.dense(s.summed, s.hidden, ctx, Activation{});
      p.classifier(rows<const float, width>(s.hidden), y, ctx);
    }
  };
};

}  // namespace weft
