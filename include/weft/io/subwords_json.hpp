#pragma once
// The tokenizer.json of unigram and of byte-level BPE models.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#include <weft/io/post_processor.hpp>
#include <weft/io/text_steps_json.hpp>
#include <weft/io/tokenizer_merging.hpp>
#include <weft/text/subwords.hpp>
#include <weft/text/tokenizer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

inline void read_piece_decoding(const nlohmann::json& document, subword_options& options, std::string_view file) {
  options.decoding = piece_decoding::spaced;
  if (!json_find(document, "decoder", file)) return;
  const auto& part = component(document, "decoder", {"Metaspace", "ByteLevel"}, file);
  if (part.at("type") == "Metaspace") {
    const metaspace_split same = read_metaspace(part, "decoder", file);
    options.decoding = piece_decoding::metaspace;
    options.replacement = same.replacement;
    options.drops_first_space = same.scheme != metaspace_split::prepending::never;
  } else {
    check_keys(part, {"type", "add_prefix_space", "trim_offsets", "use_regex"}, "decoder", file);
    options.decoding = piece_decoding::byte_level;
  }
}

// What the classes take from tokenizer_config.json, or from their own defaults, rather than from tokenizer.json. A
// pre-tokenizer of several parts is none that a class would make, and stays.
inline void read_class_options(const tokenizer_configuration& c, post_processor& processor, subword_options& options) {
  if (c.kind == tokenizer_kind::stored) return;
  const bool by_ends = c.kind == tokenizer_kind::xlm_roberta || c.kind == tokenizer_kind::camembert;
  if (processor.placed.size() >= 2) {
    check_named(c, by_ends ? "bos_token" : "cls_token", processor.placed[0].name);
    check_named(c, by_ends ? "eos_token" : "sep_token", processor.placed[1].name);
  }
  if (c.kind == tokenizer_kind::roberta || c.kind == tokenizer_kind::deberta) {
    auto* const bytes = options.splits.size() == 1 ? std::get_if<byte_level_split>(&options.splits[0]) : nullptr;
    if (!bytes) return;
    bytes->prefix_space = c.flag("add_prefix_space", false);
    if (c.kind == tokenizer_kind::deberta) return;
    processor.trim_offsets = c.flag("trim_offsets", true);
    processor.trim_keeps_prefix = bytes->prefix_space;
    return;
  }
  if (c.says("add_prefix_space"))
    for (auto& split : options.splits)
      if (auto* const spaces = std::get_if<metaspace_split>(&split)) {
        using enum metaspace_split::prepending;
        if (!c.flag("add_prefix_space", true))
          spaces->scheme = never;
        else if (spaces->scheme == never)
          spaces->scheme = always;
      }
  if (c.kind != tokenizer_kind::albert) return;
  const auto has = [&]<class Step>(std::type_identity<Step>) {
    return std::any_of(options.steps.begin(), options.steps.end(),
                       [](const text_step& step) { return std::holds_alternative<Step>(step); });
  };
  const auto demand = [&](const char* key, bool wanted, bool stored) {
    if (wanted != stored)
      fail({.file = c.file,
            .subject = key,
            .found =
                c.says(key) ? json_shown(c.said()[key]) : "nothing, which is " + std::string(wanted ? "true" : "false"),
            .wanted = stored ? "true" : "false",
            .remedy = "the normalizer of tokenizer.json says otherwise: change one of them"});
  };
  demand("do_lower_case", c.flag("do_lower_case", true), has(std::type_identity<lower_case_step>{}));
  demand("keep_accents", c.flag("keep_accents", false), !has(std::type_identity<strip_marks_step>{}));
}

template <class Model>
tokenizer finish_subwords(const nlohmann::json& document, std::string_view file, const tokenizer_reading& how,
                          tokenizer_configuration c, std::vector<std::string> pieces, Model model,
                          subword_options options) {
  post_processor processor = read_post_processor(document, file);
  // Where the caller says something else, the files need not agree.
  if (!how.lowercase) read_class_options(c, processor, options);
  override_steps(how, options.steps, file);
  constexpr const char* anyway = "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output";
  options.clean_up =
      c.flag("clean_up_tokenization_spaces", false) && (std::is_same_v<Model, unigram> || c.flag(anyway, false));
  options.trim_offsets = processor.trim_offsets;
  options.trim_keeps_prefix = processor.trim_keeps_prefix;
  options.added = all_added(c, read_added_tokens(document, file), has_piece(pieces));
  read_piece_decoding(document, options, file);
  options.file = file;
  tokenizer_options shared{.model_max_length = c.model_max_length, .file = std::string(file)};
  read_stored_truncation(document, file, how, shared.truncation, c);
  shared.truncation_side = c.truncation_side;
  subwords<Model> words(std::move(pieces), std::move(model), std::move(options));
  check_placed(processor, words, file);
  const auto name = [&](const char* key, const char* bert, const char* roberta) {
    return c.called(key, words.find(bert) >= 0 || words.find(roberta) < 0 ? bert : roberta);
  };
  shared.padding = name("pad_token", "[PAD]", "<pad>");
  shared.mask = name("mask_token", "[MASK]", "<mask>");
  return tokenizer(std::move(words), layout_of(std::move(processor.layout), c), std::move(shared));
}

