// Every step that a text goes through, and every tokenizer's own table.
#include <memory>
#include <weft/text/sentencepiece_check.hpp>
#include <weft/text/subwords.hpp>
#include <weft/text/wordpiece.hpp>

#include "cost.hpp"

namespace {

using namespace weft_test;
using namespace std::string_literals;
using namespace weft;

using n_type = weft::index_t;
using work = std::function<void()>;

std::string number(n_type n) { return std::to_string(n); }

// Different words of letters.
std::string word(n_type n) {
  std::string s;
  for (n = n * 7919 + 26; n > 0; n /= 26) s += static_cast<char>('a' + n % 26);
  return s;
}
std::string words(n_type n) {
  std::string s;
  for (n_type i = 0; i < n; ++i) s += word(i) + " ";
  return s;
}
std::vector<std::string> pieces_of(n_type n, const std::string& prefix = "") {
  std::vector<std::string> all{"[UNK]", "[CLS]", "[SEP]"};
  for (n_type i = 0; i < n; ++i) all.push_back(prefix + word(i));
  return all;
}

// A tokenizer whose pieces are letters, with these steps and splits.
std::shared_ptr<const subwords<unigram>> letters(subword_options options, std::vector<std::string> more = {}) {
  std::vector<std::string> pieces{"<unk>", "a", "b", "c", "x", "\xe2\x96\x81", ".", " "};
  for (auto& piece : more) pieces.push_back(std::move(piece));
  std::vector<double> scores(pieces.size(), -1);
  unigram model(pieces, scores, {.unknown = 0});
  return std::make_shared<const subwords<unigram>>(std::move(pieces), std::move(model), std::move(options));
}

// A tokenizer that is built by make(n) beforehand, and a text.
template <class Make>
work cutting(const Make& make, std::string text) {
  return [t = make(), text = std::move(text)] { refused_or_done([&] { use(t->pieces(text)); }); };
}

work step(text_step one, const std::string& text) {
  return [one, text] {
    normalised_text made;
    append_unchanged(text, {0, static_cast<n_type>(text.size())}, made);
    refused_or_done([&] { take_steps({one}, made); });
    use(made);
  };
}
work split(const std::vector<text_split>& all, const std::string& text) {
  return [all, text] {
    parted_text made;
    append_unchanged(text, {0, static_cast<n_type>(text.size())}, made.whole);
    cut_text(all, made);
    use(made);
  };
}
text_pattern pattern(const std::string& expression) { return *text_pattern::parse(expression); }

// Entries that the first multiplier of a table alone would put into one place.
std::uint64_t colliding(std::uint64_t n) {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
  std::uint64_t inverse = 1;
  for (int i = 0; i < 6; ++i) inverse *= 2 - factor * inverse;
  return (n << 32 | n) * inverse;
}

const std::vector<added_token> space{{.content = " ", .strip_left = true}};

const bool added[] = {
    add_cost({"added tokens that begin alike", 1000,
              [](n_type n) -> work {
                subword_options o;
                for (n_type i = 0; i < n; ++i) o.added.push_back({.content = "cat" + number(i) + "x"});
                return cutting([&] { return letters(o); }, repeated_text("catcat1", n));
              }}),
    add_cost({"added tokens, reading", 500,
              [](n_type n) -> work {
                return [n] {
                  subword_options o;
                  for (n_type i = 0; i < n; ++i) o.added.push_back({.content = "cat" + number(i) + "x"});
                  use(letters(o));
                };
              }}),
    add_cost({"a long added token", 2000,
              [](n_type n) -> work {
                return cutting([&] { return letters({.added = {{.content = repeated_text("a", n) + "b"}}}); },
                               repeated_text("a", 2 * n));
              }}),
    add_cost(
        {"added tokens that take white space along", 3000,
         [](n_type n) -> work { return cutting([&] { return letters({.added = space}); }, repeated_text(" ", n)); }}),
    add_cost({"added tokens of one word", 2000,
              [](n_type n) -> work {
                return cutting([&] { return letters({.added = {{.content = "ab", .single_word = true}}}); },
                               repeated_text("ab", n));
              }}),
    add_cost({"WordPiece, words", 1000,
              [](n_type n) -> work {
                return cutting([&] { return std::make_shared<wordpiece>(pieces_of(n / 2)); }, words(n));
              }}),
    add_cost({"WordPiece, a long word and long pieces", 3000,
              [](n_type n) -> work {
                auto pieces = pieces_of(0);
                for (const auto& piece : {"a"s, "##a"s, repeated_text("b", n), "##" + repeated_text("a", n) + "b"})
                  pieces.push_back(piece);
                return cutting(
                    [&] { return std::make_shared<wordpiece>(pieces, wordpiece_options{.max_characters = 1000000}); },
                    repeated_text("a", 3 * n));
              }}),
    add_cost({"WordPiece, reading", 1000,
              [](n_type n) -> work { return [pieces = pieces_of(n)] { use(wordpiece(pieces)); }; }}),
    add_cost({"WordPiece, reading for long words", 1000,
              [](n_type n) -> work {
                return [pieces = pieces_of(n, "##")] { use(wordpiece(pieces, {.max_characters = 1000})); };
              }}),
    add_cost({"WordPiece, decoding", 3000,
              [](n_type n) -> work {
                const auto t = std::make_shared<wordpiece>(pieces_of(10));
                return [t, ids = std::vector<std::int32_t>(static_cast<std::size_t>(n), 5)] { use(t->decode(ids)); };
              }}),
    add_cost({"WordPiece, a pair that is cut", 2000,
              [](n_type n) -> work {
                const auto t = std::make_shared<wordpiece>(pieces_of(10));
                return [t, text = words(n)] {
                  use(t->encode_pair(text, text, truncation{.max_length = 64, .stride = 20}));
                };
              }}),
    add_cost({"WordPiece, windows", 2000,
              [](n_type n) -> work {
                const auto t = std::make_shared<wordpiece>(pieces_of(10));
                return [t, text = words(n)] { use(t->windows(text, truncation{.max_length = 64, .stride = 20})); };
              }}),
    add_cost({"lines of vocab.txt", 5000,
              [](n_type n) -> work { return [text = repeated_text("abc\r\n", n)] { use(vocabulary_lines(text)); }; }}),
    add_cost({"unigram, words", 1000,
              [](n_type n) -> work {
                return cutting([&] { return letters({.splits = {metaspace_split{}}}, pieces_of(n / 2)); }, words(n));
              }}),
    add_cost({"unigram, one long word", 2000,
              [](n_type n) -> work { return cutting([&] { return letters({}); }, repeated_text("abcab", n)); }}),
    add_cost({"unigram, a long piece", 1000,
              [](n_type n) -> work {
                return cutting([&] { return letters({}, {repeated_text("a", n)}); }, repeated_text("a", 2 * n - 1));
              }}),
    add_cost({"unigram, unknown characters", 2000,
              [](n_type n) -> work { return cutting([&] { return letters({}); }, repeated_text("\xc3\xa9", n)); }}),
    add_cost({"unigram, reading", 1000,
              [](n_type n) -> work { return [pieces = pieces_of(n)] { use(letters({}, pieces)); }; }}),
    add_cost({"unigram, decoding and cleaning up", 4000,
              [](n_type n) -> work {
                const auto t = letters({.replacement = " "});
                std::vector<std::int32_t> ids;
                for (n_type i = 0; i < n; ++i) ids.push_back(i % 2 ? 6 : 7);  // " ", "."
                return [t, ids] { use(t->decode(ids, {.clean_up = true})); };
              }}),
    add_cost({"byte-level BPE, one long word", 500,
              [](n_type n) -> work {
                std::vector<std::string> pieces{"a", "b", "aa", "aaaa", "ab", "?"};
                const std::vector<byte_level_bpe::merge> merges{{"a", "a"}, {"aa", "aa"}, {"a", "b"}};
                byte_level_bpe model(pieces, merges, {.unknown = "?"});
                const auto t = std::make_shared<subwords<byte_level_bpe>>(
                    pieces, model, subword_options{.splits = {byte_level_split{}}, .trim_offsets = true});
                return cutting([&] { return t; }, repeated_text("aaaaabaab", n));
              }}),
    add_cost({"byte-level BPE, words", 1000,
              [](n_type n) -> work {
                std::vector<std::string> pieces{"a", "b", "\xc4\xa0", "?", "ab"};
                byte_level_bpe model(pieces, std::vector<byte_level_bpe::merge>{{"a", "b"}}, {.unknown = "?"});
                const auto t = std::make_shared<subwords<byte_level_bpe>>(
                    pieces, model,
                    subword_options{.splits = {byte_level_split{.prefix_space = true}}, .trim_offsets = true});
                return cutting([&] { return t; }, words(n));
              }}),
    add_cost({"byte-level BPE, reading merges", 500,
              [](n_type n) -> work {
                std::vector<std::string> pieces{"a"};
                std::vector<byte_level_bpe::merge> merges;
                for (n_type i = 0; i < n; ++i) {
                  pieces.push_back(word(i));
                  pieces.push_back("a" + word(i));
                  merges.push_back({"a", word(i)});
                }
                std::sort(pieces.begin(), pieces.end());
                pieces.erase(std::unique(pieces.begin(), pieces.end()), pieces.end());
                return [pieces, merges] { use(byte_level_bpe(pieces, merges)); };
              }}),
    add_cost({"tables that are aimed at", 2000,
              [](n_type n) -> work {
                return [n] {
                  detail::flat_table<std::int32_t> table;
                  for (n_type i = 0; i < n; ++i) table.at(colliding(static_cast<std::uint64_t>(i) << 20), 0) = 1;
                  use(table);
                };
              }}),
    add_cost({"Replace, a long literal", 4000,
              [](n_type n) -> work {
                return step(replace_step{text_pattern::literal(repeated_text("a", n) + "b"), "x"},
                            repeated_text("a", 3 * n));
              }}),
    add_cost({"Replace, runs", 3000,
              [](n_type n) -> work {
                const auto most = "a{" + number(std::min<n_type>(1000, n / 12)) + "}";
                return step(replace_step{pattern(most + "|" + most + "|a{1000}|a"), "x"},
                            repeated_text("a", n / 2) + repeated_text("ab", n / 4));
              }}),
    add_cost({"Replace to many letters", 200,
              [](n_type n) -> work {
                return cutting(
                    [&] {
                      return letters({.steps = {replace_step{text_pattern::literal("a"), repeated_text("a", 60)}},
                                      .added = {{.content = "b"}}});
                    },
                    repeated_text("ab", n));
              }}),
    add_cost({"Replace to too many letters", 300,
              [](n_type n) -> work {
                return cutting(
                    [&] {
                      return letters({.steps = {replace_step{text_pattern::literal("a"), repeated_text("a", 6500)}},
                                      .added = {{.content = "b"}}});
                    },
                    repeated_text("ab", n));
              }}),
    add_cost({"Prepend", 2000,
              [](n_type n) -> work {
                return cutting([&] { return letters({.steps = {prepend_step{"xx"}}, .added = {{.content = "b"}}}); },
                               repeated_text("ab", n));
              }}),
    add_cost({"small letters", 4000, [](n_type n) { return step(lower_case_step{}, repeated_text("A\xc4\xb0", n)); }}),
    add_cost({"BERT's normaliser as a step", 4000,
              [](n_type n) {
                return step(bert_step{normaliser(normalisation{})}, repeated_text("A\xc3\xa9\xe4\xb8\xad\x01", n));
              }}),
    add_cost({"nmt", 4000, [](n_type n) { return step(nmt_step{}, repeated_text("a\x01\t", n)); }}),
    add_cost({"marks", 4000, [](n_type n) { return step(strip_marks_step{}, repeated_text("a\xcc\x81", n)); }}),
    add_cost({"ends", 4000,
              [](n_type n) { return step(strip_ends_step{}, repeated_text(" ", n) + "a" + repeated_text(" ", n)); }}),
    add_cost({"NFD of marks", 500,
              [](n_type n) {
                return step(unicode_form_step{unicode_form::nfd}, "a" + repeated_text("\xcc\x81\xcc\xa3\xcc\xb4", n));
              }}),
    add_cost({"NFC of marks", 500,
              [](n_type n) {
                return step(unicode_form_step{unicode_form::nfc}, "a" + repeated_text("\xcc\x81\xcc\xa3\xcc\xb4", n));
              }}),
    add_cost({"NFKC of what is long", 300,
              [](n_type n) { return step(unicode_form_step{unicode_form::nfkc}, repeated_text("\xef\xb7\xba", n)); }}),
    add_cost({"a precompiled map, a long cluster", 2000,
              [](n_type n) {
                std::string bytes("\x04\0\0\0\0\0\0\0x", 10);
                return step(precompiled_map_step{precompiled_map(bytes)}, "a" + repeated_text("\xcc\x81", n));
              }}),
    add_cost({"splits", 200,
              [](n_type n) {
                return split({word_characters_split{}, digits_split{}, bert_words_split{}, white_space_split{},
                              punctuation_split{}, metaspace_split{}, byte_level_split{}},
                             repeated_text("ab, c's  ", n));
              }}),
    add_cost({"a split at runs", 3000,
              [](n_type n) {
                return split({pattern_split{pattern("a{500}|a{400}|[ab]"), separator_use::contiguous}},
                             repeated_text("a", n) + repeated_text("ab", n));
              }}),
    add_cost({"a SentencePiece model", 500,
              [](n_type n) -> work {
                const auto field = [](int f, const std::string& s) {  // shorter than 128 bytes
                  return std::string{static_cast<char>(f << 3 | 2), static_cast<char>(s.size())} + s;
                };
                std::string model = field(1, field(1, "<unk>") + "\x18\x02");
                for (n_type i = 0; i < n; ++i) model += field(1, field(1, word(i)) + "\x18\x04");
                return [model] { refused_or_done([&] { check_sentencepiece_model(model, ""); }); };
              }}),
    add_cost({"a SentencePiece model's table", 30,
              [](n_type n) -> work {
                // Rows of 256 units; in each 'a' leads to the next row and ends a key.
                std::string table;
                const auto add = [&](std::uint64_t unit) {
                  for (int i = 0; i < 4; ++i) table += static_cast<char>(unit >> (8 * i) & 255);
                };
                for (std::uint64_t row = 0; row <= static_cast<std::uint64_t>(n); ++row)
                  for (std::uint64_t i = 0; i < 256; ++i) {
                    const std::uint64_t at = 256 * row + i, next = 256 * (row + 1);
                    if (at == 0)
                      add(256 << 10);
                    else if (row > 0 && row < static_cast<std::uint64_t>(n) && i == 'a')
                      add((at ^ next) << 10 | 'a');
                    else
                      add(0x80000000);
                  }
                std::string bytes;
                for (int i = 0; i < 4; ++i) bytes += static_cast<char>(table.size() >> (8 * i) & 255);
                bytes += table + std::string("x\0", 2);
                return [bytes] { use(detail::replacement_check(bytes, "")); };
              }}),
};

}  // namespace
