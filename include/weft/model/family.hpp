#pragma once
// What weft knows of a family, as a table that readers of configurations go through: its keys, and what the reference
// does without one. A header of this room says it of each family; all.hpp lists them.
#include <array>
#include <span>
#include <string_view>
#include <type_traits>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/numbers.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

enum class key_kind { integer, flag, word, decimal, layers, word_list, set };

/// A key of config.json, or of an object in it ("outer.inner"). Its value is held as a number: 0 or 1 for a flag, its
/// place among `words` for a word. Of `layers`, a list with one of two words for each layer, it is 0 where layers 0, n,
/// 2 n ... have the first word, of which n is the value of the key `regular`; in any other order a bit for each layer
/// of the second word, the lowest for layer 0. Of `word_list`, a list with a word for each layer, it is that of
/// word_list::packed. Of a `set`, a list of some of the words or one text with | between them, it is a bit for each
/// word, the lowest for the first.
struct key {
  std::string_view name;   ///< as most families spell it, and as the member of the numbers is called
  std::string_view spelt;  ///< as this family spells it; empty: it has no such key, the default always holds
  key_kind kind = key_kind::integer;
  index_t least = 0, most = 0;                   ///< of an integer
  std::span<const std::string_view> words = {};  ///< of a word: those that are allowed
  std::string_view type = {};                    ///< of a word: what its enumeration is called
  double otherwise = 0;                          ///< where the file has no such key: the reference's default
  bool number = false;                           ///< types depend on it: it is a member of the numbers of the family
  std::span<const std::string_view> enumerators = {};  ///< of words that are no identifiers: what these are called
  bool with_point = false;                             ///< an integer that files write as 1000.0
  std::string_view also = {};                          ///< how other files of the family spell it, if this is absent
  std::string_view regular = {};                       ///< of layers: the key for regular orders
  std::string_view same_as = {};  ///< where the file has no such key: the value of this one before it
};

/// A key that types depend on, with the reference's default, which is its member of the family's numbers:
/// number_key("head_ratio", numbers{}.head_ratio, 1, 4'096). An integer has a range.
constexpr key number_key(std::string_view name, index_t otherwise, index_t least, index_t most) {
  return {name, name, key_kind::integer, least, most, {}, {}, static_cast<double>(otherwise), true};
}
constexpr key number_key(std::string_view name, bool otherwise) {
  return {name, name, key_kind::flag, 0, 0, {}, {}, otherwise ? 1.0 : 0.0, true};
}
constexpr key number_key(std::string_view name, decimal_number otherwise) {
  return {name, name, key_kind::decimal, 0, 0, {}, {}, otherwise.value(), true};
}
template <class Enumeration>
requires std::is_enum_v<Enumeration>
constexpr key number_key(std::string_view name, Enumeration otherwise) {
  using words = words_of<Enumeration>;
  key k{name, name, key_kind::word, 0, 0, words::all, words::type, static_cast<double>(otherwise), true};
  if constexpr (requires { words::enumerators; }) k.enumerators = words::enumerators;
  return k;
}
/// The same of an integer that files write with a point, as a base of rotary positions.
constexpr key pointed_key(std::string_view name, index_t otherwise, index_t least, index_t most) {
  auto k = number_key(name, otherwise, least, most);
  k.with_point = true;
  return k;
}
/// A list of one of two words for each layer, on which types depend; `regular` is the integer key before it that says
/// the same for layers in a regular order.
template <std::size_t Count>
constexpr key layers_key(std::string_view name, std::string_view regular,
                         const std::array<std::string_view, Count>& words) {
  static_assert(Count == 2, "weft: a list of layers has layers of two kinds");
  key k{name, name, key_kind::layers, 0, 0, words};
  k.number = true, k.regular = regular;
  return k;
}
/// A list of words, one for each layer, on which types depend; at most 13 layers of at most 15 words.
template <class Enumeration>
constexpr key word_list_key(std::string_view name, word_list<Enumeration> otherwise) {
  using words = words_of<Enumeration>;
  static_assert(words::all.size() <= 15, "weft: a list of words has words of at most 15 kinds");
  return {name, name, key_kind::word_list, 0, 0, words::all, words::type, static_cast<double>(otherwise.packed), true};
}
/// Some of a few words, on which types depend.
template <std::size_t Count>
constexpr key set_key(std::string_view name, const std::array<std::string_view, Count>& words) {
  key k{name, name, key_kind::set, 0, 0, words};
  k.number = true;
  return k;
}
/// The same key, that is another one before it where the file has none: same_as("hidden_size", number_key(...)).
constexpr key same_as(std::string_view other, key k) {
  k.same_as = other;
  return k;
}
/// A key that no type depends on: a size that a model takes when it is loaded, or what weft only checks.
constexpr key integer_key(std::string_view name, index_t otherwise, index_t least, index_t most) {
  return {name, name, key_kind::integer, least, most, {}, {}, static_cast<double>(otherwise)};
}
/// A word of which weft has one meaning alone, the reference's default: others are refused.
template <std::size_t Count>
constexpr key word_key(std::string_view name, const std::array<std::string_view, Count>& words) {
  return {name, name, key_kind::word, 0, 0, words};
}
constexpr key flag_key(std::string_view name, bool otherwise) {
  return {name, name, key_kind::flag, 0, 0, {}, {}, otherwise ? 1.0 : 0.0};
}

/// The keys of one configuration, for what a family says of several at once.
class key_values {
 public:
  key_values(std::string_view file, std::span<const key> keys, const double* values)
      : file_(file), keys_(keys), values_(values) {}

