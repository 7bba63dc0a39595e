// Arbitrary bytes as a text for unigram and byte-level models, and as a precompiled table: ids are of the vocabulary
// and offsets lie inside the text, or weft::error.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>
#include <weft/text/subwords.hpp>

namespace fuzz_subwords {

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

const std::vector<weft::added_token> added = {{.content = "<x>", .strip_left = true, .strip_right = true},
                                              {.content = "ab", .single_word = true},
                                              {.content = "N\xc3\xa9", .normalised = true, .special = false}};

weft::subwords<weft::unigram> unigram_words(weft::subword_options options, bool bytes) {
  std::vector<std::string> pieces{"?",
                                  "\xe2\x96\x81",
                                  "\xe2\x96\x81"
                                  "a",
                                  "a",
                                  "b",
                                  "ab",
                                  "e",
                                  "\xc3\xa9",
                                  "<0xC3>",
                                  "<0xA9>",
                                  "<0x63>"};
  std::vector<double> scores(pieces.size(), -1);
  scores[5] = -1.5;
  options.added = added;
  weft::unigram model(pieces, scores, {.unknown = 0, .byte_fallback = bytes});
  return {std::move(pieces), std::move(model), std::move(options)};
}

weft::subwords<weft::byte_level_bpe> byte_level_words(weft::subword_options options, bool whole) {
  std::vector<std::string> pieces{"\xc4\xa0",
                                  "a",
                                  "b",
                                  "\xc3\x83",
                                  "\xc2\xa9",
                                  "ab",
                                  "\xc4\xa0"
                                  "a",
                                  "abab",
                                  "?"};
  const std::vector<weft::byte_level_bpe::merge> merges{{"a", "b"}, {"\xc4\xa0", "a"}, {"ab", "ab"}};
  options.added = added;
  weft::byte_level_bpe model(pieces, merges, {.unknown = whole ? "?" : "", .ignore_merges = whole});
  return {std::move(pieces), std::move(model), std::move(options)};
}

template <class Tokenizer>
void check(const Tokenizer& t, std::string_view text) {
  const weft::encoding e = t.pieces(text);
  for (weft::index_t i = 0; i < e.size(); ++i) {
    const auto [begin, end] = e.offsets[static_cast<std::size_t>(i)];
    require(0 <= begin && begin <= end && end <= static_cast<weft::index_t>(text.size()));
    require(e.ids[static_cast<std::size_t>(i)] >= 0 && e.ids[static_cast<std::size_t>(i)] < t.size());
  }
  (void)t.decode(e.ids);
}

}  // namespace

inline int run(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  static const auto albert =
      unigram_words({.steps = {unicode_form_step{unicode_form::nfkd}, strip_marks_step{}, lower_case_step{}},
                     .splits = {white_space_split{}, metaspace_split{}}},
                    false);
  static const auto deberta =
      unigram_words({.steps = {replace_step{*text_pattern::parse("\\s{2,}|[\\n\\r\\t]"), " "},
                               unicode_form_step{unicode_form::nfc}, strip_ends_step{false, true}},
                     .splits = {punctuation_split{}, metaspace_split{}}},
                    true);
  static const auto roberta = byte_level_words({.splits = {byte_level_split{}}, .trim_offsets = true}, false);
  static const auto prefix = byte_level_words({.steps = {unicode_form_step{unicode_form::nfkc}},
                                               .splits = {byte_level_split{.prefix_space = true}},
                                               .trim_offsets = true,
                                               .trim_keeps_prefix = true},
                                              true);
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 5) {
    case 0:
      check(albert, text);
      break;
    case 1:
      check(deberta, text);
      break;
    case 2:
      check(roberta, text);
      break;
    case 3:
      check(prefix, text);
      break;
    default:
      try {  // half a table, half a text
        const precompiled_map map(text.substr(0, text.size() / 2));
        check(unigram_words({.steps = {precompiled_map_step{map}}, .splits = {metaspace_split{}}}, false),
              text.substr(text.size() / 2));
      } catch (const error&) {
      }
  }
  return 0;
}
}  // namespace fuzz_subwords
