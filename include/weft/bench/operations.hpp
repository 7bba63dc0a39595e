#pragma once
// How many floating point operations a forward pass has to do, counted from the parts of its type.
#include <algorithm>
#include <set>
#include <string_view>
#include <weft/encoder/describe.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::bench {

/// What the operations of a forward pass follow from.
struct arithmetic {
  double weights = 0;          ///< of all products that a token meets: linears and convolutions, not tables
  double attention_width = 0;  ///< of all heads together; terms of positions in scores widen it by a half each
  index_t layers = 0;
  index_t block = 0, random_blocks = 0;  ///< BigBird's; no block where every query sees every key

  bool operator==(const arithmetic&) const = default;
};

/// Whether every token is multiplied by a parameter of this name: linears and convolutions, not biases, norms, tables.
inline bool is_product(const parameter& p) {
  const std::string_view name = p.name;
  return p.shape.size() >= 2 && !name.ends_with("bias") && !name.ends_with("_embeddings.weight") &&
         !name.ends_with("attention_bias.weight") && name.find(".self.position_") == name.npos;
}

/// The share of a layer's product that runs in a part of a slimmable model: of its heads in a mixer, of its hidden
/// columns elsewhere, nothing in a layer that does not run. The name is a layer's, as
/// "encoder.layer.3.attention.self.key".
inline double share_that_runs(const active_size& active, const model_shape& shape, std::string_view name) {
  constexpr std::string_view layer = "encoder.layer.";
  if (!name.starts_with(layer)) return 1;
  index_t number = 0;
  for (auto digits = name.substr(layer.size()); !digits.empty() && digits[0] >= '0' && digits[0] <= '9';
       digits.remove_prefix(1))
    number = number * 10 + (digits[0] - '0');
  const auto runs = std::find(active.layers.begin(), active.layers.end(), number) != active.layers.end();
  if (!active.layers.empty() && !runs) return 0;
  const auto share = [](index_t some, index_t all) {
    return some > 0 ? static_cast<double>(some) / static_cast<double>(all) : 1;
  };
  return name.find(".attention.") != name.npos ? share(active.heads, shape.heads) : share(active.hidden, shape.hidden);
}

/// Counts the matrices of an encoder's parameters, those that layers share once for each layer; of a slimmable one, of
/// the part that runs.
template <class Spec>
arithmetic arithmetic_of(sizes s, const active_size& active = {}) {
  using mixer = typename Spec::mixer;
  s.groups = 0;
  typename encoder<Spec>::template params<raw> record{};
  arithmetic a{.layers = s.layers};
  std::set<unit_string> known;  // a score may name the mixer's projections again
  for (const auto& p : describe_record(record, "", s, [&](list<const index_t> shape) { return resolved(shape, s); })) {
    if (!is_product(p) || !known.insert(p.name).second) continue;
    double values = 1;
    for (const auto n : p.shape) values *= static_cast<double>(n);
    if constexpr (requires { Spec::feed_forward::experts; })  // a token meets one of them
      if (p.name.find(".experts.experts.") != p.name.npos) values /= static_cast<double>(Spec::feed_forward::experts);
    a.weights += values * share_that_runs(active, Spec::shape, p.name);
    if (p.name.ends_with("query.weight")) a.attention_width = static_cast<double>(p.shape[0]);
    if (p.name.ends_with("query_key_value.weight")) a.attention_width = static_cast<double>(p.shape[0]) / 3;
  }
  if (active.heads > 0) a.attention_width *= static_cast<double>(active.heads) / static_cast<double>(Spec::shape.heads);
  if (!active.layers.empty()) a.layers = active.layers.size();
  if constexpr (requires { mixer::score_type::reads_queries; })
    a.attention_width *= 1 + (mixer::score_type::reads_queries + mixer::score_type::reads_keys) / 2.0;
  // The weights of a span convolution are themselves computed, one a tap and value.
  if constexpr (requires { mixer::companion_type::taps; })
    a.weights += static_cast<double>(a.layers * mixer::companion_type::taps) * a.attention_width;
  if constexpr (requires { mixer::pattern_type::shape.random; })
    a.block = mixer::pattern_type::shape.block, a.random_blocks = mixer::pattern_type::shape.random;
  return a;
}

/// Pairs of a query and a key that attention looks at in a text of this length. BigBird's first and last block see
/// all; of the others, the second and the last but one see one block less than the rest.
inline double pairs(const arithmetic& a, index_t length) {
  if (a.block == 0 || length <= (5 + 2 * a.random_blocks) * a.block)
    return static_cast<double>(length) * static_cast<double>(length);
  const index_t blocks = (length + a.block - 1) / a.block;
  return static_cast<double>(a.block * a.block) *
         static_cast<double>(2 * blocks + 2 * (4 + a.random_blocks) + (blocks - 4) * (5 + a.random_blocks));
}

/// Floating point operations of one forward pass, two a multiply-add; norms, activations and softmax are not counted.
inline double operations(const arithmetic& a, list<const index_t> lengths) {
  double all = 0;
  for (const auto length : lengths)
    all += 2 * a.weights * static_cast<double>(length) +
           4 * pairs(a, length) * a.attention_width * static_cast<double>(a.layers);
  return all;
}

}  // namespace weft::bench
