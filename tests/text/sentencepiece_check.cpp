#include <weft/text/sentencepiece_check.hpp>

#include <fstream>
#include <iterator>
#include <string>

#include "catch.hpp"
#include "refusal.hpp"

namespace sentencepiece_check_test {

using namespace std::string_literals;

std::string varint(std::uint64_t n) {
  std::string bytes;
  for (; n > 127; n >>= 7) bytes += static_cast<char>((n & 127) | 128);
  return bytes + static_cast<char>(n);
}
std::string text(std::uint64_t number, const std::string& value) {
  return varint(number << 3 | 2) + varint(value.size()) + value;
}
std::string little(std::uint32_t n) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(n >> (8 * i) & 255);
  return bytes;
}
std::string piece(const std::string& value, std::uint32_t score_bits = 0xbf800000, std::uint64_t kind = 1) {
  return text(1, text(1, value) + '\x15' + little(score_bits) + '\x18' + varint(kind));
}
const std::string unknown = piece("<unk>", 0, 2);

// A map whose array is these units, filled up to a multiple of 256.
std::string map_of(std::vector<std::uint32_t> units, const std::string& texts) {
  while (units.size() % 256 != 0) units.push_back(0x80000000);
  std::string bytes = little(static_cast<std::uint32_t>(4 * units.size()));
  for (const auto unit : units) bytes += little(unit);
  return text(3, text(1, "name") + text(2, bytes + texts));
}
constexpr std::uint32_t leaf = 0x100;
constexpr std::uint32_t offset(std::uint32_t n) { return n << 10; }

std::string refused(const std::string& model) {
  return refusal_of([&] { weft::check_sentencepiece_model(model, "m"); });
}

TEST_CASE("models that are sound", "[sentencepiece_check]") {
  CHECK(refused(unknown) == "");
  // 'a' becomes "x": the root's children count from 1, those of 'a' from 256.
  std::vector<std::uint32_t> units(512, 0x80000000);
  units[0] = offset(1);
  units['a' ^ 1] = offset('a' ^ 1 ^ 256) | leaf | 'a';
  units[256] = 0x80000000 | 1;  // the text at byte 1
  CHECK(refused(unknown + piece("a") + map_of(units, "\0x\0"s)) == "");
  for (const auto* name : {"unigram", "deberta", "bigbird", "bpe"}) {
    std::ifstream file(std::string(WEFT_TEST_DATA "/tokenizers/sentencepiece/") + name + "/spiece.model",
                       std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(!bytes.empty());
    CHECK(refused(bytes) == "");
    CHECK(refused(bytes.substr(0, bytes.size() / 2)) != "");
  }
}

TEST_CASE("tables of replacements that lead somewhere else", "[sentencepiece_check]") {
  const auto with = [](std::vector<std::uint32_t> units, const std::string& texts = "x\0"s) {
    return refused(unknown + map_of(std::move(units), texts));
  };
  CHECK(with({0x200 | 0x1fffffu << 10}) ==
        "m: precompiled_charsmap: found a step to unit 536870911 of 256, wanted one inside");
  std::vector<std::uint32_t> units(512, 0x80000000);
  units[0] = offset(1);
  units['a' ^ 1] = offset('a' ^ 1 ^ 256) | leaf | 'a';
  units[256] = 0x80000000 | 2;
  CHECK(with(units) == "m: precompiled_charsmap: found a text at byte 2 of 2, wanted one inside");
  units[256] = 0x80000000;
  CHECK(with(units, "x") ==
        "m: precompiled_charsmap: found an array of 2048 bytes in 2053, wanted a multiple of 1024, and texts behind it "
        "that end in NUL");
  CHECK(with(units, std::string(257, 'x') + '\0') ==
        "m: precompiled_charsmap: found a replacement that is too long, wanted at most 256 bytes");
  CHECK(with(units, "\xff\0"s) == "m: precompiled_charsmap: found a replacement that is not UTF-8, wanted UTF-8 text");
  units['a' ^ 1] = offset('a') | 'a';  // back to where the root's children count from
  CHECK(with(units) ==
        "m: precompiled_charsmap: found steps that lead back to where they came from, wanted keys that end");

  // "a", "aa", ...: 33 keys that begin with each other.
  std::vector<std::uint32_t> nested(256 * 40, 0x80000000);
  nested[0] = offset(256);
  for (std::uint32_t i = 1; i <= 33; ++i) {
    const std::uint32_t here = 256 * i ^ 'a';
    nested[here] = offset(here ^ 256 * (i + 1)) | leaf | 'a';
  }
  CHECK(with(nested) ==
        "m: precompiled_charsmap: found more than 32 keys that begin with each other, wanted at most 32");
  // What undoes the normalisation is such a table, too.
  auto denormaliser = map_of({0x200 | 0x1fffffu << 10}, "x\0"s);
  denormaliser[0] = 5 << 3 | 2;
  CHECK(refused(unknown + denormaliser) ==
        "m: precompiled_charsmap: found a step to unit 536870911 of 256, wanted one inside");
}

TEST_CASE("pieces that the library does not expect", "[sentencepiece_check]") {
  CHECK(refused("") == "m: SentencePiece model: found 0 unknown pieces, wanted one");
  CHECK(refused(unknown + piece("<u>", 0, 2)) == "m: SentencePiece model: found 2 unknown pieces, wanted one");
  CHECK(refused(unknown + piece("")) == "m: piece 1: found 0 bytes, wanted 1 to 4096");
  CHECK(refused(unknown + piece(std::string(4097, 'a'))) == "m: piece 1: found 4097 bytes, wanted 1 to 4096");
  CHECK(refused(unknown + piece("a\0b"s)) ==
        "m: piece 1: found bytes that are not UTF-8, or a NUL among them, wanted UTF-8 text");
  CHECK(refused(unknown + piece("\xc3")) ==
        "m: piece 1: found bytes that are not UTF-8, or a NUL among them, wanted UTF-8 text");
  CHECK(refused(unknown + piece("a", 0x7fc00000)) == "m: piece 1: found a score that is not finite, wanted a number");
  CHECK(refused(unknown + piece("a", 0xff800000)) == "m: piece 1: found a score that is not finite, wanted a number");
  CHECK(refused(unknown + piece("a", 0, 7)) == "m: piece 1: found type 7, wanted 1 to 6");
  CHECK(refused(unknown + piece("a") + piece("a")) ==
        "m: piece 2: found the text of another piece, wanted each text once");
  std::string nested = unknown;
  for (std::size_t n = 1; n <= 64; ++n) nested += piece(std::string(n, 'a'), 0, 4);
  CHECK(refused(nested) == "");
  CHECK(refused(nested + piece(std::string(65, 'a'), 0, 4)) ==
        "m: user-defined pieces: found more than 64 that begin with each other, wanted at most 64");
}

TEST_CASE("bytes that are no message", "[sentencepiece_check]") {
  for (const auto& bytes : {"\x0a\x7f"s, "\x0b"s, "\0\0"s, std::string(12, '\xff'), "\x80\x80\x80\x80\x80\x01\0"s})
    CHECK(refused(bytes) == "m: SentencePiece model: found bytes that are no protocol buffer, wanted a spiece.model");
}

}  // namespace sentencepiece_check_test
