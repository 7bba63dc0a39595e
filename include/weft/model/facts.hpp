#pragma once
// From a family's header to the table that readers go through, and a list of families.
#include <utility>
#include <weft/model/common_keys.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// f(name, std::type_identity<Head>) for every head that checkpoints of a family may have, by its name in `tasks`.
template <class Tasks>
constexpr void each_task(const auto& f) {
  if constexpr (requires { typename Tasks::masked_lm; })
    f("masked_lm", std::type_identity<typename Tasks::masked_lm>{});
  if constexpr (requires { typename Tasks::enhanced_masked_lm; })
    f("enhanced_masked_lm", std::type_identity<typename Tasks::enhanced_masked_lm>{});
  if constexpr (requires { typename Tasks::sequence_classification; })
    f("sequence_classification", std::type_identity<typename Tasks::sequence_classification>{});
  if constexpr (requires { typename Tasks::token_classification; })
    f("token_classification", std::type_identity<typename Tasks::token_classification>{});
  if constexpr (requires { typename Tasks::question_answering; })
    f("question_answering", std::type_identity<typename Tasks::question_answering>{});
  if constexpr (requires { typename Tasks::multiple_choice; })
    f("multiple_choice", std::type_identity<typename Tasks::multiple_choice>{});
  if constexpr (requires { typename Tasks::next_sentence; })
    f("next_sentence", std::type_identity<typename Tasks::next_sentence>{});
  if constexpr (requires { typename Tasks::replaced_token_detection; })
    f("replaced_token_detection", std::type_identity<typename Tasks::replaced_token_detection>{});
}

namespace detail {
template <class Type>
inline constexpr bool slims = requires {
  requires Type::mixer::slimmable;
  requires Type::feed_forward::slimmable;
};
template <class Family>
struct gathered_facts {
  template <activation_name Name>
  static constexpr auto with_activation() {
    typename Family::numbers n{};
    n.hidden_act = Name;
    return n;
  }
  // Two types that differ in hidden_act alone: heads whose activation follows it differ, too.
  using one = typename Family::template type<with_activation<activation_name::relu>()>;
  using other = typename Family::template type<with_activation<activation_name::tanh>()>;

  static constexpr std::size_t count_tasks() {
    std::size_t n = 0;
    each_task<typename one::tasks>([&](auto...) { ++n; });
    return n;
  }
  static constexpr auto tasks = [] {
    std::array<std::string_view, count_tasks()> all{};
    std::size_t n = 0;
    each_task<typename one::tasks>([&](std::string_view name, auto) { all[n++] = name; });
    return all;
  }();
  static constexpr auto activations = [] {
    std::array<head_activation, count_tasks()> all{};  // a head without an activation leaves its place empty
    const auto add = [&](bool second) {
      return [&all, second, n = std::size_t{0}]<class Head>(std::string_view, std::type_identity<Head>) mutable {
        auto& entry = all[n++];
        if constexpr (requires { Head::kind, Head::activation::configuration_names; }) {
          if (Head::kind == Family::own_activation) return;
          const std::string_view name = Head::activation::configuration_names[0];
          entry = {Head::kind, second && entry.activation != name ? std::string_view() : name};
        }
      };
    };
    auto first = add(false), second = add(true);
    each_task<typename one::tasks>([&](auto... a) { first(a...); });
    each_task<typename other::tasks>([&](auto... a) { second(a...); });
    return all;
  }();
  static constexpr family_facts all{
      .family = one::family,
      .model_type = Family::template model_type_of<one>,
      .prefix = one::prefix,
      .older_prefixes = Family::older_prefixes,
      .same = same_models_of<Family>,
      .mark = Family::mark,
      .name = Family::name,
      .header = Family::header,
      .tokenizer = Family::tokenizer,
      .takes_plan = Family::takes_plan,
      .slims = slims<one>,
      .plain_layers = Family::plain_layers,
      .keys = Family::keys,
      .tasks = tasks,
      .pre_training = Family::pre_training,
      .activations = activations,
      .check = Family::check,
      .check_stored = Family::check_stored,
      .check_values = Family::check_values,
      .check_type = Family::check_type,
      .first_position = Family::first_position,
      .groups = Family::groups,
      .layers = Family::layers,
  };
};
}  // namespace detail

/// What a header of this room says of its family, as a table.
template <class Family>
inline constexpr const family_facts& facts_of = detail::gathered_facts<Family>::all;

/// Families, each by the struct that its header says everything in.
template <class... Families>
struct family_list {
  static constexpr std::array<const family_facts*, sizeof...(Families)> facts{&facts_of<Families>...};
  /// f(Family{}) for each.
  static void each(const auto& f) { (f(Families{}), ...); }
};

}  // namespace weft
