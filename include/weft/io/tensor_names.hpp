#pragma once
// The names under which checkpoints store a parameter: with and without the model's prefix, today's and the legacy
// ones.
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <weft/io/checkpoint.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
inline std::string_view without_prefix(std::string_view name, std::string_view prefix) {
  const bool has = !prefix.empty() && name.size() > prefix.size() && name.substr(0, prefix.size()) == prefix &&
                   name[prefix.size()] == '.';
  return has ? name.substr(prefix.size() + 1) : name;
}

/// "x.LayerNorm.weight" as TensorFlow checkpoints called it: "x.LayerNorm.gamma". Empty if there is no such name.
inline std::string legacy_name(std::string_view name) {
  constexpr std::array<std::array<std::string_view, 2>, 2> renamed{
      {{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}}};
  for (const auto& [now, then] : renamed)
    if (name.size() >= now.size() && name.substr(name.size() - now.size()) == now)
      return std::string(name.substr(0, name.size() - now.size())) += then;
  return {};
}
}  // namespace detail

/// The tensor that holds the parameter `full_name` ("bert.embeddings.LayerNorm.weight"), or null. Tried in this order:
/// the name itself, the name without "prefix." (saved from a bare encoder), both with the legacy LayerNorm names.
inline const stored_tensor* find_parameter(const checkpoint& stored, std::string_view full_name,
                                           std::string_view prefix) {
  const auto bare = detail::without_prefix(full_name, prefix);
  if (const auto* t = stored.find(full_name)) return t;
  if (const auto* t = stored.find(bare)) return t;
  const auto legacy = detail::legacy_name(full_name);
  if (legacy.empty()) return nullptr;
  if (const auto* t = stored.find(legacy)) return t;
  return stored.find(detail::without_prefix(legacy, prefix));
}

/// True for buffers that checkpoints store beside the parameters: position_ids and token_type_ids of old ones, and the
/// table of sines that RoFormer's rotation is computed without (reference: RoFormerSinusoidalPositionalEmbedding).
inline bool is_ignored(std::string_view name) {
  for (const std::string_view buffer :
       {"embeddings.position_ids", "embeddings.token_type_ids", "encoder.embed_positions.weight"}) {
    if (name == buffer) return true;
    if (name.size() > buffer.size() && name.substr(name.size() - buffer.size()) == buffer &&
        name[name.size() - buffer.size() - 1] == '.')
      return true;
  }
  return false;
}

}  // namespace weft
