#pragma once
// The numbers a model is made of: widths that kernels are compiled for, and counts that the checkpoint brings.
#include <array>
#include <bit>
#include <weft/base/as_computed.hpp>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The compiled widths of an encoder. `width` floats a token, cut into `heads`; `hidden` inside the feed-forward.
struct model_shape {
  index_t width, heads, hidden;
};

/// What a mixer is bound to: the widths of its three input streams and of its output.
struct mixer_shape {
  index_t query, key, value, output, heads;
  static constexpr mixer_shape self(index_t width, index_t heads) { return {width, width, width, width, heads}; }
};

/// What a mixer's companion is bound to: two input streams, the width of its output and of the query that it is given.
struct companion_shape {
  index_t key, value, inner, heads;
};

/// What a feed-forward is bound to. A norm is bound to a width alone.
struct row_shape {
  index_t width, hidden;
};

/// The run-time sizes of one model, read from its checkpoint.
struct sizes {
  index_t layers = 0, vocabulary = 0, positions = 0, segments = 2, labels = 2;
  /// Where in the table of positions a sequence begins. RoBERTa's begin behind the padding's id.
  index_t first_position = 0;
  /// Layers share the weights of so many groups (ALBERT). 0: each layer has weights of its own.
  index_t groups = 0;

  /// The tokens of the longest sequence.
  constexpr index_t longest() const { return positions - first_position; }
  /// The layers that have weights.
  constexpr index_t stored_layers() const { return groups > 0 ? groups : layers; }
  /// Whose weights a layer reads. As the reference rounds it, which divides in double.
  constexpr index_t weights_of(index_t layer) const {
    if (groups <= 0) return layer;
    return static_cast<index_t>(static_cast<double>(layer) /
                                as_computed(static_cast<double>(layers) / static_cast<double>(groups)));
  }
};

namespace detail {
// Sizes are numbers one behind the other, so that a new one needs no list.
using sizes_as_numbers = std::array<index_t, sizeof(sizes) / sizeof(index_t)>;
}  // namespace detail

/// A size in a parameter's shape that is known at run time only, by the member of `sizes` that it is:
/// `tensor<Form, counted::by(&sizes::vocabulary), 768>`. One entry of a shape may be such a size.
namespace counted {
/// A negative number that stands for the member.
constexpr index_t by(index_t sizes::*member) {
  auto only = std::bit_cast<sizes>(detail::sizes_as_numbers{});
  only.*member = 1;
  const auto all = std::bit_cast<detail::sizes_as_numbers>(only);
  index_t at = 0;
  while (all[static_cast<std::size_t>(at)] == 0) ++at;
  return -1 - at;
}
inline constexpr index_t vocabulary = by(&sizes::vocabulary), positions = by(&sizes::positions),
                         segments = by(&sizes::segments), labels = by(&sizes::labels);
}  // namespace counted

/// The value of one entry of a shape: itself, or the run-time size that it names.
constexpr index_t resolve(index_t entry, const sizes& s) {
  if (entry >= 0) return entry;
  return std::bit_cast<detail::sizes_as_numbers>(s)[static_cast<std::size_t>(-1 - entry)];
}

}  // namespace weft
