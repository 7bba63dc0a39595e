#pragma once
// The order in which a forward pass reads packed weights, kept so that who multiplies by some can ask memory for what
// comes next: with few rows a model is read as fast as memory gives it, and every linear that begins unannounced waits.
#include <algorithm>
#include <cstddef>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What is read after some weights: from `end`, where they end, it goes on at `next`; null where that is not known.
struct weights_ahead {
  const std::byte *end = nullptr, *next = nullptr;
};

/// Where columns are cut by what they cost: the first whole panel of a linear behind `cost` of it, `panels` where none
/// is left. A column costs its inputs.
constexpr index_t panel_behind(index_t cost, index_t inputs, index_t panels) {
  return std::min(ceil_div(std::max<index_t>(cost, 0), inputs), panels);
}

/// The packed weights of a linear. It lives in the arena in which they lie.
struct weight_block {
  const std::byte* from = nullptr;
  index_t panels = 0, panel_bytes = 0;
  index_t inputs = 1;                  ///< what a column costs
  index_t together = 1;                ///< this block and those after it that are multiplied at once
  const weight_block* next = nullptr;  ///< read after this one; null where nothing is known

  /// What all that are multiplied together cost, and how many panels they are.
  index_t cost() const {
    return sum([](const weight_block& b) { return b.panels * b.inputs; });
  }
  index_t all_panels() const {
    return sum([](const weight_block& b) { return b.panels; });
  }
  /// Where part `part` of `parts` of all that are multiplied together begins, by cost.
  const std::byte* begin_of(index_t part, index_t parts) const {
    index_t before = cost() * part / parts;
    const auto *b = this, *last = this;
    for (index_t left = together; left > 0 && b; --left, last = b, b = b->next) {
      const auto panel = panel_behind(before, b->inputs, b->panels);
      if (panel < b->panels) return b->from + panel * b->panel_bytes;
      before -= b->panels * b->inputs;
    }
    return last->from + last->panels * last->panel_bytes;  // the end of all
  }

 private:
  index_t sum(const auto& of) const {
    index_t all = 0;
    const auto* b = this;
    for (index_t left = together; left > 0 && b; --left, b = b->next) all += of(*b);
    return all;
  }
};

/// Blocks as a list, in the order in which they were appended.
class weight_order {
 public:
  void append(weight_block& b) { append({&b, &b}); }
  void append(weight_order o) {
    if (!o.first_) return;
    (last_ ? last_->next : first_) = o.first_;
    last_ = o.last_;
  }
  const weight_block* first() const { return first_; }

  weight_order() = default;

 private:
  weight_order(weight_block* first, weight_block* last) : first_(first), last_(last) {}
  const weight_block* first_ = nullptr;
  weight_block* last_ = nullptr;
};

}  // namespace weft
