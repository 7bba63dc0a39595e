#pragma once
#include <algorithm>
#include <weft/mixer/fourier.hpp>
#include <weft/train/layout/rows.hpp>
#include <weft/train/mixer/heads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through the real part of a Fourier transform over tokens and columns: the transform itself, as its
/// matrices are symmetric. Nothing is kept.
template <>
struct training_of<fourier> {
  template <mixer_shape S>
  struct bind {
    using part = fourier::bind<S>;
    using read = rows<const float, S.output>;
    struct kept {
      frame& from;
    };
    struct scratch {
      frame from;
      rows<float, S.output> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t) {
      return bytes_of<scratch>(e) + bytes_of<typename part::scratch>(e);
    }
    template <class Form>
    static void forward(const part& mix, const weights<Form, part>& ready, const kept&, const streams<S>& x,
                        rows<float, S.output> y, const training_context& ctx) {
      mix.forward(ready, x, y, static_cast<const context&>(ctx));
    }
    template <class Form>
    static void backward(const part& mix, const auto&, const weights<Form, part>& ready, const auto&, const kept&,
                         const streams<S>&, read dy, const stream_gradients<S>& dx, const training_context& ctx) {
      const scratch s{ctx.frame()};
      streams<S> back{};
      back.value = dy;
      mix.forward(ready, back, s.change, static_cast<const context&>(ctx));
      detail::add_rows<typename Form::arch>(read(s.change), dx.value, ctx);
    }
  };
};

}  // namespace weft
