#pragma once
#include <algorithm>
#include <weft/head/concatenated_lm.hpp>
#include <weft/train/head/masked_lm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through dense, activation, norm and the product with the table of words beside a further one.
template <class Activation, class Norm>
struct training_of<concatenated_lm<Activation, Norm>> {
  template <class Spec>
  struct bind {
    using part = typename concatenated_lm<Activation, Norm>::template bind<Spec>;
    static constexpr index_t width = part::width, table_width = part::table_width, rest = part::rest;
    using norm = typename training_of<typename with_norm<Spec, Norm>::norm>::template bind<width>;
    using read = rows<const float, width>;
    struct kept {
      frame& from;
      rows<float, width> before{from}, hidden{from}, normed{from};
    };
    struct scratch {
      frame from;
      rows<float, width> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers, const sizes& s) {
      const auto words = part::outputs(s);
      return bytes_of<scratch>(e) +
             std::max({linear_backward_bytes<Arch>(words, e, workers), linear_backward_bytes<Arch>(width, e, workers),
                       rest > 0 ? input_major_backward_bytes<Arch>(rest, words, e, workers) : index_t{0},
                       norm::template scratch_bytes<Arch>(e, workers)});
    }

    template <class Form>
    static void forward(const part& head, const weights<Form, part>& ready, const kept& k, read x, matrix<float> y,
                        const training_context& ctx) {
      ready.transform(x, k.before, ctx);
      detail::activate_rows<typename Form::arch, Activation>(read(k.before), k.hidden, ctx);
      norm::template forward<Form>(head.parts.norm, ready.norm, k.hidden, k.normed, ctx);
      ready.decoder(read(k.normed), y, ctx);
    }
    /// dx is written.
    template <class Form>
    static void backward(const part& head, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, read x, matrix<const float> dy,
                         rows<float, width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      const read normed = k.normed;
      linear_backward<Arch>(detail::linear_to_words<table_width>(stored),
                            detail::linear_to_words<table_width>(gradients), normed.template columns<0, table_width>(),
                            dy, s.change.template columns<0, table_width>(), passed_on::written, ctx);
      if constexpr (rest > 0)
        input_major_backward<Arch>({rest, dy.width, stored.further.data, gradients.further.data, nullptr},
                                   matrix<const float>(normed.data + table_width, normed.count, rest, width), dy,
                                   matrix<float>(s.change.data + table_width, normed.count, rest, width),
                                   passed_on::written, ctx);
      norm::template backward<Form>(head.parts.norm, stored.norm, ready.norm, gradients.norm, read(k.hidden),
                                    read(s.change), s.change, ctx);
      detail::multiply_rows_by_slope<Arch, Activation>(read(k.before), s.change, ctx);
      linear_backward<Arch>(stored.transform, gradients.transform, x, read(s.change), dx, passed_on::written, ctx);
    }
  };
};

}  // namespace weft
