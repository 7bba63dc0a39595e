// Arbitrary bytes as a text, a pair and windows of it: ids are of the vocabulary, offsets lie inside the text, ascend
// and, but for special tokens, are not empty; windows keep to their length.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <weft/text/wordpiece.hpp>

namespace fuzz_wordpiece {

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

weft::wordpiece tokenizer(weft::wordpiece_options options) {
  options.added = {{.content = "<x>", .strip_left = true, .strip_right = true},
                   {.content = "ab", .single_word = true},
                   {.content = "N\xc3\xa9", .strip_left = true, .normalised = true, .special = false}};
  return weft::wordpiece({"[PAD]",
                          "[UNK]",
                          "[CLS]",
                          "[SEP]",
                          "[MASK]",
                          "a",
                          "##a",
                          "b",
                          "##b",
                          "ab",
                          "##ab",
                          "e",
                          "##e",
                          "n",
                          "##n",
                          ".",
                          "\xe4\xb8\xad",
                          "\xc3\xa9",
                          "##\xc3\xa9",
                          "\xe1\x84\x80",
                          "##\xe1\x85\xa1",
                          "aaaa"},
                         std::move(options));
}

void check(const weft::wordpiece& w, const weft::encoding& e, std::string_view text, weft::index_t first,
           weft::index_t last) {
  weft::index_t end = 0;
  for (weft::index_t t = first; t < last; ++t) {
    const auto range = e.offsets[static_cast<std::size_t>(t)];
    require(e.ids[static_cast<std::size_t>(t)] >= 0 && e.ids[static_cast<std::size_t>(t)] < w.size());
    require(range.begin < range.end && range.end <= static_cast<weft::index_t>(text.size()));
    require(range.begin >= end || range.begin == e.offsets[static_cast<std::size_t>(t - 1)].begin);
    end = range.end;
  }
}

}  // namespace

inline int run(const std::uint8_t* data, std::size_t size) {
  static const weft::wordpiece settings[] = {
      tokenizer({}), tokenizer({.lowercase = false, .clean_text = false}),
      tokenizer({.strip_accents = false, .chinese_characters = false, .max_characters = 5})};
  if (size == 0) return 0;
  const weft::wordpiece& w = settings[data[0] % 3];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string_view half = text.substr(0, text.size() / 2), rest = text.substr(text.size() / 2);

  const weft::index_t length = 4 + data[0] / 16;
  switch (data[0] / 3 % 3) {  // one of three, because libFuzzer finds more with short runs
    case 0: {
      const weft::encoding e = w.encode(text);
      require(e.ids.front() == w.classifier_id() && e.ids.back() == w.separator_id());
      check(w, e, text, 1, e.size() - 1);
      (void)w.decode(e.ids);
      break;
    }
    case 1: {
      const weft::encoding e = w.encode_pair(half, rest, weft::truncation{.max_length = length});
      require(e.size() <= length && e.segments.size() == e.ids.size() && e.offsets.size() == e.ids.size());
      break;
    }
    default:
      for (const auto& window : w.windows(text.substr(0, 100), {.max_length = length, .stride = 1})) {
        require(window.size() <= length);
        check(w, window, text, 1, window.size() - 1);
      }
  }
  return 0;
}
}  // namespace fuzz_wordpiece
