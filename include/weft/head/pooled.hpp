#pragma once
#include <weft/base/pooling_modes.hpp>
#include <weft/concept/head.hpp>
#include <weft/kernel/pooling.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// y = `count` rows pooled in one way.
template <class Arch>
void pool_rows(pooling how, const float* rows, index_t stride, index_t count, index_t width, float* y) {
  if (count == 0) return static_cast<void>(std::fill_n(y, width, 0.0f));
  switch (how) {
    case pooling::first_token:
      return static_cast<void>(std::copy_n(rows, width, y));
    case pooling::last_token:
      return static_cast<void>(std::copy_n(rows + (count - 1) * stride, width, y));
    case pooling::maximum:
      return maximum_rows<Arch>(rows, stride, count, width, y);
    case pooling::mean:
      return mean_rows<Arch>(rows, stride, count, width, y);
    case pooling::square_root_mean:
      return square_root_mean_rows<Arch>(rows, stride, count, width, y);
    case pooling::weighted_mean:
      return weighted_mean_rows<Arch>(rows, stride, count, width, y);
  }
}
}  // namespace detail

/// One vector of each sequence, made of all its visible rows (reference: sentence_transformers.models.Pooling). Several
/// ways are joined in their order; none named: the mean. model.top() takes other modes at run time, as a directory
/// says them. A sequence of no tokens gives zeros. Writes [sequences, width * modes].
template <pooling... Modes>
struct pooled {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::sequences_as_one;

    template <class>
    struct params : nothing {};

    pooling_modes modes = first_modes();
    index_t outputs(const sizes&) const { return width * modes.count(); }

    template <class Form>
    void forward(const params<Form>&, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      ctx.run.for_each(ctx.in.sequences(), [&](index_t s, index_t) {
        const float* const first = x.row(ctx.in.first(s));
        float* to = y.row(s);
        for (const auto mode : modes.all()) {
          detail::pool_rows<typename Form::arch>(mode, first, x.stride, ctx.in.keys(s), width, to);
          to += width;
        }
      });
    }

   private:
    static pooling_modes first_modes() {
      if constexpr (sizeof...(Modes) == 0)
        return pooling::mean;
      else
        return {Modes...};
    }
  };
};

}  // namespace weft
