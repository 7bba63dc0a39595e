#pragma once
// Which special tokens stand around texts, and what every tokenizer makes of that: encodings, pairs and windows.
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/text/encoding.hpp>
#include <weft/text/truncate.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The order of special tokens and texts in a sequence, and the segment of each.
struct sequence_template {
  enum class content { special, first_text, second_text };

  struct part {
    content what = content::special;
    std::int32_t segment = 0;
    std::int32_t id = -1;  ///< of the special token
  };

  std::vector<part> single, pair;  ///< the first text once in each, the second text once in `pair`

  /// [CLS] first [SEP], and [CLS] first [SEP] second [SEP] where the second text and what follows is segment 1.
  static sequence_template bert(std::int32_t classifier, std::int32_t separator) {
    using enum content;
    const part begin{special, 0, classifier}, end{special, 0, separator};
    return {{begin, {first_text}, end}, {begin, {first_text}, end, {second_text, 1}, {special, 1, separator}}};
  }

  /// <s> first </s>, and <s> first </s></s> second </s>, all in segment 0.
  static sequence_template roberta(std::int32_t classifier, std::int32_t separator) {
    using enum content;
    const part begin{special, 0, classifier}, end{special, 0, separator};
    return {{begin, {first_text}, end}, {begin, {first_text}, end, end, {second_text}, end}};
  }

  /// No special tokens; the second text is segment 1.
  static sequence_template plain() {
    using enum content;
    return {{{first_text}}, {{first_text}, {second_text, 1}}};
  }

  /// The same with segment 0 everywhere, for models that are given none.
  sequence_template without_segments() && {
    for (auto* const parts : {&single, &pair})
      for (part& p : *parts) p.segment = 0;
    return std::move(*this);
  }

  /// How many special tokens a sequence has.
  index_t special_tokens(bool is_pair) const {
    const auto& parts = is_pair ? pair : single;
    return std::count_if(parts.begin(), parts.end(), [](const part& p) { return p.what == content::special; });
  }

  /// A sequence of tokens [a.begin, a.end) of the first text and, unless it is null, [b.begin, b.end) of the second.
  encoding compose(const encoding& first, token_range a, const encoding* second, token_range b) const {
    encoding out;
    const auto& parts = second ? pair : single;
    out.reserve(a.size() + b.size() + static_cast<index_t>(parts.size()));
    for (const part& p : parts)
      if (p.what == content::special)
        out.add(p.id, p.segment);
      else if (p.what == content::first_text)
        out.first = out.append(first, a, p.segment);
      else if (second)
        out.second = out.append(*second, b, p.segment);
    return out;
  }
};

/// What every tokenizer offers beside cutting a text. A class derives from it, sequence_encoder<class>, and has
///   encoding pieces(text) const                            the tokens of a text alone
///   const sequence_template& layout() const                the special tokens around them
///   const std::optional<truncation>& own_truncation() const    what encode does where it is told nothing
///   std::string_view token(id) const                       the text of a token
template <class Tokenizer>
class sequence_encoder {
 public:
  /// The tokens of a text with special tokens around them, cut to the truncation. Throws weft::error if the truncation
  /// is impossible (see truncate.hpp) or the text longer than 2^31 - 1 bytes.
  encoding encode(std::string_view text) const { return encode(text, self().own_truncation()); }
  encoding encode(std::string_view text, const std::optional<truncation>& how) const {
    const encoding a = self().pieces(text);
    return self().layout().compose(a, cut(a, nullptr, how).first[0], nullptr, {});
  }

  /// The same for a pair of texts.
  encoding encode_pair(std::string_view first, std::string_view second) const {
    return encode_pair(first, second, self().own_truncation());
  }
  encoding encode_pair(std::string_view first, std::string_view second, const std::optional<truncation>& how) const {
    const encoding a = self().pieces(first), b = self().pieces(second);
    const truncated parts = cut(a, &b, how);
    return self().layout().compose(a, parts.first[0], &b, parts.second[0]);
  }

  /// What encode returns, then the windows over the tokens that it cut off, each with its own special tokens.
  std::vector<encoding> windows(std::string_view text, const truncation& how) const {
    const encoding a = self().pieces(text);
    std::vector<encoding> out;
    for (const auto part : cut(a, nullptr, how).first) out.push_back(self().layout().compose(a, part, nullptr, {}));
    return out;
  }

  /// The same for a pair. Where both texts are cut, all their parts are combined, in the reference's order.
  std::vector<encoding> windows_pair(std::string_view first, std::string_view second, const truncation& how) const {
    const encoding a = self().pieces(first), b = self().pieces(second);
    const auto [parts_a, parts_b] = cut(a, &b, how);
    const auto compose = [&, this](token_range x, token_range y) { return self().layout().compose(a, x, &b, y); };
    std::vector<encoding> out{compose(parts_a[0], parts_b[0])};
    for (std::size_t i = 1; i < parts_a.size(); ++i)
      for (const auto part : parts_b) out.push_back(compose(parts_a[i], part));
    for (std::size_t j = 1; j < parts_b.size(); ++j) out.push_back(compose(parts_a[0], parts_b[j]));
    return out;
  }

  /// How many special tokens encode and encode_pair add.
  index_t special_tokens(bool is_pair) const { return self().layout().special_tokens(is_pair); }

  /// The texts of an encoding's tokens.
  std::vector<std::string_view> tokens(const encoding& e) const {
    std::vector<std::string_view> out;
    for (const std::int32_t id : e.ids) out.push_back(self().token(id));
    return out;
  }

 private:
  friend Tokenizer;
  sequence_encoder() = default;

  const Tokenizer& self() const { return static_cast<const Tokenizer&>(*this); }

  truncated cut(const encoding& first, const encoding* second, const std::optional<truncation>& how) const {
    const std::optional<index_t> pair = second ? std::optional(second->size()) : std::nullopt;
    return truncate(first.size(), pair, special_tokens(second != nullptr), how);
  }
};

}  // namespace weft
