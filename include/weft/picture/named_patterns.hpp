#pragma once
// Common patterns by name, to be drawn without writing a type: `weft picture` and examples/picture list them.
#include <string>
#include <string_view>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/dilated_window.hpp>
#include <weft/pattern/full.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/window.hpp>
#include <weft/picture/pattern_picture.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A pattern that has a name, and words that say what it is.
struct named_pattern {
  std::string_view name, words;
  std::string (*drawn)(index_t length, const pattern_picture_options& options);

  /// The picture for so many tokens, titled with name and words. Random blocks are those of a model of 12 layers with
  /// 12 heads.
  std::string picture(index_t length, index_t head = 0, index_t layer = 0) const {
    std::string title(name);
    (title += ": ") += words;
    if (head != 0 || layer != 0) title += ", head " + std::to_string(head) + ", layer " + std::to_string(layer);
    return drawn(
        length,
        {.title = title, .head = head, .layer = layer, .model = {.layers = 12, .positions = length, .heads = 12}});
  }
};

namespace detail {
template <class Pattern>
std::string draw_pattern(index_t length, const pattern_picture_options& options) {
  return pattern_picture(Pattern{}, length, options);
}
}  // namespace detail

/// A pattern is a line here.
inline constexpr named_pattern named_patterns[] = {
    {"full", "every token sees every token", detail::draw_pattern<full>},
    {"causal", "a token sees what stands before it", detail::draw_pattern<causal>},
    {"window", "64 neighbours on each side", detail::draw_pattern<window<64>>},
    {"dilated_window", "every fourth of 128 neighbours on each side", detail::draw_pattern<dilated_window<32, 4>>},
    {"landmarks", "16 tokens for all, and a window of 64", detail::draw_pattern<landmarks<16>>},
    {"bigbird", "blocks of 64, 3 random, evaluation", detail::draw_pattern<bigbird_blocks<64, 3>>},
    {"bigbird_training", "blocks of 64, 3 random, drawn",
     detail::draw_pattern<bigbird_blocks<64, 3, hugging_face_plan>>},
    {"bigbird_small", "blocks of 16, 2 random, drawn", detail::draw_pattern<bigbird_blocks<16, 2, hugging_face_plan>>},
};

/// The pattern of this name, or null.
inline const named_pattern* find_pattern(std::string_view name) {
  for (const auto& pattern : named_patterns)
    if (pattern.name == name) return &pattern;
  return nullptr;
}

}  // namespace weft
