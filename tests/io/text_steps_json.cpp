#include <weft/io/text_steps_json.hpp>

#include "catch.hpp"
#include "refusal.hpp"

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
  CHECK(steps({{"type", "Nmt"}}) ==
        "t.json: normalizer: found \"Nmt\", wanted Lowercase, StripAccents, Strip, Replace, Prepend, Precompiled, NFC, "
        "NFD, NFKC or NFKD");
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
  CHECK(splits({{"type", "Digits"}}) ==
        "t.json: pre_tokenizer: found \"Digits\", wanted Metaspace, ByteLevel, WhitespaceSplit, Punctuation or Split");
  CHECK(
      splits({{"type", "Punctuation"}, {"behavior", "Kept"}}) ==
      "t.json: pre_tokenizer.behavior: found \"Kept\", wanted Removed, Isolated, MergedWithPrevious, MergedWithNext or "
      "Contiguous");
  CHECK(splits({{"type", "Metaspace"}, {"replacement", "__"}}) ==
        "t.json: pre_tokenizer.replacement: found \"__\", wanted one character");
  CHECK(splits({{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "last"}}) ==
        "t.json: pre_tokenizer.prepend_scheme: found \"last\", wanted always, first or never");
}

}  // namespace text_steps_json_test
