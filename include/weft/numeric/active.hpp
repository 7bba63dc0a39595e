#pragma once
// How much of itself a part computes where its model is slimmable (concept/bind.hpp); all of it, and at no cost, where
// it is not.
#include <weft/concept/bind.hpp>
#include <weft/numeric/panel_numeric.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A number that may be smaller than All at run time: a constant where the form is not slimmable.
template <class Form, index_t All>
constexpr auto active_of([[maybe_unused]] index_t active) {
  if constexpr (is_slimmable<Form>)
    return active > 0 ? active : All;
  else
    return std::integral_constant<index_t, All>{};
}

/// The heads of a mixer that has All of them, and the hidden columns of a feed-forward.
template <class Form, index_t All>
auto active_heads(const context& ctx) {
  return active_of<Form, All>(ctx.active ? ctx.active->heads : 0);
}
template <class Form, index_t All>
auto active_hidden(const context& ctx) {
  return active_of<Form, All>(ctx.active ? ctx.active->hidden : 0);
}

/// linear.product(x, y, then) of the first inputs and outputs; of all where the form is not slimmable.
template <class Form, class Then = identity>
auto active_product(const auto& linear, const auto& x, const auto& y, [[maybe_unused]] index_t inputs,
                    [[maybe_unused]] index_t outputs, Then then = {}) {
  if constexpr (is_slimmable<Form>)
    return linear.product(x, y, then, part_of_linear{inputs, outputs});
  else
    return linear.product(x, y, then);
}

}  // namespace weft
