#pragma once
// vocab.json and merges.txt where there is no tokenizer.json: what the classes of RoBERTa and DeBERTa make of them.
#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <weft/io/mapped_file.hpp>
#include <weft/io/subwords_json.hpp>
#include <weft/io/tokenizer_merging.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Appends the merges of a merges.txt, one a line: two pieces with a space between them. A line that begins with
/// #version is none. Throws weft::error for any other line.
inline void read_merges(std::string_view text, const std::string& file, nlohmann::json& merges) {
  for (index_t line = 1; !text.empty(); ++line) {
    auto one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (one.ends_with('\r')) one.remove_suffix(1);
    if (one.starts_with("#version")) continue;
    const auto space = one.find(' ');
    if (space == one.npos || one.find(' ', space + 1) != one.npos || find_invalid_utf8(one) >= 0)
      fail({.file = file,
            .subject = "line " + std::to_string(line),
            .found = shown(one),
            .wanted = "two pieces in UTF-8 with a space between them"});
    merges.push_back({one.substr(0, space), one.substr(space + 1)});
  }
}

/// What stands in the tokenizer.json that the class of RoBERTa or of DeBERTa writes beside these pieces (transformers
/// 5.23, models/{roberta,deberta}/tokenization_*.py).
inline void add_byte_level_parts(nlohmann::json& document, const std::string& file, const tokenizer_configuration& c) {
  const auto& vocabulary = document["model"]["vocab"];
  const auto placed = [&](const char* key) {
    const auto name = c.called(key, "");
    if (!vocabulary.contains(name))
      fail({.file = file, .subject = key, .found = shown(name) + ", which is no piece", .wanted = "one of the pieces"});
    return nlohmann::json::array({name, vocabulary[name]});
  };
  const bool prefix = c.flag("add_prefix_space", false);
  document["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", prefix}};
  document["decoder"] = {{"type", "ByteLevel"}};
  // Both have [CLS] A [SEP], and [CLS] A [SEP] [SEP] B [SEP], all of segment 0.
  document["post_processor"] = {{"type", "RobertaProcessing"},
                                {"cls", placed("cls_token")},
                                {"sep", placed("sep_token")},
                                {"trim_offsets", c.kind == tokenizer_kind::roberta && c.flag("trim_offsets", true)},
                                {"add_prefix_space", prefix}};
}

/// Reads vocab.json, whose text this is, and merges.txt beside it. Throws weft::error for another class than RoBERTa's
/// or DeBERTa's, and for what read_bpe_json refuses.
inline tokenizer read_byte_level_files(std::string_view text, const std::filesystem::path& path,
                                       const tokenizer_reading& how, tokenizer_configuration c) {
  const auto file = path.string();
  if (c.kind != tokenizer_kind::roberta && c.kind != tokenizer_kind::deberta)
    fail({.file = file,
          .subject = "tokenizer_class",
          .found = c.class_name.empty() ? "no file that names it" : c.class_name + ", and nothing but vocab.json",
          .wanted = "a tokenizer.json, or RobertaTokenizer or DebertaTokenizer"});
  nlohmann::json document;
  const json_scope scope(document);
  document["model"] = {{"type", "BPE"}, {"merges", nlohmann::json::array()}};
  document["model"]["vocab"] = parse_object(text, file);
  const auto merges = path.parent_path() / "merges.txt";
  read_merges(mapped_file::open(merges)->text(), merges.string(), document["model"]["merges"]);
  add_byte_level_parts(document, file, c);
  return read_bpe_json(document, file, how, std::move(c));
}

}  // namespace weft::detail