  index_t operator()(std::string_view name) const {
    for (std::size_t i = 0; i < keys_.size(); ++i)
      if (keys_[i].name == name) return static_cast<index_t>(values_[i]);
    fail({.file = file_, .subject = name, .found = "a family without this key", .wanted = "a key it has"});
  }
  /// As the family spells a key.
  std::string_view spelling(std::string_view name) const {
    for (const auto& k : keys_)
      if (k.name == name) return k.spelt;
    return name;
  }
  /// "hidden_size, which is 768"
  unit_string what(std::string_view name) const {
    return unit_string(spelling(name)) + ", which is " + decimal((*this)(name));
  }
  /// Fails: this key's value is not what was wanted.
  [[noreturn]] void refuse(std::string_view name, std::string_view wanted) const {
    refuse(name, decimal((*this)(name)), wanted);
  }
  [[noreturn]] void refuse(std::string_view name, std::string_view found, std::string_view wanted,
                           std::string_view remedy = "") const {
    fail({.file = file_, .subject = spelling(name), .found = found, .wanted = wanted, .remedy = remedy});
  }

 private:
  std::string_view file_;
  std::span<const key> keys_;
  const double* values_;
};

/// What a family asks of the tensors that are stored: rows(name) is the first entry of a tensor's shape, 0 of a
/// scalar's, -1 where there is none. Its names begin behind the family's prefix.
class stored_rows {
 public:
  template <class Rows>
  explicit stored_rows(const Rows& rows)
      : of_(&rows),
        rows_([](const void* of, std::string_view name) -> index_t { return (*static_cast<const Rows*>(of))(name); }) {}
  index_t operator()(std::string_view name) const { return rows_(of_, name); }

 private:
  const void* of_;
  index_t (*rows_)(const void*, std::string_view);
};

/// What a family asks of a stored tensor's values: values(name) are those of a tensor by its full name, none where
/// there is no such tensor. refuse(name, found, wanted) fails.
class stored_values {
 public:
  template <class Values, class Refuse>
  stored_values(const Values& values, const Refuse& refuse)
      : of_values_(&values),
        of_refuse_(&refuse),
        values_([](const void* of, std::string_view name) -> list<const float> {
          return (*static_cast<const Values*>(of))(name);
        }),
        refuse_([](const void* of, std::string_view name, std::string_view found, std::string_view wanted) {
          (*static_cast<const Refuse*>(of))(name, found, wanted);
        }) {}
  list<const float> operator()(std::string_view name) const { return values_(of_values_, name); }
  void refuse(std::string_view name, std::string_view found, std::string_view wanted) const {
    refuse_(of_refuse_, name, found, wanted);
  }

 private:
  const void *of_values_, *of_refuse_;
  list<const float> (*values_)(const void*, std::string_view);
  void (*refuse_)(const void*, std::string_view, std::string_view, std::string_view);
};

/// The activation inside a head: hidden_act's, or one that the reference has there whatever that says.
struct head_activation {
  std::string_view head;        ///< what the head calls itself, as "masked_lm"
  std::string_view activation;  ///< empty: it follows hidden_act
};

/// Another model_type of the same models.
struct same_models {
  std::string_view model_type;
  std::string_view tokenizer;  ///< the class of tokenizers where no file names one
  index_t vocabulary;          ///< vocab_size where the file has no such key
  /// What classes of the family begin with, where those of this model_type give tensors other names: what weft writes
  /// has the family's names, and says so.
  std::string_view saved_as = "";
};
/// Those of a family; a family that is made from another has none of its.
template <class Family>
inline constexpr std::array<same_models, 0> same_models_of{};

/// All of a family that its configurations are read with.
struct family_facts {
  std::string_view family;                           ///< as its types call it
  std::string_view model_type, prefix;               ///< prefix: what names begin with in a model that has a head
  std::span<const std::string_view> older_prefixes;  ///< of older checkpoints
  std::span<const same_models> same;                 ///< its other model_types
  std::string_view mark;       ///< a key that only its files have among those of this model_type; empty: none
  std::string_view name;       ///< of its types: weft::NAME_of<weft::NAME_numbers{...}>
  std::string_view header;     ///< below weft/model, without ".hpp"
  std::string_view tokenizer;  ///< the class of tokenizers where no file names one
  bool takes_plan = false;     ///< its type takes a plan of random blocks as its second argument
  bool slims = false;          ///< a part of its types can run: a spec of them may say `slimmable = true`
  bool plain_layers = false;   ///< layers of attention and dense under BERT's names, whose heads may change places
  std::span<const key> keys;
  std::span<const std::string_view> tasks;  ///< the heads that its checkpoints may have, by their names in `tasks`
  std::span<const std::string_view> pre_training;  ///< those of its class "ForPreTraining"
  std::span<const head_activation> activations;
  void (*check)(const key_values&);                             ///< fails where its keys do not go together
  void (*check_stored)(const key_values&, const stored_rows&);  ///< fails where they do not go with what is stored
  void (*check_values)(const key_values&, std::string_view name, const stored_values&);  ///< of a tensor, the same
  void (*check_type)(const key_values&);         ///< fails where they do, but weft has no type for them
  index_t (*first_position)(const key_values&);  ///< where positions begin
  index_t (*groups)(const key_values&);          ///< sizes::groups
  index_t (*layers)(const key_values&);          ///< sizes::layers
};

}  // namespace weft
