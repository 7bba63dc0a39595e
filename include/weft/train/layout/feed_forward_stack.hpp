#pragma once
#include <algorithm>
#include <array>
#include <utility>
#include <weft/layout/feed_forward_stack.hpp>
#include <weft/train/layout/rows.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through several feed-forwards, each with its residual and norm. Some of what the
/// last one makes is dropped where DropsLast, nothing else (reference: MobileBertOutput, FFNOutput). Kept are each
/// one's sum before its norm, and its result.
template <class Spec, index_t Width, index_t Stacked, class LastNorm, bool DropsLast = false>
struct feed_forward_stack_training {
  using part = feed_forward_stack<Spec, Width, Stacked, LastNorm>;
  using feed_forward =
      typename training_of<typename Spec::feed_forward>::template bind<row_shape{Width, Spec::shape.hidden}>;
  using norm = typename training_of<typename Spec::norm>::template bind<Width>;
  using last_norm = typename training_of<typename with_norm<Spec, LastNorm>::norm>::template bind<Width>;
  static_assert(!owns_residual<typename part::feed_forward>,
                "weft: a stack of feed-forwards that add the residual themselves cannot be trained yet");
  using read = rows<const float, Width>;

  struct one_kept {
    frame& from;
    typename feed_forward::kept feed{from};
    rows<float, Width> sum{from}, out{from};
  };
  struct kept {
    frame& from;
    std::array<one_kept, static_cast<std::size_t>(Stacked)> each =
        make(from, std::make_index_sequence<static_cast<std::size_t>(Stacked)>{});
    read result() const { return each.back().out; }

   private:
    template <std::size_t... I>
    static auto make(frame& from, std::index_sequence<I...>) {
      return std::array<one_kept, sizeof...(I)>{((void)I, one_kept{from})...};
    }
  };
  template <class Arch>
  static index_t scratch_bytes(extent e, index_t workers) {
    return std::max({feed_forward::template scratch_bytes<Arch>(e, workers),
                     norm::template scratch_bytes<Arch>(e, workers),
                     last_norm::template scratch_bytes<Arch>(e, workers)});
  }

  /// The result is kept.
  template <class Form>
  static void forward(const part& stack, const weights<Form, part>& ready, const kept& k, read x,
                      const training_context& ctx) {
    const auto run = [&]<class Norm>(std::type_identity<Norm>, const auto& parts, const auto& p, const one_kept& one) {
      feed_forward::template forward<Form>(parts.feed, p.feed, one.feed, x, one.sum, ctx);
      if (DropsLast && &one == &k.each.back())
        ctx.drop_rows(one.sum, ctx.drop.hidden, dropout_place::feed_forward(ctx.layer));
      detail::add_rows<typename Form::arch>(x, one.sum, ctx);
      Norm::template forward<Form>(parts.norm, p.norm, one.sum, one.out, ctx);
      x = one.out;
    };
    for (std::size_t i = 0; i < ready.before.size(); ++i)
      run(std::type_identity<norm>{}, stack.parts.before[i], ready.before[i], k.each[i]);
    run(std::type_identity<last_norm>{}, stack.parts.last, ready.last, k.each.back());
  }
  /// d, what the result learns, becomes what x learns.
  template <class Form>
  static void backward(const part& stack, const weights<raw, part>& stored, const weights<Form, part>& ready,
                       const weights<gradient, part>& gradients, const kept& k, read x, rows<float, Width> d,
                       rows<float, Width> change, const training_context& ctx) {
    const auto back = [&]<class Norm>(std::type_identity<Norm>, const auto& parts, const auto& s, const auto& p,
                                      const auto& learnt, const one_kept& one, read from) {
      Norm::template backward<Form>(parts.norm, s.norm, p.norm, learnt.norm, one.sum, d, d, ctx);
      detail::copy_rows(read(d), change, ctx);
      if (DropsLast && &one == &k.each.back())
        ctx.drop_rows(change, ctx.drop.hidden, dropout_place::feed_forward(ctx.layer));
      feed_forward::template backward<Form>(parts.feed, s.feed, p.feed, learnt.feed, one.feed, from, change, d, ctx);
    };
    const auto read_by = [&](std::size_t i) { return i == 0 ? x : read(k.each[i - 1].out); };
    back(std::type_identity<last_norm>{}, stack.parts.last, stored.last, ready.last, gradients.last, k.each.back(),
         read_by(ready.before.size()));
    for (std::size_t i = ready.before.size(); i-- > 0;)
      back(std::type_identity<norm>{}, stack.parts.before[i], stored.before[i], ready.before[i], gradients.before[i],
           k.each[i], read_by(i));
  }
};

}  // namespace weft
