#pragma once
#include <weft/ffn/grouped.hpp>
#include <weft/train/ffn/dense.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// How a linear runs and goes back that is cut into groups, each stored with a row for each input.
template <index_t Groups>
struct grouped_linear_training {
  static void run(const auto& ready, auto x, auto y, const context& ctx) { ready(x, y, ctx); }
  template <class Arch, index_t In, index_t Out>
  static index_t scratch_bytes(extent e, index_t workers) {
    return input_major_backward_bytes<Arch>(In / Groups, Out / Groups, e, workers);
  }
  template <class Arch, index_t In, index_t Out>
  static void backward(const auto& stored, const auto& gradients, rows<const float, In> x, rows<const float, Out> dy,
                       rows<float, In> dx, passed_on how, const context& ctx) {
    constexpr index_t in = In / Groups, out = Out / Groups;
    for (index_t g = 0; g < Groups; ++g)
      input_major_backward<Arch>({in, out, stored.weight.data + g * in * out, gradients.weight.data + g * in * out,
                                  gradients.bias.data + g * out},
                                 matrix<const float>(x.data + g * in, x.count, in, x.stride),
                                 matrix<const float>(dy.data + g * out, dy.count, out, dy.stride),
                                 matrix<float>(dx.data + g * in, dx.count, in, dx.stride), how, ctx);
  }
};
}  // namespace detail

template <index_t Groups, class Activation>
struct training_of<grouped<Groups, Activation>>
    : detail::up_and_down_training<grouped<Groups, Activation>, detail::grouped_linear_training<Groups>> {};

}  // namespace weft
