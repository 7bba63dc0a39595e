#pragma once
// The post-processors of a tokenizer.json: which special tokens stand around texts, and whether offsets are trimmed.
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/tokenizer_parts.hpp>
#include <weft/text/sequence_template.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// A special token that a post-processor puts into the sequence, with the id that it gives there.
struct placed_token {
  std::string name;
  std::int32_t id = -1;
};

struct post_processor {
  sequence_template layout = sequence_template::plain();
  std::vector<placed_token> placed;  ///< in the order of layout.single, then those of layout.pair
  bool trim_offsets = false, trim_keeps_prefix = false;
};

// Fails unless the ids are those of the vocabulary, which find(name) tells.
template <class Tokenizer>
void check_placed(const post_processor& processor, const Tokenizer& tokenizer, std::string_view file) {
  for (const auto& token : processor.placed)
    if (const std::int32_t id = tokenizer.find(token.name); id != token.id)
      fail({.file = file,
            .subject = "post_processor, " + shown(token.name),
            .found = "id " + std::to_string(token.id),
            .wanted = id < 0 ? "a token of the vocabulary" : std::to_string(id) + ", its id in the vocabulary"});
}

// {"id": "[CLS]", "ids": [101], "tokens": ["[CLS]"]}
inline std::vector<placed_token> read_placed_tokens(const nlohmann::json& processor, const std::string& name,
                                                    std::string_view file) {
  const nlohmann::json& entry = json_at(json_at(processor, "special_tokens", file), name, file);
  const nlohmann::json& ids = json_at(entry, "ids", file);
  const auto refuse = [&](const nlohmann::json& found, const char* wanted) {
    fail({.file = file,
          .subject = "post_processor.special_tokens, " + shown(name),
          .found = json_shown(found),
          .wanted = wanted});
  };
  if (!ids.is_array() || ids.empty() || ids.size() > 16) refuse(ids, "an array of one id, or of a few");
  auto alone = nlohmann::json::array();
  const json_scope scope(alone);
  alone.push_back(name);
  const auto* names = json_find(entry, "tokens", file);
  if (!names) names = &alone;
  if (!names->is_array() || names->size() != ids.size()) refuse(*names, "as many tokens as ids");
  std::vector<placed_token> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!ids[i].is_number_unsigned() || ids[i].get<std::uint64_t>() > 0x7fffffff) refuse(ids[i], "an id");
    if (!(*names)[i].is_string()) refuse((*names)[i], "a token");
    out.push_back({(*names)[i].get<std::string>(), ids[i].get<std::int32_t>()});
  }
  return out;
}

// One sequence: [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, ...]
inline std::vector<sequence_template::part> read_template_parts(const nlohmann::json& processor, const std::string& key,
                                                                std::string_view file,
                                                                std::vector<placed_token>& placed) {
  const nlohmann::json& parts = json_at(processor, key, file);
  const bool pair = key == "pair";
  const std::string where = "post_processor." + key;
  const auto refuse = [&](const std::string& subject, const std::string& found, const char* wanted) {
    fail({.file = file, .subject = subject, .found = found, .wanted = wanted});
  };
  if (!parts.is_array() || parts.size() > 64) refuse(where, json_shown(parts), "an array of at most 64 parts");
  std::vector<sequence_template::part> out;
  index_t texts[2] = {0, 0};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string subject = where + ", part " + std::to_string(i);
    const auto* const special = json_find(parts[i], "SpecialToken", file);
    const auto* const text = json_find(parts[i], "Sequence", file);
    if (parts[i].size() != 1 || !(special || text))
      refuse(subject, shown(parts[i].dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)),
             "a SpecialToken or a Sequence");
    const auto& value = special ? *special : *text;
    const auto segment = static_cast<std::int32_t>(json_integer(value, "type_id", file, 0, 255));
    const std::string id = json_text(value, "id", file);
    if (special) {
      for (auto& token : read_placed_tokens(processor, id, file)) {
        out.push_back({sequence_template::content::special, segment, token.id});
        placed.push_back(std::move(token));
      }
    } else {
      if (id != "A" && id != "B") refuse(subject, shown(id), "A or B");
      ++texts[id == "B"];
      out.push_back(
          {id == "A" ? sequence_template::content::first_text : sequence_template::content::second_text, segment});
    }
  }
  if (texts[0] != 1 || texts[1] != pair)
    refuse(where, "A " + std::to_string(texts[0]) + " times, B " + std::to_string(texts[1]) + " times",
           pair ? "each once" : "A once and no B");
  return out;
}

// {"sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}
inline placed_token read_named_id(const nlohmann::json& processor, const std::string& key, std::string_view file) {
  const nlohmann::json& pair = json_at(processor, key, file);
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_number_unsigned() ||
      pair[1].get<std::uint64_t>() > 0x7fffffff)
    fail({.file = file, .subject = "post_processor." + key, .found = json_shown(pair), .wanted = "a token and its id"});
  return {pair[0].get<std::string>(), pair[1].get<std::int32_t>()};
}

inline void read_one_processor(const nlohmann::json& part, std::string_view file, bool& has_layout,
                               post_processor& out) {
  const std::string type = json_text(part, "type", file);
  const bool places = type != "ByteLevel";
  if (places && has_layout)
    fail({.file = file,
          .subject = "post_processor",
          .found = shown(type) + " after another that places special tokens",
          .wanted = "one"});
  has_layout = has_layout || places;
  if (type == "TemplateProcessing") {
    check_keys(part, {"type", "single", "pair", "special_tokens"}, "post_processor", file);
    out.layout.single = read_template_parts(part, "single", file, out.placed);
    out.layout.pair = read_template_parts(part, "pair", file, out.placed);
    return;
  }
  if (places) {
    const bool roberta = type == "RobertaProcessing";
    if (roberta)
      check_keys(part, {"type", "sep", "cls", "trim_offsets", "add_prefix_space"}, "post_processor", file);
    else
      check_keys(part, {"type", "sep", "cls"}, "post_processor", file);
    out.placed = {read_named_id(part, "cls", file), read_named_id(part, "sep", file)};
    const auto make = roberta ? &sequence_template::roberta : &sequence_template::bert;
    out.layout = make(out.placed[0].id, out.placed[1].id);
    if (!roberta) return;
  } else {
    check_keys(part, {"type", "add_prefix_space", "trim_offsets", "use_regex"}, "post_processor", file);
  }
  out.trim_offsets = out.trim_offsets || json_flag(part, "trim_offsets", file, true);
  out.trim_keeps_prefix = json_flag(part, "add_prefix_space", file, true);
}

/// What the post-processor of a tokenizer.json says; none: no special tokens.
inline post_processor read_post_processor(const nlohmann::json& document, std::string_view file) {
  post_processor out;
  if (!json_find(document, "post_processor", file)) return out;
  const auto& stored =
      component(document, "post_processor",
                {"TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence"}, file);
  bool has_layout = false;
  if (stored.at("type") != "Sequence") {
    read_one_processor(stored, file, has_layout, out);
    return out;
  }
  check_keys(stored, {"type", "processors"}, "post_processor", file);
  const auto& processors = json_at(stored, "processors", file);
  if (!processors.is_array())
    fail({.file = file, .subject = "post_processor.processors", .found = json_shown(processors), .wanted = "an array"});
  for (const auto& part : processors) {
    check_type(part, "post_processor", {"TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel"},
               file);
    read_one_processor(part, file, has_layout, out);
  }
  return out;
}

}  // namespace weft::detail
