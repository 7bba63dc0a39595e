#pragma once
#include <weft/ffn/pointwise.hpp>
#include <weft/train/ffn/dense.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// How a linear runs and goes back that is cut into groups, as a convolution of one tap stores them.
template <index_t Groups>
struct pointwise_linear_training {
  static void run(const auto& ready, auto x, auto y, const context& ctx) { ready.run(x, y, ctx, identity{}); }

  template <class Arch, index_t In, index_t Out>
  static index_t scratch_bytes(extent e, index_t workers) {
    return linear_backward_bytes<Arch>(Out / Groups, e, workers);
  }
  template <class Arch, index_t In, index_t Out>
  static void backward(const auto& stored, const auto& gradients, rows<const float, In> x, rows<const float, Out> dy,
                       rows<float, In> dx, passed_on how, const context& ctx) {
    constexpr index_t in = In / Groups, out = Out / Groups;
    for (index_t g = 0; g < Groups; ++g) {
      stored_linear<raw, in, out, true> weight{};
      stored_linear<gradient, in, out, true> learnt{};
      weight.weight.data = stored.weight.data + g * out * in, weight.bias.data = stored.bias.data + g * out;
      learnt.weight.data = gradients.weight.data + g * out * in, learnt.bias.data = gradients.bias.data + g * out;
      linear_backward<Arch>(weight, learnt, rows<const float, in>(x.data + g * in, x.count, x.stride),
                            rows<const float, out>(dy.data + g * out, dy.count, dy.stride),
                            rows<float, in>(dx.data + g * in, dx.count, dx.stride), how, ctx);
    }
  }
};
}  // namespace detail

template <index_t UpGroups, index_t DownGroups, class Activation>
struct training_of<pointwise<UpGroups, DownGroups, Activation>>
    : detail::up_and_down_training<pointwise<UpGroups, DownGroups, Activation>,
                                   detail::pointwise_linear_training<UpGroups>,
                                   detail::pointwise_linear_training<DownGroups>> {};

}  // namespace weft
