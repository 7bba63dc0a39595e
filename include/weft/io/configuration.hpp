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
#include <weft/io/families.hpp>
#include <weft/io/json.hpp>
#include <weft/io/labels.hpp>
#include <weft/io/mapped_file.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What config.json says, checked; a key that is missing or null has the family's default (see families.hpp). Keys that
/// weft does not know are ignored.
struct configuration {
  std::string file;    ///< for messages
  std::string family;  ///< model_type
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

  /// Reads a file, or config.json in a directory. Throws weft::error that names the key, the value found and what was
  /// wanted: for wrong types, values out of range, heads that do not divide the width, families and activations that
  /// weft does not have.
  static configuration read(const std::filesystem::path& path_or_directory) {
    const auto path = is_folder(path_or_directory) ? path_or_directory / "config.json" : path_or_directory;
    return parse(mapped_file::open(path)->text(), path.string());
  }

  /// Reads text. `file` is named in errors.
  static configuration parse(std::string_view text, std::string_view file = "config.json") {
    configuration c;
    c.file = file;
    const auto held = std::make_shared<held_document>(text, file);
    c.document_ = {held, &held->json};
    c.read_family();
    return c;
  }

  // A family's own keys, as "head_ratio", with the family's default where they are missing. They throw weft::error for
  // a key that the family does not have (see families.hpp), for a wrong type and for a value out of range.
  index_t own_integer(std::string_view key) const {
    const auto& k = own_key(family_integers, key);
    return integer(std::string(key), k.least, k.most, k.otherwise);
  }
  bool own_flag(std::string_view key) const { return flag(std::string(key), own_key(family_flags, key).otherwise); }
  std::string own_word(std::string_view key) const {
    const auto& k = own_key(family_words, key);
    return one_of(std::string(key), k.otherwise, std::array<std::string_view, 2>{k.otherwise, k.other});
  }
  /// How the family spells a key, as "dim" for hidden_size; empty if it has no such key.
  std::string spelling(std::string_view key) const { return std::string(spelt_key(family, key)); }
  /// The position of a text's first token: RoBERTa's count from behind the padding's id, MPNet's from 2 whatever that
  /// is.
  index_t first_position() const {
    if (family == "mpnet") return 2;
    return family == "roberta" || family == "xlm-roberta" ? pad_token_id + 1 : 0;
  }
  /// How many groups share the layers' weights; 0 where each layer has its own.
  index_t groups() const { return family == "albert" ? own_integer("num_hidden_groups") : 0; }
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
  template <class Entry, std::size_t Count>
  const Entry& own_key(const std::array<Entry, Count>& table, std::string_view key) const {
    if (const auto* found = find_family_key(table, family, key)) return *found;
    fail({.file = file, .subject = key, .found = "a family without this key, " + family, .wanted = "a key it has"});
  }

  void read_family() {
    family = text("model_type", "");
    const auto* defaults = find_family(family);
    if (!defaults || !defaults->supported)
      fail({.file = file,
            .subject = "model_type",
            .found = !family.empty()
                         ? detail::shown(family) + (defaults ? ", a family that weft does not support yet" : "")
                         : "no such key",
            .wanted = "one of " + detail::listed(families, [](auto& f) { return f.supported ? f.family : ""; })});
    read_sizes(*defaults);
    read_behaviour(*defaults);
    read_own_keys();
    if (const auto* list = json_find(*document_, "architectures", file))
      architectures = detail::json_texts(*list, "architectures", file);
    labels = detail::read_labels(*document_, file);
  }