inline tokenizer read_unigram_json(const nlohmann::json& document, std::string_view file, const tokenizer_reading& how,
                                   tokenizer_configuration c) {
  subword_options options{.steps = read_steps(document, file),
                          .splits = read_character_splits(document, "Unigram", "Metaspace", file)};
  if (c.kind == tokenizer_kind::camembert && c.extra.empty())
    for (const auto* unused : {"<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"}) c.extra.push_back({.content = unused});
  const auto& model = json_at(document, "model", file);
  check_keys(model, {"type", "unk_id", "vocab", "byte_fallback"}, "model", file);
  const auto& vocab = json_at(model, "vocab", file);
  if (!vocab.is_array())
    fail({.file = file,
          .subject = "model.vocab",
          .found = json_shown(vocab),
          .wanted = "an array of pieces with their scores"});
  std::vector<std::string> pieces;
  std::vector<double> scores;
  for (const auto& entry : vocab) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      fail({.file = file,
            .subject = "model.vocab, id " + std::to_string(pieces.size()),
            .found = json_shown(entry),
            .wanted = "a piece and its score"});
    pieces.push_back(entry[0].get<std::string>());
    scores.push_back(entry[1].get<double>());
  }
  unigram_options chosen{.byte_fallback = json_flag(model, "byte_fallback", file, false), .file = std::string(file)};
  if (json_find(model, "unk_id", file))
    chosen.unknown = static_cast<std::int32_t>(
        json_integer(model, "unk_id", file, 0, std::max<index_t>(static_cast<index_t>(pieces.size()) - 1, 0)));
  unigram cutter(pieces, scores, std::move(chosen));
  return finish_subwords(document, file, how, std::move(c), std::move(pieces), std::move(cutter), std::move(options));
}

// ["a", "b"], or "a b" in older files
inline byte_level_bpe::merge read_merge(const nlohmann::json& value, std::size_t rank, std::string_view file) {
  if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string())
    return {value[0].get<std::string>(), value[1].get<std::string>()};
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (const auto at = text.find(' '); at != text.npos && text.find(' ', at + 1) == text.npos)
      return {text.substr(0, at), text.substr(at + 1)};
  }
  fail({.file = file,
        .subject = "model.merges, " + std::to_string(rank),
        .found = json_shown(value),
        .wanted = "two pieces, as an array or with a space between them"});
}

inline tokenizer read_bpe_json(const nlohmann::json& document, std::string_view file, const tokenizer_reading& how,
                               tokenizer_configuration c) {
  subword_options options{.steps = read_steps(document, file), .splits = read_splits(document, file)};
  bool in_bytes = false;  // behind ByteLevel the library sees what stands for bytes
  for (std::size_t i = 0; i <= options.splits.size(); ++i) {
    const bool ends = i == options.splits.size();
    const bool is_bytes = !ends && std::holds_alternative<byte_level_split>(options.splits[i]);
    auto* const punctuation = ends ? nullptr : std::get_if<punctuation_split>(&options.splits[i]);
    if (ends ? !in_bytes : in_bytes && !punctuation)
      fail({.file = file,
            .subject = "pre_tokenizer",
            .found = options.splits.empty() ? "nothing" : "another order",
            .wanted = "ByteLevel once, and nothing but Punctuation behind it",
            .remedy = "weft reads BPE models of bytes only"});
    if (in_bytes && punctuation) punctuation->of_bytes = true;
    in_bytes = in_bytes || is_bytes;
  }
  const auto& model = json_at(document, "model", file);
  check_keys(model,
             {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
              "byte_fallback", "ignore_merges", "vocab", "merges"},
             "model", file);
  const auto demand = [&](const std::string& key, bool holds, const char* wanted) {
    if (!holds) fail({.file = file, .subject = "model." + key, .found = json_shown(model[key]), .wanted = wanted});
  };
  demand("dropout", same_number(json_number(model, "dropout", file, 0), 0), "null or 0");
  demand("continuing_subword_prefix", json_text(model, "continuing_subword_prefix", file, "").empty(), "null or \"\"");
  demand("end_of_word_suffix", json_text(model, "end_of_word_suffix", file, "").empty(), "null or \"\"");
  demand("byte_fallback", !json_flag(model, "byte_fallback", file, false), "false");
  auto pieces = read_pieces(model, file);
  const auto& stored = json_at(model, "merges", file);
  if (!stored.is_array())
    fail({.file = file, .subject = "model.merges", .found = json_shown(stored), .wanted = "an array of merges"});
  std::vector<byte_level_bpe::merge> merges;
  for (const auto& value : stored) merges.push_back(read_merge(value, merges.size(), file));
  byte_level_bpe cutter(pieces, merges,
                        {.unknown = json_text(model, "unk_token", file, ""),
                         .fuse_unknown = json_flag(model, "fuse_unk", file, false),
                         .ignore_merges = json_flag(model, "ignore_merges", file, false),
                         .file = std::string(file)});
  return finish_subwords(document, file, how, std::move(c), std::move(pieces), std::move(cutter), std::move(options));
}

}  // namespace weft::detail
