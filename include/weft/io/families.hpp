#pragma once
// The model types that config.json may name, and what transformers assumes where a key is missing.
#include <array>
#include <string>
#include <string_view>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Defaults of transformers' configuration classes (5.23). A new family is one more line in the table below.
struct family_defaults {
  std::string_view family;  ///< model_type
  bool supported;           ///< weft can compute it
  index_t hidden_size, num_hidden_layers, num_attention_heads, intermediate_size;
  index_t embedding_size;  ///< 0: the family has no such key, its embeddings are as wide as its rows
  index_t vocab_size, max_position_embeddings, type_vocab_size;
  double layer_norm_eps;
  std::string_view hidden_act;
  index_t pad_token_id;
};

inline constexpr std::array<family_defaults, 10> families{{
    {"bert", true, 768, 12, 12, 3072, 0, 30522, 512, 2, 1e-12, "gelu", 0},
    {"electra", true, 256, 12, 4, 1024, 128, 30522, 512, 2, 1e-12, "gelu", 0},
    {"convbert", true, 768, 12, 12, 3072, 768, 30522, 512, 2, 1e-12, "gelu", 1},
    {"big_bird", true, 768, 12, 12, 3072, 0, 50358, 4096, 2, 1e-12, "gelu_new", 0},
    {"mobilebert", true, 512, 24, 4, 512, 128, 30522, 512, 2, 1e-12, "relu", 0},
    {"roberta", true, 768, 12, 12, 3072, 0, 50265, 512, 2, 1e-12, "gelu", 1},
    {"xlm-roberta", true, 768, 12, 12, 3072, 0, 30522, 512, 2, 1e-12, "gelu", 1},
    {"distilbert", true, 768, 6, 12, 3072, 0, 30522, 512, 0, 1e-12, "gelu", 0},
    {"albert", true, 4096, 12, 64, 16384, 128, 30000, 512, 2, 1e-12, "gelu_new", 0},
    {"mpnet", true, 768, 12, 12, 3072, 0, 30527, 512, 0, 1e-12, "gelu", 1},
}};

/// The entry of a model type, supported or not; null if weft has never heard of it.
constexpr const family_defaults* find_family(std::string_view name) {
  for (const auto& f : families)
    if (f.family == name) return &f;
  return nullptr;
}

/// A key that a family spells otherwise. Where `spelt` is empty it has no such key: the default above holds, whatever
/// the file says.
struct family_spelling {
  std::string_view family, key, spelt;
};
inline constexpr std::array<family_spelling, 8> family_spellings{{
    {"distilbert", "hidden_size", "dim"},
    {"distilbert", "num_hidden_layers", "n_layers"},
    {"distilbert", "num_attention_heads", "n_heads"},
    {"distilbert", "intermediate_size", "hidden_dim"},
    {"distilbert", "hidden_act", "activation"},
    {"distilbert", "layer_norm_eps", ""},
    {"distilbert", "type_vocab_size", ""},
    {"mpnet", "type_vocab_size", ""},
}};
/// How a family spells a key that most families have; empty if it has no such key.
constexpr std::string_view spelt_key(std::string_view family, std::string_view key) {
  for (const auto& s : family_spellings)
    if (s.family == family && s.key == key) return s.spelt;
  return key;
}

/// A key that belongs to one family only: a number with its range, a switch, or one of a few words.
struct family_integer {
  std::string_view family, key;
  index_t otherwise, least, most;
};
struct family_flag {
  std::string_view family, key;
  bool otherwise;
};
struct family_word {
  std::string_view family, key, otherwise, other;
};

inline constexpr std::array<family_integer, 11> family_integers{{
    {"convbert", "head_ratio", 2, 1, 4'096},
    {"convbert", "conv_kernel_size", 9, 1, 1'023},
    {"convbert", "num_groups", 1, 1, 4'096},
    {"big_bird", "block_size", 64, 1, 65'536},
    {"big_bird", "num_random_blocks", 3, 0, 64},
    {"big_bird", "sep_token_id", 66, 0, 16'777'215},
    {"mobilebert", "intra_bottleneck_size", 128, 1, 65'536},
    {"mobilebert", "num_feedforward_networks", 4, 1, 64},
    {"albert", "num_hidden_groups", 1, 1, 4'096},
    {"albert", "inner_group_num", 1, 1, 4'096},
    {"mpnet", "relative_attention_num_buckets", 32, 1, 65'536},
}};
inline constexpr std::array<family_flag, 8> family_flags{{
    {"big_bird", "use_bias", true},
    {"big_bird", "rescale_embeddings", false},
    {"mobilebert", "use_bottleneck", true},
    {"mobilebert", "use_bottleneck_attention", false},
    {"mobilebert", "key_query_shared_bottleneck", true},
    {"mobilebert", "trigram_input", true},
    {"mobilebert", "classifier_activation", true},
    {"distilbert", "sinusoidal_pos_embds", false},  // says how the stored table was made, which is read either way
}};
inline constexpr std::array<family_word, 2> family_words{{
    {"big_bird", "attention_type", "block_sparse", "original_full"},
    {"mobilebert", "normalization_type", "no_norm", "layer_norm"},
}};

/// The activation inside a head of a family: "hidden_act" where it follows that key, else the one that the reference
/// has there whatever the key says. Heads without an activation, or with a tanh of every family's, have no line.
struct family_head {
  std::string_view family, head, activation;
};
inline constexpr std::array<family_head, 20> family_heads{{
    {"bert", "masked_lm", "hidden_act"},
    {"electra", "masked_lm", "gelu"},
    {"electra", "classification", "gelu"},
    {"electra", "replaced_token_detection", "hidden_act"},
    {"convbert", "masked_lm", "gelu"},
    {"convbert", "classification", "hidden_act"},
    {"convbert", "replaced_token_detection", "hidden_act"},
    {"big_bird", "masked_lm", "hidden_act"},
    {"big_bird", "classification", "hidden_act"},
    {"mobilebert", "masked_lm", "hidden_act"},
    {"roberta", "masked_lm", "gelu"},
    {"roberta", "classification", "tanh"},
    {"xlm-roberta", "masked_lm", "gelu"},
    {"xlm-roberta", "classification", "tanh"},
    {"distilbert", "masked_lm", "hidden_act"},
    {"distilbert", "classification", "relu"},
    {"distilbert", "choice", "relu"},
    {"albert", "masked_lm", "hidden_act"},
    {"mpnet", "masked_lm", "gelu"},
    {"mpnet", "classification", "tanh"},
}};

/// The entry of a family's own key; null if the family has no such key.
constexpr auto* find_family_key(const auto& table, std::string_view family, std::string_view key) {
  for (const auto& entry : table)
    if (entry.family == family && entry.key == key) return &entry;
  return static_cast<decltype(&table[0])>(nullptr);
}

/// What the names of a family's parameters begin with in a model that has a head: "bert" for BigBird too.
constexpr std::string_view name_prefix(std::string_view family) {
  if (family == "big_bird") return "bert";
  if (family == "xlm-roberta") return "roberta";
  return family;
}

/// The activations that weft has, by their names in transformers.
inline constexpr std::array<std::string_view, 7> known_activations{
    "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "relu", "tanh", "linear"};

namespace detail {
/// "a, b, c": the entries of a table that `name` gives a name to; an empty name is left out.
inline std::string listed(const auto& table, auto&& name) {
  std::string s;
  for (const auto& entry : table)
    if (const std::string_view n = name(entry); !n.empty()) s.append(s.empty() ? "" : ", ").append(n);
  return s;
}
}  // namespace detail

}  // namespace weft
