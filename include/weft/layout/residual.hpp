#pragma once
// What layouts share: adding a part's change to what came in, and normalising.
#include <algorithm>
#include <weft/concept/bind.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The norm beside a part; nothing where the part adds and normalises by itself, or where there is none.
template <class Form, class Part, class Norm>
using norm_after = std::conditional_t<owns_residual<Part> || std::is_same_v<Part, none>, nothing, weights<Form, Norm>>;

/// to = norm(change + residual), row by row; `change` may be spoilt. `to` may be `change` or `residual`. Just the
/// change where the norm is `nothing`, as the part that made it added and normalised by itself; the sum where it is
/// `none`.
template <class Form, index_t Width, class Norm>
void add_and_normalise(const Norm& norm, const weights<Form, Norm>& p, rows<float, Width> change,
                       rows<const float, Width> residual, rows<float, Width> to, const context& ctx) {
  constexpr bool done = std::is_same_v<Norm, nothing>;
  if (done && to.data == change.data) return;
  ctx.each_rows(change.count, [&](index_t first, index_t last) {
    for (auto t = first; t < last; ++t) {
      if constexpr (done) {
        std::copy_n(change.row(t), Width, to.row(t));
      } else if constexpr (std::is_base_of_v<none, Norm>) {
        add_row<typename Form::arch>(change.row(t), residual.row(t), Width, to.row(t));
      } else if constexpr (norms_sums<Norm, Form>) {
        norm.row_of_sum(p, change.row(t), residual.row(t), to.row(t));
      } else {
        add_row<typename Form::arch>(change.row(t), residual.row(t), Width, change.row(t));
        norm.row(p, change.row(t), to.row(t));
      }
    }
  });
}

}  // namespace weft
