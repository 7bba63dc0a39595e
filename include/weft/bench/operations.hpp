#pragma once
// How many floating point operations a forward pass has to do, counted from the parts of its type.
#include <algorithm>
#include <set>
#include <string_view>
#include <weft/base/unit_containers.hpp>
#include <weft/encoder/describe.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/window.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::bench {

/// Which keys the queries of some layers see: all, those at most `reach` away, or BigBird's blocks.
struct seen_keys {
  index_t layers = 0;
  index_t reach = -1;                    ///< negative: however far away
  index_t block = 0, random_blocks = 0;  ///< BigBird's; 0: no blocks

  bool operator==(const seen_keys&) const = default;
};

/// What the operations of a forward pass follow from.
struct arithmetic {
  double weights = 0;           ///< of all products that a token meets: linears and convolutions, not tables
  double attention_width = 0;   ///< of all heads together; terms of positions in scores widen it by a half each
  unit_vector<seen_keys> seen;  ///< by the layers that attend, each kind once

  bool operator==(const arithmetic&) const = default;
};

/// Whether every token is multiplied by a parameter of this name: linears and convolutions, not biases, norms, tables.
inline bool is_product(const parameter& p) {
  const std::string_view name = p.name;
  return p.shape.size() >= 2 && !name.ends_with("bias") && !name.ends_with("_embeddings.weight") &&
         !name.ends_with("attention_bias.weight") && name.find(".self.position_") == name.npos;
}

/// The number of the layer that a parameter belongs to, as 3 of "encoder.layer.3.attention.self.key"; -1: of none.
inline index_t layer_of(std::string_view name) {
  constexpr std::string_view layer = "encoder.layer.";
  if (!name.starts_with(layer)) return -1;
  index_t number = 0;
  for (auto digits = name.substr(layer.size()); !digits.empty() && digits[0] >= '0' && digits[0] <= '9';
       digits.remove_prefix(1))
    number = number * 10 + (digits[0] - '0');
  return number;
}

/// The share of a layer's product that runs in a part of a slimmable model: of its heads in a mixer, of its hidden
/// columns elsewhere, nothing in a layer that does not run.
inline double share_that_runs(const active_size& active, const model_shape& shape, std::string_view name) {
  const auto number = layer_of(name);
  if (number < 0) return 1;
  const auto runs = std::find(active.layers.begin(), active.layers.end(), number) != active.layers.end();
  if (!active.layers.empty() && !runs) return 0;
  const auto share = [](index_t some, index_t all) {
    return some > 0 ? static_cast<double>(some) / static_cast<double>(all) : 1;
  };
  return name.find(".attention.") != name.npos ? share(active.heads, shape.heads) : share(active.hidden, shape.hidden);
}

namespace detail {
// What queries of a layer see under a pattern. Patterns that are not known here count as if they saw all keys.
template <class Pattern>
struct seen_under {
  static seen_keys in(index_t) {
    if constexpr (requires { Pattern::shape.random; })
      return {.block = Pattern::shape.block, .random_blocks = Pattern::shape.random};
    else
      return {};
  }
};
template <index_t Reach>
struct seen_under<window<Reach>> {
  static seen_keys in(index_t) { return {.reach = Reach}; }
};
template <class Which, class Here, class Elsewhere>
struct seen_under<by_layer<Which, Here, Elsewhere>> {
  static seen_keys in(index_t layer) {
    return Which::has(layer) ? seen_under<Here>::in(layer) : seen_under<Elsewhere>::in(layer);
  }
};

template <class Mixer>
seen_keys seen_in(index_t layer) {
  if constexpr (requires { typename Mixer::pattern_type; })
    return seen_under<typename Mixer::pattern_type>::in(layer);
  else
    return {};
}

inline void add_layer(unit_vector<seen_keys>& all, seen_keys one) {
  for (auto& kind : all) {
    one.layers = kind.layers;
    if (kind == one) return static_cast<void>(++kind.layers);
  }
  one.layers = 1;
  all.push_back(one);
}
}  // namespace detail

/// Counts the matrices of an encoder's parameters, those that layers share once for each layer, and the layers that
/// have queries; of a slimmable one, of the part that runs.
template <class Spec>
arithmetic arithmetic_of(sizes s, const active_size& active = {}) {
  using mixer = typename Spec::mixer;
  s.groups = 0;
  typename encoder<Spec>::template params<raw> record{};
  arithmetic a;
  const index_t companions = active.layers.empty() ? s.layers : active.layers.size();
  std::set<unit_string> known;  // a score may name the mixer's projections again
  for (const auto& p : describe_record(record, "", s, [&](list<const index_t> shape) { return resolved(shape, s); })) {
    if (!is_product(p) || !known.insert(p.name).second) continue;
    double values = 1;
    for (const auto n : p.shape) values *= static_cast<double>(n);
    if constexpr (requires { Spec::feed_forward::experts; })  // a token meets one of them
      if (p.name.find(".experts.experts.") != p.name.npos) values /= static_cast<double>(Spec::feed_forward::experts);
    const double share = share_that_runs(active, Spec::shape, p.name);
    a.weights += values * share;
    const bool fused = p.name.ends_with("query_key_value.weight");
    if (!fused && !p.name.ends_with("query.weight")) continue;
    a.attention_width = static_cast<double>(p.shape[0]) / (fused ? 3 : 1);
    if (share > 0) detail::add_layer(a.seen, detail::seen_in<mixer>(layer_of(p.name)));
  }
  if (active.heads > 0) a.attention_width *= static_cast<double>(active.heads) / static_cast<double>(Spec::shape.heads);
  if constexpr (requires { mixer::score_type::reads_queries; })
    a.attention_width *= 1 + (mixer::score_type::reads_queries + mixer::score_type::reads_keys) / 2.0;
  // The weights of a span convolution are themselves computed, one a tap and value.
  if constexpr (requires { mixer::companion_type::taps; })
    a.weights += static_cast<double>(companions * mixer::companion_type::taps) * a.attention_width;
  return a;
}

/// Pairs of a query and a key that attention looks at in a text of this length. BigBird's first and last block see
/// all; of the others, the second and the last but one see one block less than the rest.
inline double pairs(const seen_keys& seen, index_t length) {
  const auto all = static_cast<double>(length) * static_cast<double>(length);
  if (seen.reach >= 0) {
    const auto hidden = static_cast<double>(std::max<index_t>(0, length - 1 - seen.reach));  // by the first query
    return all - hidden * (hidden + 1);
  }
  const auto block = seen.block, random = seen.random_blocks;
  if (block == 0 || length <= (5 + 2 * random) * block) return all;
  const index_t blocks = (length + block - 1) / block;
  return static_cast<double>(block * block) *
         static_cast<double>(2 * blocks + 2 * (4 + random) + (blocks - 4) * (5 + random));
}

/// Floating point operations of attention alone, in all layers, two a multiply-add: scores and sums of values.
inline double attention_operations(const arithmetic& a, index_t length) {
  double all = 0;
  for (const auto& seen : a.seen) all += 4 * pairs(seen, length) * a.attention_width * static_cast<double>(seen.layers);
  return all;
}

/// Floating point operations of one forward pass, two a multiply-add; norms, activations and softmax are not counted.
inline double operations(const arithmetic& a, list<const index_t> lengths) {
  double all = 0;
  for (const auto length : lengths)
    all += 2 * a.weights * static_cast<double>(length) + attention_operations(a, length);
  return all;
}

}  // namespace weft::bench
