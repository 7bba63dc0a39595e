#pragma once
// What a tokenizer does to a text before it cuts it: the normalisers of a tokenizer.json.
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>
#include <weft/text/precompiled_map.hpp>
#include <weft/text/text_pattern.hpp>
#include <weft/text/unicode_forms.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Small letters, one code point at a time: there is no final sigma.
struct lower_case_step {
  void operator()(normalised_text& text) const {
    std::vector<character_change> changes;
    changes.reserve(text.text.size());
    for (index_t at = 0; at < static_cast<index_t>(text.text.size());) {
      const auto [value, bytes] = decode_utf8(text.text, at);
      const short_text low = lower_case(value);
      for (const char32_t& c : low) changes.push_back({c, &c != low.begin()});
      at += bytes;
    }
    apply_changes(changes, 0, text);
  }
};

/// Deletes marks: nonspacing, spacing and enclosing ones. Decompose first (unicode_form::nfkd) to strip accents.
struct strip_marks_step {
  void operator()(normalised_text& text) const {
    keep_characters(text, [](char32_t c) { return c < 0x300 || !classify_unicode(c).mark(); });
  }
};

/// Deletes white space at the ends.
struct strip_ends_step {
  bool left = true, right = true;

  void operator()(normalised_text& text) const {
    index_t begin = 0, end = 0, at = 0;
    bool seen = false;
    for (const auto size = static_cast<index_t>(text.text.size()); at < size;) {
      const auto [value, bytes] = decode_utf8(text.text, at);
      at += bytes;
      if (classify(value).white_space()) continue;
      if (!seen) begin = at - bytes;
      seen = true, end = at;
    }
    if (!seen) begin = left ? at : 0, end = right ? begin : at;
    normalised_text kept;
    append_part(text, {left ? begin : 0, right ? end : at}, kept);
    text = std::move(kept);
  }
};

struct unicode_form_step {
  unicode_form form;

  void operator()(normalised_text& text) const { normalise(form, text); }
};

struct replace_step {
  text_pattern pattern;
  std::string content;  ///< UTF-8

  void operator()(normalised_text& text, index_t most) const { replace(pattern, content, text, most); }
};

struct prepend_step {
  std::string content;  ///< UTF-8

  void operator()(normalised_text& text) const { prepend(content, text); }
};

struct precompiled_map_step {
  precompiled_map map;

  void operator()(normalised_text& text, index_t most) const { map.apply(text, most); }
};

/// BERT's normaliser.
struct bert_step {
  normaliser of;

  void operator()(normalised_text& text) const {
    normalised_text out;
    of.append(text.text, {0, static_cast<index_t>(text.text.size())}, out);
    for (auto& source : out.sources) {  // from here to the original
      const auto [begin, end] = text.original(source.begin, source.end);
      source = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    text = std::move(out);
  }
};

/// What SentencePiece's rule nmt does to white space and controls, as the tokenizers library has it
/// (normalizers/unicode.rs).
struct nmt_step {
  void operator()(normalised_text& text) const {
    keep_characters(text, [](char32_t c) {
      const bool control = c >= 0x01 && c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r';
      return !control && c != 0x7f && c != 0x8f && c != 0x9f;
    });
    std::vector<character_change> changes;
    changes.reserve(text.text.size());
    for (index_t at = 0; at < static_cast<index_t>(text.text.size());) {
      const auto [value, bytes] = decode_utf8(text.text, at);
      const bool space = value == '\t' || value == '\n' || value == '\f' || value == '\r' || value == 0x1680 ||
                         (value >= 0x200b && value <= 0x200f) || value == 0x2028 || value == 0x2029 ||
                         value == 0x2581 || value == 0xfeff || value == 0xfffd;
      changes.push_back({space ? U' ' : value});
      at += bytes;
    }
    apply_changes(changes, 0, text);
  }
};

using text_step = std::variant<lower_case_step, strip_marks_step, strip_ends_step, unicode_form_step, replace_step,
                               prepend_step, precompiled_map_step, bert_step, nmt_step>;

/// Takes the steps one after the other. Throws weft::error if they make the text longer than `most` bytes, which is
/// what a caller who cuts a text into parts has left of longest_normal_form for all of it.
inline void take_steps(const std::vector<text_step>& steps, normalised_text& text, index_t most) {
  for (const auto& step : steps) {
    std::visit(
        [&](const auto& s) {
          if constexpr (requires { s(text, most); })
            s(text, most);
          else
            s(text);
        },
        step);
    if (static_cast<index_t>(text.text.size()) > most) detail::refuse_growth();
  }
}
inline void take_steps(const std::vector<text_step>& steps, normalised_text& text) {
  take_steps(steps, text, detail::longest_normal_form(static_cast<index_t>(text.text.size())));
}

}  // namespace weft
