#pragma once
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>

namespace weft {

/// ELECTRA's discriminator: dense, the feed-forward's activation, one logit; above 0 means that the token was replaced
/// (Clark et al. 2020, section 3.1; reference: ElectraDiscriminatorPredictions). Writes [tokens, 1].
template <class Activation = gelu>
struct replaced_token_detection {
  template <class Spec>
  struct bind {
    static constexpr index width = Spec::shape.width;
    static constexpr auto reads_rows = reads::every_token;
    static constexpr index outputs(const sizes&) { return 1; }

    template <class Form>
    struct params {
      linear<Form, width, width> dense;
      linear<Form, width, 1> prediction;
      static constexpr void each(auto&& f, auto&... p) {
        f("/discriminator_predictions.dense", p.dense...);
        f("/discriminator_predictions.dense_prediction", p.prediction...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> hidden{from};
    };
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      p.dense(x, rows<float, width>{s.hidden.data, x.count}, ctx, Activation{});
      p.prediction(rows<const float, width>{s.hidden.data, x.count}, y, ctx);
    }
  };
};

}  // namespace weft
