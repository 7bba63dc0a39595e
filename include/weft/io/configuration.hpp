#pragma once
// config.json as a checked, typed view.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/cross_encoder.hpp>
#include <weft/io/families.hpp>
#include <weft/io/json.hpp>
#include <weft/io/labels.hpp>
#include <weft/io/lacking_parts.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/words.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What config.json says, checked; a key that is missing or null has the family's default (model/NAME.hpp). Keys that
/// weft does not know are ignored.
struct configuration {
  std::string file;  ///< for messages
  std::string model_type;
  std::string family;  ///< the same; the family's own name where a key, or another model_type, leads to it
  index_t hidden_size = 0, num_hidden_layers = 0, num_attention_heads = 0, intermediate_size = 0;
  index_t embedding_size = 0;  ///< equal to hidden_size in families without the key
  index_t vocab_size = 0, max_position_embeddings = 0, type_vocab_size = 0;
  double layer_norm_eps = 0;
  std::string hidden_act;
  std::vector<std::string> labels;  ///< id2label in the order of ids; LABEL_0 and LABEL_1 where it is absent
  std::vector<std::string> architectures;
  bool tie_word_embeddings = true;
  std::string position_embedding_type = "absolute";
  std::string problem_type;  ///< regression, single_label_classification, multi_label_classification, or empty
  index_t pad_token_id = 0;
  cross_encoder_files cross_encoder;  ///< of a directory of sentence-transformers

  /// Reads a file, or config.json in a directory. `otherwise` is the model_type where the file has no such key, as old
  /// ones have not; a file that names another one is right. With `any` a model_type that weft does not know is read by
  /// BERT's keys, for types without a family. Throws weft::error that names the key, the value found and
  /// what was wanted: for wrong types, values out of range, heads that do not divide the width, families and
  /// activations that weft does not have.
  static configuration read(const std::filesystem::path& path_or_directory, std::string_view otherwise = {},
                            bool any = false) {
    const auto path = is_folder(path_or_directory) ? path_or_directory / "config.json" : path_or_directory;
    auto c = parse(mapped_file::open(path)->text(), path.string(), otherwise, any);
    detail::read_cross_encoder_directory(path.parent_path(), c.cross_encoder);
    return c;
  }

  /// Reads text. `file` is named in errors.
  static configuration parse(std::string_view text, std::string_view file = "config.json",
                             std::string_view otherwise = {}, bool any = false) {
    configuration c;
    c.file = file;
    const auto held = std::make_shared<held_document>(text, file);
    c.document_ = {held, &held->json};
    c.read_family(otherwise, any);
    return c;
  }

  /// What weft knows of its family. Only for configurations that were parsed.
  const family_facts& facts() const { return *facts_; }
  /// The family's keys and their values.
  key_values keys() const { return {file, facts_->keys, values_.data()}; }
  /// A key of the family, by its name or as the family spells it; null if it has no such key.
  const key* find_key(std::string_view name) const {
    for (const auto& k : facts_->keys)
      if (k.name == name) return &k;
    for (const auto& k : facts_->keys)
      if (k.spelt == name) return &k;
    return nullptr;
  }
  /// Its value: 0 or 1 for a flag, its place among the key's words for a word.
  double value(const key& k) const { return values_[static_cast<std::size_t>(&k - facts_->keys.data())]; }

  // A key that the family has, as "head_ratio", with the reference's default where it is missing. They throw
  // weft::error for a key that the family does not have.
  index_t own_integer(std::string_view name) const {
    return static_cast<index_t>(value(own_key(name, key_kind::integer)));
  }
  bool own_flag(std::string_view name) const { return value(own_key(name, key_kind::flag)) > 0; }
  std::string own_word(std::string_view name) const {
    const auto& k = own_key(name, key_kind::word);
    return std::string(k.words[static_cast<std::size_t>(value(k))]);
  }
  /// How the family spells a key, as "dim" for hidden_size; empty if it has no such key.
  std::string spelling(std::string_view name) const { return std::string(keys().spelling(name)); }
  /// The position of a text's first token.
  index_t first_position() const { return facts_->first_position(keys()); }
  /// How many groups share the layers' weights; 0 where each layer has its own.
  index_t groups() const { return facts_->groups(keys()); }
  /// True if the document says something about a key.
  bool says(std::string_view key) const { return json_find(*document_, std::string(key), file) != nullptr; }

