#pragma once
// The model types that config.json may name, and what transformers assumes where a key is missing.
#include <array>
#include <string>
#include <string_view>
#include <weft/base/index.hpp>

namespace weft {

/// Defaults of transformers' configuration classes (5.23). A new family is one more line in the table below.
struct family_defaults {
  std::string_view family;  ///< model_type
  bool supported;           ///< weft can compute it
  index hidden_size, num_hidden_layers, num_attention_heads, intermediate_size;
  index embedding_size;  ///< 0: the family has no such key, its embeddings are as wide as its rows
  index vocab_size, max_position_embeddings, type_vocab_size;
  double layer_norm_eps;
  std::string_view hidden_act;
  index pad_token_id;
};

inline constexpr std::array<family_defaults, 7> families{{
    {"bert", true, 768, 12, 12, 3072, 0, 30522, 512, 2, 1e-12, "gelu", 0},
    {"electra", true, 256, 12, 4, 1024, 128, 30522, 512, 2, 1e-12, "gelu", 0},
    {"convbert", false, 768, 12, 12, 3072, 768, 30522, 512, 2, 1e-12, "gelu", 1},
    {"big_bird", false, 768, 12, 12, 3072, 0, 50358, 4096, 2, 1e-12, "gelu_new", 0},
    {"mobilebert", false, 512, 24, 4, 512, 128, 30522, 512, 2, 1e-12, "relu", 0},
    {"roberta", false, 768, 12, 12, 3072, 0, 50265, 512, 2, 1e-12, "gelu", 1},
    {"distilbert", false, 768, 6, 12, 3072, 0, 30522, 512, 0, 1e-12, "gelu", 0},
}};

/// The entry of a model type, supported or not; null if weft has never heard of it.
constexpr const family_defaults* find_family(std::string_view name) {
  for (const auto& f : families)
    if (f.family == name) return &f;
  return nullptr;
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