  // The limits are far above every published model. They keep products of two sizes inside 63 bits.
  void read_sizes(const family_defaults& d) {
    hidden_size = integer(spelling("hidden_size"), 1, 65'536, d.hidden_size);
    num_hidden_layers = integer(spelling("num_hidden_layers"), 1, 4'096, d.num_hidden_layers);
    num_attention_heads = integer(spelling("num_attention_heads"), 1, 4'096, d.num_attention_heads);
    intermediate_size = integer(spelling("intermediate_size"), 1, 1'048'576, d.intermediate_size);
    embedding_size = d.embedding_size ? integer("embedding_size", 1, 65'536, d.embedding_size) : hidden_size;
    vocab_size = integer("vocab_size", 1, 16'777'216, d.vocab_size);
    max_position_embeddings = integer("max_position_embeddings", 1, 16'777'216, d.max_position_embeddings);
    type_vocab_size = d.type_vocab_size ? integer("type_vocab_size", 1, 65'536, d.type_vocab_size) : 0;
    pad_token_id = integer("pad_token_id", 0, vocab_size - 1, std::min(d.pad_token_id, vocab_size - 1));
    if (hidden_size % num_attention_heads != 0)
      refuse(spelling("num_attention_heads"), num_attention_heads,
             "a divisor of " + spelling("hidden_size") + ", which is " + std::to_string(hidden_size));
    if (max_position_embeddings <= first_position())
      refuse("max_position_embeddings", max_position_embeddings,
             "more than " + std::to_string(first_position()) + ", the position of a text's first token");
  }

  void read_behaviour(const family_defaults& d) {
    layer_norm_eps = spelling("layer_norm_eps").empty() ? d.layer_norm_eps : number("layer_norm_eps", d.layer_norm_eps);
    if (!(layer_norm_eps > 0 && layer_norm_eps < 1))
      fail({.file = file,
            .subject = "layer_norm_eps",
            .found = json_shown(layer_norm_eps),
            .wanted = "more than 0, less than 1"});
    hidden_act = one_of(spelling("hidden_act"), d.hidden_act, known_activations);
    position_embedding_type =
        one_of("position_embedding_type", "absolute", std::array<std::string_view, 1>{"absolute"});
    problem_type = one_of(
        "problem_type", "",
        std::array<std::string_view, 4>{"", "regression", "single_label_classification", "multi_label_classification"});
    tie_word_embeddings = flag("tie_word_embeddings", true);
    for (const auto* key : {"is_decoder", "add_cross_attention"})
      if (flag(key, false))
        fail({.file = file, .subject = key, .found = "true", .wanted = "false: weft has encoders only"});
  }

  // Everything that only one family has: every key is sound, and the widths can be cut as they say.
  void read_own_keys() const {
    for (const auto& k : family_integers)
      if (k.family == family) own_integer(k.key);
    for (const auto& k : family_flags)
      if (k.family == family) own_flag(k.key);
    for (const auto& k : family_words)
      if (k.family == family) own_word(k.key);
    if (family == "convbert") {
      if (own_integer("conv_kernel_size") % 2 == 0)
        refuse("conv_kernel_size", own_integer("conv_kernel_size"), "an odd number of taps");
      const auto attending = std::max<index_t>(1, num_attention_heads / own_integer("head_ratio"));
      if (hidden_size % (2 * attending) != 0)
        refuse("head_ratio", own_integer("head_ratio"),
               "one that leaves " + std::to_string(attending) + " heads, twice which divides hidden_size, " +
                   std::to_string(hidden_size));
      const auto groups = own_integer("num_groups");
      if (hidden_size % groups != 0 || intermediate_size % groups != 0)
        refuse("num_groups", groups,
               "a divisor of hidden_size, " + std::to_string(hidden_size) + ", and of intermediate_size, " +
                   std::to_string(intermediate_size));
    }
    if (family == "albert") {
      if (groups() > num_hidden_layers)
        refuse("num_hidden_groups", groups(),
               "at most num_hidden_layers, which is " + std::to_string(num_hidden_layers));
      if (own_integer("inner_group_num") != 1)
        refuse("inner_group_num", own_integer("inner_group_num"), "1, as every published model has");
    }
    // The reference computes 32 buckets whatever this says.
    if (const std::string key = "relative_attention_num_buckets"; family == "mpnet" && own_integer(key) != 32)
      refuse(key, own_integer(key), "32, as every published model has");
    if (family == "mobilebert") {
      if (own_flag("use_bottleneck") && own_integer("intra_bottleneck_size") % num_attention_heads != 0)
        refuse("num_attention_heads", num_attention_heads,
               "a divisor of intra_bottleneck_size, which is " + std::to_string(own_integer("intra_bottleneck_size")));
      if (embedding_size > hidden_size)
        refuse("embedding_size", embedding_size, "at most hidden_size, which is " + std::to_string(hidden_size));
    }
  }
  [[noreturn]] void refuse(std::string_view key, index_t found, const std::string& wanted) const {
    fail({.file = file, .subject = key, .found = std::to_string(found), .wanted = wanted});
  }
  std::string one_of(const std::string& key, std::string_view otherwise, const auto& names) const {
    auto value = text(key, std::string(otherwise));
    if (std::find(names.begin(), names.end(), value) == names.end())
      fail({.file = file,
            .subject = key,
            .found = detail::shown(value),
            .wanted = (names.size() > 1 ? "one of " : "") + detail::listed(names, [](auto& n) { return n; })});
    return value;
  }

  struct held_document {
    held_document(std::string_view text, std::string_view file) : json(parse_json(text, file)) {}
    nlohmann::json json;
    detail::json_scope<nlohmann::json> scope{json};
  };
  std::shared_ptr<const nlohmann::json> document_;
};

}  // namespace weft
