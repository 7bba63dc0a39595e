#include <weft/text/subwords.hpp>

#include "catch.hpp"

namespace subwords_test {

using namespace weft;

using ids = std::vector<std::int32_t>;

const std::vector<std::string> pieces{"?", "_we", "ave", "_", "e", "\xc3\xa9"};

subwords<unigram> tokenizer(subword_options options = {}) {
  if (options.splits.empty()) options.splits = {metaspace_split{.replacement = "_"}};
  options.replacement = "_";
  return {pieces, unigram(pieces, std::vector<double>{0, -1, -1, -2, -3, -1}, {.unknown = 0}), std::move(options)};
}

const std::vector<std::string> bytes{"\xc4\xa0",
                                     "a",
                                     "b",
                                     "\xc3\x83",
                                     "\xc2\xa9",
                                     "\xc4\xa0"
                                     "a"};

subwords<byte_level_bpe> byte_tokenizer(subword_options options = {}) {
  if (options.splits.empty()) options.splits = {byte_level_split{}};
  options.decoding = piece_decoding::byte_level;
  return {bytes, byte_level_bpe(bytes, std::vector<byte_level_bpe::merge>{{"\xc4\xa0", "a"}}), std::move(options)};
}

std::vector<weft::index_t> flat(const encoding& e) {
  std::vector<weft::index_t> out;
  for (const auto& [begin, end] : e.offsets) out.insert(out.end(), {begin, end});
  return out;
}

using offsets = std::vector<weft::index_t>;

TEST_CASE("unigram words") {
  const auto t = tokenizer();
  const encoding e = t.pieces("weave we\xff");
  CHECK(e.ids == ids{1, 2, 1, 0});
  CHECK(flat(e) == offsets{0, 2, 2, 5, 5, 8, 8, 9});
  CHECK(t.decode(e.ids) == "weave we?");
  CHECK(t.pieces("").empty());
  CHECK(t.token(1) == "_we");
  CHECK(t.find("ave") == 2);
  CHECK(t.find("none") == -1);
  CHECK_THROWS_AS(t.token(6), error);
  CHECK_THROWS_AS(t.decode(ids{-1}), error);
}

TEST_CASE("added tokens are cut out of the raw or the normalised text") {
  const auto t = tokenizer(
      {.steps = {lower_case_step{}},
       .added = {{.content = "<M>", .strip_left = true}, {.content = "NEW", .normalised = true, .special = false}}});
  CHECK(t.size() == 8);
  const encoding e = t.pieces("WE  <M>ave new");
  CHECK(e.ids == ids{1, 6, 3, 2, 3, 7});
  CHECK(flat(e) == offsets{0, 2, 2, 7, 7, 8, 7, 10, 10, 11, 11, 14});
  CHECK(t.pieces("<m>").ids == ids{3, 0});
  CHECK(t.is_special(6));
  CHECK(!t.is_special(7));
  CHECK(t.decode(e.ids) == "we ave NEW");
  CHECK_THAT(t.decode(e.ids, {.skip_special = false}), mentions("<M>"));
}

TEST_CASE("byte-level words, and offsets without white space") {
  const encoding plain = byte_tokenizer().pieces("a a\xc3\xa9");
  CHECK(plain.ids == ids{1, 5, 3, 4});
  CHECK(flat(plain) == offsets{0, 1, 1, 3, 3, 5, 3, 5});
  CHECK(byte_tokenizer().decode(plain.ids) == "a a\xc3\xa9");
  CHECK(byte_tokenizer().decode(ids{3}) == "\xef\xbf\xbd");  // half a character
  CHECK(flat(byte_tokenizer({.trim_offsets = true}).pieces("a a  b")) == offsets{0, 1, 2, 3, 4, 4, 5, 5, 5, 6});
  const subword_options prefix{
      .splits = {byte_level_split{.prefix_space = true}}, .trim_offsets = true, .trim_keeps_prefix = true};
  CHECK(flat(byte_tokenizer(prefix).pieces("a a")) == offsets{0, 1, 2, 3});
}

TEST_CASE("white space that an added token took along is trimmed") {
  const auto t =
      byte_tokenizer({.added = {{.content = "<m>", .strip_left = true, .strip_right = true}}, .trim_offsets = true});
  const encoding e = t.pieces("a  <m> b");
  CHECK(e.ids == ids{1, 6, 2});
  CHECK(flat(e) == offsets{0, 1, 3, 6, 7, 8});
}

}  // namespace subwords_test
