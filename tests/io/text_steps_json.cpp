#include <weft/io/text_steps_json.hpp>

#include <weft/io/tokenizer_json.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "text/golden.hpp"

namespace text_steps_json_test {

using namespace weft;

using json = nlohmann::json;

std::string normal(const json& part, const std::string& text) {
  normalised_text out;
  append_unchanged(text, {0, static_cast<weft::index_t>(text.size())}, out);
  take_steps(detail::read_steps({{"normalizer", part}}, "t.json"), out);
  return out.text;
}

// The parts with a bar between them.
std::string parts(const json& part, const std::string& text) {
  parted_text out;
  append_unchanged(text, {0, static_cast<weft::index_t>(text.size())}, out.whole);
  cut_text(detail::read_splits({{"pre_tokenizer", part}}, "t.json"), out);
  std::string s;
  for (const auto [begin, end] : out.parts)
    s += out.whole.text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)) + "|";
  return s;
}

json replace_with(const json& pattern) { return {{"type", "Replace"}, {"pattern", pattern}, {"content", "-"}}; }

TEST_CASE("normalisers") {
  CHECK(normal(nullptr, "A \xc3\xa9") == "A \xc3\xa9");
  CHECK(normal({{"type", "Lowercase"}}, "AB") == "ab");
  CHECK(normal({{"type", "NFD"}}, "\xc3\xa9") == "e\xcc\x81");
  CHECK(normal({{"type", "NFC"}}, "e\xcc\x81") == "\xc3\xa9");
  CHECK(normal({{"type", "NFKD"}}, "\xef\xac\x81") == "fi");
  CHECK(normal({{"type", "NFKC"}}, "\xef\xac\x81") == "fi");
  CHECK(normal({{"type", "StripAccents"}}, "e\xcc\x81") == "e");
  CHECK(normal({{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}}, " a ") == " a");
  CHECK(normal({{"type", "Prepend"}, {"prepend", "_"}}, "a") == "_a");
  CHECK(normal(replace_with({{"String", "a"}}), "banana") == "b-n-n-");
  CHECK(normal(replace_with({{"Regex", " {2,}"}}), "a  b c") == "a-b c");
  const json inner = {{"type", "Sequence"}, {"normalizers", {{{"type", "NFD"}}, {{"type", "StripAccents"}}}}};
  CHECK(normal({{"type", "Sequence"}, {"normalizers", {inner, {{"type", "Lowercase"}}}}}, "\xc3\x89") == "e");
}

TEST_CASE("pre-tokenizers") {
  CHECK(parts(nullptr, "a b") == "a b|");
  CHECK(parts({{"type", "WhitespaceSplit"}}, " a  b") == "a|b|");
  CHECK(parts({{"type", "Punctuation"}}, "a,b") == "a|,|b|");
  CHECK(parts({{"type", "Metaspace"}, {"replacement", "_"}}, "a b") == "_a|_b|");
  CHECK(parts({{"type", "Metaspace"}, {"replacement", "_"}, {"add_prefix_space", false}}, "a b") == "a|_b|");
  CHECK(parts({{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "first"}, {"split", false}}, "a b") ==
        "_a_b|");
  CHECK(parts({{"type", "ByteLevel"}, {"add_prefix_space", true}}, "a b's") == " a| b|'s|");
  const json split = {{"type", "Split"}, {"pattern", {{"String", "b"}}}, {"behavior", "MergedWithNext"}};
  CHECK(parts(split, "abcb") == "a|bc|b|");
  CHECK(parts({{"type", "Sequence"}, {"pretokenizers", {{{"type", "WhitespaceSplit"}}, split}}}, "ab c") == "a|b|c|");
}

