#pragma once
// From pieces back to text.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct decode_options {
  bool skip_special = true;           ///< leave out [CLS], [SEP] and the like
  std::optional<bool> clean_up = {};  ///< no space before . , ? ! and in English contractions; unset: the tokenizer's
};

namespace detail {

inline void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::size_t at = text.find(from), begin = 0;
  if (at == text.npos) return;
  std::string out;  // what is behind a match is moved once, not for every match
  for (; at != text.npos; at = text.find(from, begin)) {
    out.append(text, begin, at - begin).append(to);
    begin = at + from.size();
  }
  text = out.append(text, begin);
}

// The reference's list, in its order. It looks at one piece at a time.
inline void clean_up_piece(std::string& piece) {
  constexpr std::pair<std::string_view, std::string_view> shortenings[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : shortenings) replace_all(piece, from, to);
}

/// Appends a piece to a text: a continuing one without its prefix, another one after a space.
inline void append_piece(std::string_view piece, bool first, std::string_view continuing_prefix, bool clean_up,
                         std::string& text) {
  std::string part;
  if (first)
    part = piece;
  else if (piece.starts_with(continuing_prefix))
    part = piece.substr(continuing_prefix.size());
  else
    part.append(" ").append(piece);
  if (clean_up) clean_up_piece(part);
  text += part;
}

}  // namespace detail

}  // namespace weft
