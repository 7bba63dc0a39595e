#pragma once
#include <weft/layout/post_norm.hpp>
#include <weft/testing/reference.hpp>

namespace weft::testing {

/// Mixer, add, norm; feed-forward, add, norm (reference: BertLayer). A part that owns its residual is neither added nor
/// normalised here.
template <>
struct reference_of<post_norm> {
  template <class Spec>
  using bound = typename post_norm::template bind<Spec>;

  template <class Spec>
  static table forward(const weights<raw, bound<Spec>>& p, const table& x, const place& at) {
    constexpr auto shape = bound<Spec>::shape;
    constexpr row_shape inner{Spec::shape.width, Spec::shape.hidden};
    using mixer = reference_of<typename Spec::mixer>;
    using feed_forward = reference_of<typename Spec::feed_forward>;

    const auto mixed = mixer::template forward<shape>(p.mix, reference_streams{x, x, x}, at);
    const auto attended = close<Spec, typename bound<Spec>::mixer>(p.mix_norm, mixed, x);
    const auto fed = feed_forward::template forward<inner>(p.feed, attended, at);
    return close<Spec, typename bound<Spec>::feed_forward>(p.feed_norm, fed, attended);
  }

 private:
  template <class Spec, class Part>
  static table close(const auto& norm, const table& change, const table& residual) {
    if constexpr (owns_residual<Part>) {
      return change;
    } else {
      const table sum = change + residual;
      return reference_of<typename Spec::norm>::template forward<Spec::shape.width>(norm, sum);
    }
  }
};

}  // namespace weft::testing