  // Any other key. They throw weft::error for a wrong type, for a value out of range, and where the key is absent and
  // there is no `otherwise`.
  index_t integer(const std::string& key, index_t low, index_t high, std::optional<index_t> otherwise = {}) const {
    return json_integer(*document_, key, file, low, high, otherwise);
  }
  double number(const std::string& key, std::optional<double> otherwise = {}) const {
    return json_number(*document_, key, file, otherwise);
  }
  std::string text(const std::string& key, std::optional<std::string> otherwise = {}) const {
    return json_text(*document_, key, file, std::move(otherwise));
  }
  bool flag(const std::string& key, std::optional<bool> otherwise = {}) const {
    return json_flag(*document_, key, file, otherwise);
  }
  /// The whole document. Only for configurations that were parsed.
  const nlohmann::json& document() const { return *document_; }

 private:
  const key& own_key(std::string_view name, key_kind kind) const {
    if (const auto* k = find_key(name); k && k->kind == kind) return *k;
    fail({.file = file, .subject = name, .found = "a family without this key, " + family, .wanted = "a key it has"});
  }

  void read_family(std::string_view otherwise, bool any) {
    model_type = text("model_type", std::string(otherwise));
    family = model_type;
    facts_ = find_family(family, [&](std::string_view key) { return says(key); });
    if (!facts_ && any) facts_ = &facts_of<bert_family>;
    if (!facts_)
      fail({.file = file,
            .subject = "model_type",
            .found = family.empty() ? "no such key" : detail::shown(family),
            .wanted = "one of " + detail::model_types(),
            .remedy = family.empty() ? "old files lack it: say it, at the prompt --family bert, or add the key" : ""});
    family = facts_->family;
    read_keys();
    read_behaviour();
    if (const auto* list = json_find(*document_, "architectures", file))
      architectures = detail::json_texts(*list, "architectures", file);
    labels = detail::read_labels(*document_, file);
    detail::read_cross_encoder_keys(*document_, file, cross_encoder);
  }

