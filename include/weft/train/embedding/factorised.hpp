#pragma once
#include <algorithm>
#include <weft/embedding/factorised.hpp>
#include <weft/train/embedding/summed.hpp>
#include <weft/train/linear.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through narrow tables and their projection.
template <index_t TableWidth>
struct training_of<factorised<TableWidth>> {
  template <class Spec>
  struct bind {
    using part = typename factorised<TableWidth>::template bind<Spec>;
    static constexpr index_t width = part::width;
    using tables = typename training_of<detail::summed<>>::template bind<Spec, TableWidth>;
    struct kept {
      frame& from;
      typename tables::kept narrow{from};
      rows<float, TableWidth> normed{from};
    };
    struct scratch {
      frame from;
      rows<float, TableWidth> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) +
             std::max(tables::template scratch_bytes<Arch>(e, workers), linear_backward_bytes<Arch>(width, e, workers));
    }

    template <class Form>
    static void forward(const part& embed, const weights<Form, part>& ready, const kept& k, rows<float, width> x,
                        const training_context& ctx) {
      tables::template forward<Form>(embed.parts.narrow, ready.narrow, k.narrow, k.normed, ctx);
      ready.project(k.normed, x, ctx);
    }
    template <class Form>
    static void backward(const part& embed, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, rows<float, width> dx,
                         const training_context& ctx) {
      const scratch s{ctx.frame()};
      linear_backward<typename Form::arch>(stored.project, gradients.project, rows<const float, TableWidth>(k.normed),
                                           rows<const float, width>(dx), s.change, passed_on::written, ctx);
      tables::template backward<Form>(embed.parts.narrow, stored.narrow, ready.narrow, gradients.narrow, k.narrow,
                                      s.change, ctx);
    }
  };
};

}  // namespace weft
