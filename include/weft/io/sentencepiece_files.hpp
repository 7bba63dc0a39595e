#pragma once
// spiece.model and its like where nothing else is in the directory: cut as the class that config.json names does it.
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/subwords_json.hpp>
#include <weft/io/tokenizer_merging.hpp>
#include <weft/text/sentencepiece_check.hpp>
#include <weft/text/sentencepiece_proto.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// What a class makes of a model's pieces.
struct sentencepiece_vocabulary {
  std::vector<std::string> pieces = {};
  std::vector<double> scores = {};
  std::int32_t unknown = 0;

  void add(std::string_view text, double score = 0) { pieces.emplace_back(text), scores.push_back(score); }
};

// Source: transformers 5.23, convert_slow_tokenizer.py and models/*/tokenization_*.py
inline sentencepiece_vocabulary vocabulary_of(const sentencepiece_proto& model, const tokenizer_configuration& c) {
  sentencepiece_vocabulary out;
  // fairseq has names of its own for the first ids, and the mask behind all others.
  const bool fairseq = c.kind == tokenizer_kind::xlm_roberta;
  const auto unknown = c.called("unk_token", "");
  if (fairseq)
    for (const auto* key : {"bos_token", "pad_token", "eos_token", "unk_token"}) out.add(c.called(key, ""));
  for (std::size_t i = fairseq ? 3 : 0; i < model.pieces.size(); ++i)
    out.add(model.pieces[i].text, double{model.pieces[i].score});
  if (fairseq) out.add(c.called("mask_token", ""));
  out.unknown = fairseq ? 3 : 1;
  if (c.kind == tokenizer_kind::big_bird || c.kind == tokenizer_kind::deberta_v2) {
    if (c.kind == tokenizer_kind::big_bird) out.unknown = 100;
    for (std::size_t i = 0; i < out.pieces.size(); ++i)
      if (out.pieces[i] == unknown && !(out.scores[i] < 0 || out.scores[i] > 0))
        out.unknown = static_cast<std::int32_t>(i);
  }
  return out;
}

inline std::vector<text_step> steps_of(const sentencepiece_proto& model, const tokenizer_configuration& c,
                                       std::string_view file) {
  std::vector<text_step> steps;
  if (c.kind == tokenizer_kind::big_bird) {
    steps.push_back(replace_step{*text_pattern::parse(" {2,}"), "\xe2\x96\x81"});
    return steps;
  }
  if (c.kind == tokenizer_kind::deberta_v2) {
    if (c.flag("do_lower_case", false)) steps.push_back(lower_case_step{});
    steps.push_back(replace_step{*text_pattern::parse("\\s{2,}|[\\n\\r\\t]"), " "});
    steps.push_back(unicode_form_step{unicode_form::nfc});
    steps.push_back(strip_ends_step{.left = false, .right = true});
    return steps;
  }
  if (c.kind == tokenizer_kind::albert) {
    for (const auto* quotes : {"``", "''"}) steps.push_back(replace_step{text_pattern::literal(quotes), "\""});
    if (!c.flag("keep_accents", false)) {
      steps.push_back(unicode_form_step{unicode_form::nfkd});
      steps.push_back(strip_marks_step{});
    }
    if (c.flag("do_lower_case", true)) steps.push_back(lower_case_step{});
  }
  if (!model.character_map.empty()) steps.push_back(precompiled_map_step{precompiled_map(model.character_map, file)});
  return steps;
}

/// What the class makes of a SentencePiece model. DeBERTa v2's takes a tokenizer.json as it stands.
inline tokenizer_kind sentencepiece_kind(const tokenizer_configuration& c) {
  const auto* const known = find_tokenizer_class(c.class_name);
  return known && known->name == "DebertaV2Tokenizer" ? tokenizer_kind::deberta_v2 : c.kind;
}

/// Whether read_class_sentencepiece knows what the class makes of a SentencePiece model.
inline bool reads_sentencepiece(const tokenizer_configuration& c) {
  const auto kind = sentencepiece_kind(c);
  return kind == tokenizer_kind::albert || kind == tokenizer_kind::xlm_roberta || kind == tokenizer_kind::big_bird ||
         kind == tokenizer_kind::deberta_v2;
}

