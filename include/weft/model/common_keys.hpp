#pragma once
// What most families have: the keys, how one spells some of them otherwise, and what a type says of them.
#include <weft/base/shape.hpp>
#include <weft/concept/head.hpp>
#include <weft/model/family.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The reference's defaults of what a model takes when it is loaded. No segments: the family has no such key.
struct loaded_sizes {
  index_t layers = 12, vocabulary = 30522, positions = 512, segments = 2, padding = 0;
  bool may_lack_segments = false;  ///< a file may say 0 of them
};

/// The keys of every family, for numbers with the members hidden_size, num_attention_heads, intermediate_size, those of
/// the family's own, hidden_act and, unless its norms have one epsilon always, layer_norm_eps: in this order, which is
/// that of the struct. The limits are far above every published model. They keep products of two sizes inside 63 bits.
template <class Numbers, std::size_t Own = 0>
constexpr auto family_keys(const loaded_sizes& s, const std::array<key, Own>& own = {}) {
  constexpr Numbers n{};
  std::array<key, Own + 10> all{number_key("hidden_size", n.hidden_size, 1, 65'536),
                                number_key("num_attention_heads", n.num_attention_heads, 1, 4'096),
                                number_key("intermediate_size", n.intermediate_size, 1, 1'048'576)};
  std::size_t count = 3;
  for (const auto& k : own) all[count++] = k;
  all[count++] = number_key("hidden_act", n.hidden_act);
  if constexpr (requires { n.layer_norm_eps; })
    all[count++] = number_key("layer_norm_eps", n.layer_norm_eps);
  else
    all[count++] = {"layer_norm_eps", "", key_kind::decimal, 0, 0, {}, {}, 1e-12};
  all[count++] = integer_key("num_hidden_layers", s.layers, 1, 4'096);
  all[count++] = integer_key("vocab_size", s.vocabulary, 1, 16'777'216);
  all[count++] = integer_key("max_position_embeddings", s.positions, 1, 16'777'216);
  all[count++] = integer_key("type_vocab_size", s.segments, s.segments && !s.may_lack_segments ? 1 : 0, 65'536);
  if (s.segments == 0) all[count - 1].spelt = "";
  all[count] = integer_key("pad_token_id", s.padding, 0, 16'777'215);
  return all;
}

namespace detail {
template <std::size_t Count, std::size_t Spelt>
constexpr auto with_spellings(std::array<key, Count> keys, std::string_view key::*which,
                              const std::array<renamed, Spelt>& spellings) {
  for (auto& k : keys)
    for (const auto& s : spellings)
      if (k.name == s.from) k.*which = s.to;
  return keys;
}
}  // namespace detail

/// The same keys, of which types depend on these, too: sizes that are members of the family's numbers.
template <std::size_t Count, std::size_t More>
constexpr auto numbers_too(std::array<key, Count> keys, const std::array<std::string_view, More>& names) {
  for (auto& k : keys)
    for (const auto name : names) k.number = k.number || k.name == name;
  return keys;
}

/// The same keys, some of them spelt otherwise: {"hidden_size", "dim"}.
template <std::size_t Count, std::size_t Spelt>
constexpr auto spelt_keys(const std::array<key, Count>& keys, const std::array<renamed, Spelt>& otherwise) {
  return detail::with_spellings(keys, &key::spelt, otherwise);
}

/// The same keys, some of them with a second spelling, of other files of the family: {"rope_theta", "theta"}.
template <std::size_t Count, std::size_t Spelt>
constexpr auto also_spelt_keys(const std::array<key, Count>& keys, const std::array<renamed, Spelt>& otherwise) {
  return detail::with_spellings(keys, &key::also, otherwise);
}

/// The same keys and one more, behind them: a list of layers, which is read when their number is known.
template <std::size_t Count>
constexpr auto with_key(const std::array<key, Count>& keys, const key& last) {
  std::array<key, Count + 1> all{};
  for (std::size_t i = 0; i < Count; ++i) all[i] = keys[i];
  all[Count] = last;
  return all;
}

/// The keys of one rotation for all layers, for numbers with a rope_theta: its base, its kind, of which weft has one,
/// and the width of heads, which must be that of the numbers.
inline constexpr std::array<std::string_view, 1> rope_types{"default"};
template <class Numbers>
inline constexpr std::array rotation_keys{pointed_key("rope_theta", Numbers{}.rope_theta, 2, 1'000'000'000),
                                          word_key("rope_type", rope_types), word_key("rope_scaling_type", rope_types),
                                          integer_key("head_dim", 0, 0, 65'536)};
/// Keys with these among them, spelt as configurations of transformers 5 spell them, which have rope_parameters, and as
/// older ones do.
template <std::size_t Count>
constexpr auto spelt_rotation(const std::array<key, Count>& keys) {
  return also_spelt_keys(
      spelt_keys(keys, std::array{renamed{"rope_theta", "rope_parameters.rope_theta"},
                                  renamed{"rope_type", "rope_parameters.rope_type"},
                                  renamed{"rope_scaling_type", "rope_scaling.rope_type"}}),
      std::array{renamed{"rope_theta", "rope_theta"}, renamed{"rope_scaling_type", "rope_scaling.type"}});
}

/// The shape that numbers give.
template <class Numbers>
constexpr model_shape shape_of(const Numbers& n) {
  return {.width = n.hidden_size, .heads = n.num_attention_heads, .hidden = n.intermediate_size};
}

/// Refuses heads that a rotation cannot turn.
inline void check_even_heads(const key_values& v) {
  if (v("hidden_size") / v("num_attention_heads") % 2 != 0)
    v.refuse("num_attention_heads", "heads of an even width, whose pairs turn");
}

/// Refuses heads that a rotation cannot turn, and a head_dim that is not theirs: of families with rotary positions.
inline void check_rotated_heads(const key_values& v) {
  const auto width = v("hidden_size") / v("num_attention_heads");
  if (v("head_dim") != 0 && v("head_dim") != width)
    v.refuse("head_dim", decimal(width) + ", hidden_size divided by num_attention_heads");
  check_even_heads(v);
}

/// What a family need not say: its keys go together, positions begin at 0, num_hidden_layers says the layers, each has
/// weights of its own, nothing is trained but one head, no head has keys of its own.
struct plain_family {
  static constexpr bool takes_plan = false, plain_layers = false;
  static constexpr std::array<std::string_view, 0> older_prefixes{};
  static constexpr std::string_view mark = "";  ///< a key that tells its files from those of another family
  template <class Type>
  static constexpr std::string_view model_type_of = Type::family;
  static constexpr std::array<std::string_view, 0> pre_training{};
  static constexpr std::string_view own_activation = "";  ///< a kind of head whose activation has a key of its own
  static void check(const key_values&) {}
  static void check_type(const key_values&) {}
  static void check_stored(const key_values&, const stored_rows&) {}
  static void check_values(const key_values&, std::string_view, const stored_values&) {}
  template <class Head>
  static void check_stored_head(const key_values&, const stored_rows&) {}
  static index_t first_position(const key_values&) { return 0; }
  static index_t groups(const key_values&) { return 0; }
  static index_t layers(const key_values& v) { return v("num_hidden_layers"); }
  template <class Spec, class Head>
  static void say_head(const auto&) {}
};

/// What a type's policies say of the keys that most families have: `says` is a weft::agreement. A policy that has
/// another kind of number, or none, says nothing.
template <class Spec>
void say_common(const auto& says) {
  says.integer("hidden_size", Spec::shape.width);
  says.integer("num_attention_heads", Spec::shape.heads);
  says.integer("intermediate_size", Spec::shape.hidden);
  if constexpr (requires { Spec::feed_forward::activation::configuration_names; })
    says.one_of("hidden_act", Spec::feed_forward::activation::configuration_names);
  if constexpr (requires { Spec::norm::epsilon; }) says.number("layer_norm_eps", Spec::norm::epsilon);
  if constexpr (requires { Spec::embedding::template bind<Spec>::table_width; })
    says.integer("embedding_size", Spec::embedding::template bind<Spec>::table_width);
  if constexpr (requires { Spec::embedding::options; }) {
    constexpr auto options = Spec::embedding::options;
    if constexpr (!options.segments) says.integer("type_vocab_size", 0);
    says.begins(options.after_padding);
  }
}

/// What a type with a table of segments says where a configuration has none.
template <class Spec>
void say_segments(const auto& says) {
  if constexpr (requires { Spec::embedding::options; })
    if (Spec::embedding::options.segments && says.values()("type_vocab_size") == 0)
      says.computed("type_vocab_size", 0, 1);
}

/// What a type's mixer says of one rotation for all layers.
template <class Spec>
void say_rotation(const auto& says) {
  if constexpr (requires { Spec::mixer::position_type::theta; })
    says.integer("rope_theta", Spec::mixer::position_type::theta);
}

}  // namespace weft