TEST_CASE("steps that weft does not know are refused by name") {
  const auto steps = [](const json& part) { return refusal_of([&] { return normal(part, ""); }); };
  const auto splits = [](const json& part) { return refusal_of([&] { return parts(part, ""); }); };
  CHECK(
      steps({{"type", "ByteLevel"}}) ==
      "t.json: normalizer: found \"ByteLevel\", wanted Lowercase, StripAccents, Strip, Replace, Prepend, Precompiled, "
      "BertNormalizer, Nmt, NFC, NFD, NFKC or NFKD");
  CHECK(steps({{"type", "NFC"}, {"form", 1}}) == "t.json: normalizer: found the key \"form\", wanted only type");
  CHECK(
      steps(replace_with({{"Regex", "(a|b)*"}})) ==
      "t.json: normalizer.pattern: found the Regex \"(a|b)*\", wanted alternatives of single characters, \\s and sets, "
      "each perhaps repeated");
  CHECK(steps(replace_with({{"String", ""}})) ==
        "t.json: normalizer.pattern: found an empty String, wanted a text to look for");
  CHECK(steps({{"type", "Precompiled"}, {"precompiled_charsmap", "?"}}) ==
        "t.json: normalizer.precompiled_charsmap: found text that is no base64, wanted base64");
  CHECK(steps({{"type", "Precompiled"}, {"precompiled_charsmap", "AAAA"}}) ==
        "t.json: precompiled_charsmap: found 3 bytes, wanted at least 8");
  CHECK(steps({{"type", "Sequence"}, {"normalizers", 1}}) ==
        "t.json: normalizer.normalizers: found 1, wanted an array");
  CHECK(splits({{"type", "UnicodeScripts"}}) ==
        "t.json: pre_tokenizer: found \"UnicodeScripts\", wanted Metaspace, ByteLevel, Whitespace, WhitespaceSplit, "
        "BertPreTokenizer, Punctuation, Digits, CharDelimiterSplit or Split");
  CHECK(
      splits({{"type", "Punctuation"}, {"behavior", "Kept"}}) ==
      "t.json: pre_tokenizer.behavior: found \"Kept\", wanted Removed, Isolated, MergedWithPrevious, MergedWithNext or "
      "Contiguous");
  CHECK(splits({{"type", "Metaspace"}, {"replacement", "__"}}) ==
        "t.json: pre_tokenizer.replacement: found \"__\", wanted one character");
  CHECK(splits({{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "last"}}) ==
        "t.json: pre_tokenizer.prepend_scheme: found \"last\", wanted always, first or never");
}

// Offsets in characters, as the library's Python counts them.
std::vector<std::array<index_t, 2>> in_characters(const std::string& text, const encoding& tokens) {
  const auto before = [&](index_t byte) {
    return std::count_if(text.begin(), text.begin() + byte, [](char c) { return (c & 0xc0) != 0x80; });
  };
  std::vector<std::array<index_t, 2>> out;
  for (const auto& [begin, end] : tokens.offsets) out.push_back({before(begin), before(end)});
  return out;
}

TEST_CASE("models take any normaliser and pre-tokenizer as the library does") {
  const auto recorded = json::parse(golden::content("parts.json"));
  index_t seen = 0;
  for (const auto& one : recorded["cases"]) {
    json document = recorded["bases"][one["base"].get<std::string>()];
    document["normalizer"] = one["normalizer"], document["pre_tokenizer"] = one["pre_tokenizer"];
    const auto words = parse_tokenizer(document.dump(), "t.json");
    for (std::size_t i = 0; i < recorded["texts"].size(); ++i, ++seen) {
      const auto text = recorded["texts"][i].get<std::string>();
      INFO(one["name"] << ": " << text);
      const auto tokens = words.pieces(text);
      CHECK(tokens.ids == one["texts"][i]["ids"].get<std::vector<std::int32_t>>());
      CHECK(in_characters(text, tokens) == one["texts"][i]["offsets"].get<std::vector<std::array<index_t, 2>>>());
    }
  }
  CHECK(seen == 792);
}

}  // namespace text_steps_json_test
