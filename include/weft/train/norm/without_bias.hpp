#pragma once
#include <algorithm>
#include <weft/norm/without_bias.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through a norm without bias: that of the norm, whose bias learns for nobody.
template <class Norm>
struct training_of<without_bias<Norm>> {
  template <index_t Width>
  struct bind {
    using part = typename without_bias<Norm>::template bind<Width>;
    using inner = typename training_of<Norm>::template bind<Width>;
    struct scratch {
      frame from;
      float *bias = from.take(Width), *learnt = from.take(Width);
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) + inner::template scratch_bytes<Arch>(e, workers);
    }

    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, rows<const float, Width> x, rows<float, Width> y,
                        const training_context& ctx) {
      inner::template forward<Form>({}, ready.whole, x, y, ctx);
    }
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, rows<const float, Width> x,
                         rows<const float, Width> dy, rows<float, Width> dx, const training_context& ctx) {
      const scratch s{ctx.frame()};
      std::fill_n(s.bias, Width, 0.0f), std::fill_n(s.learnt, Width, 0.0f);
      weights<raw, typename inner::part> whole{};
      weights<gradient, typename inner::part> learns{};
      whole.weight.data = stored.weight.data, whole.bias.data = s.bias;
      learns.weight.data = gradients.weight.data, learns.bias.data = s.learnt;
      inner::template backward<Form>({}, whole, ready.whole, learns, x, dy, dx, ctx);
    }
  };
};

}  // namespace weft