/// The tokenizer of ALBERT, XLM-RoBERTa, BigBird or DeBERTa v2.
inline tokenizer read_class_sentencepiece(std::string_view bytes, const std::string& file, const tokenizer_reading& how,
                                          tokenizer_configuration c) {
  check_sentencepiece_model(bytes, file);
  const auto model = sentencepiece_proto::parse(bytes, file);
  if (model.type != sentencepiece_proto::model_type::unigram)
    fail({.file = file,
          .subject = "SentencePiece model",
          .found = "type " + std::to_string(static_cast<int>(model.type)),
          .wanted = "1, a unigram model, as " + c.class_name + " has it"});
  for (const auto* key : {"add_bos_token", "add_eos_token"})
    if (c.says(key))
      fail({.file = c.file, .subject = key, .found = json_shown(c.said()[key]), .wanted = "no such key"});
  auto [pieces, scores, unknown] = vocabulary_of(model, c);
  const bool prefix = c.flag("add_prefix_space", true);
  const bool deberta = c.kind == tokenizer_kind::deberta_v2;
  const auto scheme = prefix    ? metaspace_split::prepending::always
                      : deberta ? metaspace_split::prepending::first
                                : metaspace_split::prepending::never;
  subword_options options{.steps = steps_of(model, c, file), .drops_first_space = prefix, .file = file};
  override_steps(how, options.steps, file);
  if (deberta && c.flag("split_by_punct", false)) options.splits.emplace_back(std::in_place_type<punctuation_split>);
  if (c.kind != tokenizer_kind::big_bird && !deberta)
    options.splits.emplace_back(std::in_place_type<white_space_split>);
  options.splits.emplace_back(metaspace_split{.scheme = scheme});
  if (c.extra.empty())
    for (const auto& p : model.pieces)
      if (p.type == sentencepiece_proto::piece_type::control || p.type == sentencepiece_proto::piece_type::user_defined)
        c.extra.push_back(
            {.content = std::string(p.text), .special = p.type == sentencepiece_proto::piece_type::control});
  options.added = all_added(c, {}, has_piece(pieces));
  options.clean_up = c.flag("clean_up_tokenization_spaces", false);
  unigram cutter(pieces, scores, {.unknown = unknown, .file = file});
  subwords<unigram> words(std::move(pieces), std::move(cutter), std::move(options));
  const bool ends = c.kind == tokenizer_kind::xlm_roberta;
  const auto placed = [&](const char* key) {
    const auto name = c.called(key, "");
    if (words.find(name) < 0)
      fail({.file = file,
            .subject = key,
            .found = "a model without the piece " + shown(name),
            .wanted = "one that has it"});
    return words.find(name);
  };
  const auto first = placed(ends ? "bos_token" : "cls_token"), last = placed(ends ? "eos_token" : "sep_token");
  auto layout = ends ? sequence_template::roberta(first, last) : sequence_template::bert(first, last);
  return tokenizer(std::move(words), layout_of(std::move(layout), c),
                   {.padding = c.called("pad_token", ""),
                    .mask = c.called("mask_token", ""),
                    .truncation_side = c.truncation_side,
                    .model_max_length = c.model_max_length,
                    .file = file});
}

/// Any SentencePiece model: as its class does it, or where no file names one as the caller's reader does.
inline tokenizer read_sentencepiece_file(std::string_view bytes, std::string_view file, const tokenizer_reading& how,
                                         tokenizer_configuration c) {
  if (reads_sentencepiece(c)) {
    c.kind = sentencepiece_kind(c);
    return read_class_sentencepiece(bytes, std::string(file), how, std::move(c));
  }
  if (!c.class_name.empty() || file.ends_with("sentencepiece.bpe.model"))
    fail({.file = file,
          .subject = "tokenizer_class",
          .found = c.class_name.empty() ? "no file that names it" : c.class_name + ", and nothing but this file",
          .wanted =
              "a tokenizer.json, or AlbertTokenizer, XLMRobertaTokenizer, BigBirdTokenizer or DebertaV2Tokenizer"});
  if (!how.sentencepiece)
    fail({.file = file,
          .found = "a SentencePiece model and nothing to read it with",
          .wanted = "a tokenizer.json or a vocab.txt",
          .remedy = "link weft::sentencepiece and pass {.sentencepiece = weft::read_sentencepiece}, or save a "
                    "tokenizer.json with transformers"});
  sentencepiece_source source{
      .bytes = bytes,
      .options = {
          .truncation_side = c.truncation_side, .model_max_length = c.model_max_length, .file = std::string(file)}};
  source.options.padding = c.called("pad_token", source.options.padding);
  source.options.mask = c.called("mask_token", source.options.mask);
  source.classifier = c.called("cls_token", "");
  source.separator = c.called("sep_token", "");
  return how.sentencepiece(source);
}

}  // namespace weft::detail