  void read_keys() {
    for (const auto& k : facts_->keys) {
      const bool lists = k.kind == key_kind::layers || k.kind == key_kind::word_list;
      values_.push_back(lists ? 0 : read_key(k));
      if (k.kind == key_kind::layers) read_layers(k);
      if (k.kind == key_kind::word_list)
        values_.back() = detail::read_words(*document_, k, keys_read()("num_hidden_layers"), file);
    }
    const auto all = keys();
    hidden_size = all("hidden_size");
    num_attention_heads = all("num_attention_heads"), intermediate_size = all("intermediate_size");
    embedding_size = find_key("embedding_size") ? all("embedding_size") : hidden_size;
    vocab_size = all("vocab_size"), max_position_embeddings = all("max_position_embeddings");
    type_vocab_size = all("type_vocab_size"), pad_token_id = all("pad_token_id");
    hidden_act = own_word("hidden_act"), layer_norm_eps = value(*find_key("layer_norm_eps"));
    if (hidden_size % num_attention_heads != 0)
      all.refuse("num_attention_heads", "a divisor of " + all.what("hidden_size"));
    if (max_position_embeddings <= first_position())
      all.refuse("max_position_embeddings",
                 "more than " + std::to_string(first_position()) + ", the position of a text's first token");
    facts_->check(all);
    num_hidden_layers = facts_->layers(all);
  }
  // A key, by the spelling that the file has. What is wrong with it is said of its whole path.
  double read_key(const key& k) const {
    auto path = std::string(k.spelt);
    if (!k.also.empty() && !find_path(path)) path = k.also;
    try {
      auto name = path;
      const auto* in = holder(name);
      if (name.empty() || !in) return k.same_as.empty() ? k.otherwise : static_cast<double>(keys_read()(k.same_as));
      if (path == k.also && in->is_object() && in->contains(name) && in->at(name).is_null())
        fail({.file = file,
              .subject = name,
              .found = "null",
              .wanted = "a value, or no such key",
              .remedy = "versions of the reference differ in what they make of null: write the value"});
      return read_value(k, *in, name);
    } catch (const error& e) {
      if (path.find('.') == path.npos) throw;
      fail({.file = file, .subject = path, .found = e.found, .wanted = e.wanted, .remedy = e.remedy});
    }
  }
  // The object that holds "outer.inner", null where there is none; the path becomes "inner".
  const nlohmann::json* holder(std::string& path) const {
    const auto* in = &*document_;
    for (auto dot = path.find('.'); in && dot != path.npos; dot = path.find('.')) {
      in = json_find(*in, path.substr(0, dot), file);
      path.erase(0, dot + 1);
    }
    return in;
  }
  const nlohmann::json* find_path(std::string path) const {
    const auto* in = holder(path);
    return in ? json_find(*in, path, file) : nullptr;
  }
  double read_value(const key& k, const nlohmann::json& object, const std::string& name) const {
    const auto* in = &object;
    double absent = k.same_as.empty() ? k.otherwise : static_cast<double>(keys_read()(k.same_as));
    if (const auto* other = same_as(*facts_, model_type); other && k.name == "vocab_size")
      absent = static_cast<double>(other->vocabulary);
    if (k.kind == key_kind::set) return detail::read_word_set(k, *in, name, file);
    if (k.kind == key_kind::flag) return json_flag(*in, name, file, k.otherwise > 0) ? 1 : 0;
    if (k.kind == key_kind::word) {
      const std::string otherwise(k.words[static_cast<std::size_t>(k.otherwise)]);
      const auto said = json_text(*in, name, file, otherwise);
      detail::check_word(name, said, k.words, file);
      return static_cast<double>(std::find(k.words.begin(), k.words.end(), said) - k.words.begin());
    }
    if (k.kind == key_kind::decimal) {
      const auto said = json_number(*in, name, file, k.otherwise);
      if (!(said > 0 && said < 1))
        fail({.file = file, .subject = name, .found = json_shown(said), .wanted = "more than 0, less than 1"});
      return said;
    }
    auto most = k.most, otherwise = static_cast<index_t>(absent);
    if (k.name == "pad_token_id") most = keys_read()("vocab_size") - 1, otherwise = std::min(otherwise, most);
    if (k.with_point) {
      const auto said = json_number(*in, name, file, k.otherwise);
      if (said >= static_cast<double>(k.least) && said <= static_cast<double>(most) &&
          detail::same_number(said, std::floor(said)))
        return said;
      fail({.file = file,
            .subject = name,
            .found = json_shown(said),
            .wanted = "a whole number from " + std::to_string(k.least) + " to " + std::to_string(most)});
    }
    return static_cast<double>(json_integer(*in, name, file, k.least, most, otherwise));
  }
  // A list of layers, of which the key of regular orders was read before: it keeps its value where the list says the
  // same, and gets another where that does.
  void read_layers(const key& k) {
    constexpr index_t most = 52;  // bits of a double
    const auto* list = json_find(*document_, std::string(k.spelt), file);
    if (!list) return;
    const auto words = detail::json_texts(*list, k.spelt, file);
    const auto layers = keys_read()("num_hidden_layers");
    if (static_cast<index_t>(words.size()) != layers)
      fail({.file = file,
            .subject = k.spelt,
            .found = "a list of " + std::to_string(words.size()),
            .wanted = "a word for each of the layers of num_hidden_layers, which is " + std::to_string(layers)});
    for (const auto& word : words) detail::check_word(k.spelt, word, k.words, file);
    const auto second = [&](index_t layer) { return words[static_cast<std::size_t>(layer)] == k.words[1]; };
    const auto regular = [&](index_t every) {
      for (index_t i = 0; i < layers; ++i)
        if (second(i) != (i % every != 0)) return false;
      return true;
    };
    const auto* const of_regular = find_key(k.regular);
    auto& every = values_[static_cast<std::size_t>(of_regular - facts_->keys.data())];
    if (regular(static_cast<index_t>(every))) return;
    index_t first = 1;  // behind layer 0 with the first word
    while (first < layers && second(first)) ++first;
    every = regular(first) ? static_cast<double>(first) : of_regular->otherwise;
    if (regular(first)) return;
    if (layers > most)
      fail({.file = file,
            .subject = k.spelt,
            .found = std::to_string(layers) + " layers in no regular order",
            .wanted = "at most " + std::to_string(most) + " in such an order"});
    for (index_t i = 0; i < layers; ++i)
      if (second(i)) values_.back() += static_cast<double>(index_t{1} << i);
  }
  // Those that were read so far.
  key_values keys_read() const { return {file, facts_->keys.first(values_.size()), values_.data()}; }

  void read_behaviour() {
    position_embedding_type =
        one_of("position_embedding_type", "absolute", std::array<std::string_view, 1>{"absolute"});
    problem_type = one_of(
        "problem_type", "",
        std::array<std::string_view, 4>{"", "regression", "single_label_classification", "multi_label_classification"});
    tie_word_embeddings = flag("tie_word_embeddings", true);
    detail::refuse_lacking_parts(*document_, file);
  }
  std::string one_of(const std::string& key, std::string_view otherwise, const auto& names) const {
    auto value = text(key, std::string(otherwise));
    detail::check_word(key, value, names, file);
    return value;
  }

  struct held_document {
    held_document(std::string_view text, std::string_view file) : json(parse_json(text, file)) {}
    nlohmann::json json;
    detail::json_scope<nlohmann::json> scope{json};
  };
  std::shared_ptr<const nlohmann::json> document_;
  const family_facts* facts_ = nullptr;
  std::vector<double> values_;  // of the family's keys, in their order
};

}  // namespace weft
