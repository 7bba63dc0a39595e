#pragma once
// From a configuration to a type: writes the C++ spec that a config.json describes.
#include <cctype>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/architecture.hpp>
#include <weft/io/numeric_names.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A spec as C++ source, and how a program names it.
struct spec_source {
  std::string name;                ///< of the struct
  std::vector<std::string> heads;  ///< the head types of the configuration's architecture; empty: the encoder alone
  std::string text;                ///< includes and the struct
  /// weft::model<name, heads...> or weft::encoder<name>
  std::string model() const {
    if (heads.empty()) return "weft::encoder<" + name + ">";
    std::string all = "weft::model<" + name;
    for (const auto& h : heads) all += ", " + h;
    return all + ">";
  }
};

namespace detail {

// "electra-small (v2)" -> "electra_small_v2"
inline std::string identifier(std::string_view text) {
  std::string s;
  for (const char letter : text) {
    const auto c = static_cast<unsigned char>(letter);
    if (c < 128 && std::isalnum(c))
      s += static_cast<char>(std::tolower(c));
    else if (!s.empty() && s.back() != '_')
      s += '_';
  }
  while (!s.empty() && s.back() == '_') s.pop_back();
  // What C++, GNU's macros or the spec's own members already mean, among what a folder may be called.
  constexpr std::string_view taken =
      " weft std xsimd class struct template typename union enum namespace default export import module "
      "public private protected new delete this using main int float double long short char bool void "
      "auto const static extern inline for while do if else switch case break continue return goto try "
      "catch throw true false operator friend virtual explicit concept requires signed unsigned volatile "
      "register sizeof and or not xor mutable compl bitand bitor decltype noexcept nullptr constexpr "
      "consteval constinit asm alignas alignof and_eq or_eq xor_eq not_eq char8_t char16_t char32_t "
      "wchar_t co_await co_return co_yield const_cast static_cast dynamic_cast reinterpret_cast "
      "static_assert thread_local typedef typeid typeof final override linux unix i386 family prefix "
      "shape names numbers embedding mixer feed_forward norm layout numeric tasks activation pattern "
      "plain last_norm narrow first last slimmable reports_last reports_projection compares_visible_rows by_kind "
      "older_names ";
  if (taken.find(' ' + s + ' ') != taken.npos) s.insert(0, "model_");
  if (s.empty() || std::isdigit(static_cast<unsigned char>(s.front()))) s.insert(0, "model_");
  return s;
}

// A positive number as a weft::decimal_number in lowest terms: 1e-12 -> "{1, -12}".
inline std::string decimal_text(double value, std::string_view key, const configuration& c) {
  for (int decimals = 0; decimals <= 18; ++decimals) {
    double scaled = value;
    for (int i = 0; i < decimals; ++i) scaled *= 10;
    const auto whole = static_cast<long long>(scaled + 0.5);
    if (whole > 0 && whole < 1'000'000'000 && std::abs(scaled - static_cast<double>(whole)) < 1e-7 * scaled)
      return "{" + std::to_string(whole) + ", " + std::to_string(-decimals) + "}";
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.9g", value);
  fail({.file = c.file,
        .subject = key,
        .found = text,
        .wanted = "a decimal number of at most nine digits, not below 1e-18",
        .remedy = "round it"});
}

// The value of a key as C++ has it.
inline std::string number_text(const key& k, const configuration& c) {
  const auto value = c.value(k);
  switch (k.kind) {
    case key_kind::flag:
      return value > 0 ? "true" : "false";
    case key_kind::word: {
      const auto names = k.enumerators.empty() ? k.words : k.enumerators;
      return "weft::" + std::string(k.type) + "::" + std::string(names[static_cast<std::size_t>(value)]);
    }
    case key_kind::decimal:
      return decimal_text(value, k.spelt, c);
    case key_kind::set:
    case key_kind::layers: {
      std::string bits;
      for (auto left = static_cast<index_t>(value); left > 0; left /= 2) bits.insert(0, left % 2 ? "1" : "0");
      return bits.empty() ? "0" : "0b" + bits;
    }
    case key_kind::word_list: {
      std::string words;
      for (auto left = static_cast<index_t>(value); left > 0; left /= 16)
        words += (words.empty() ? "{weft::" : ", weft::") + std::string(k.type) +
                 "::" + std::string(k.words[static_cast<std::size_t>(left % 16 - 1)]);
      return words + "}";
    }
    case key_kind::integer:
      break;
  }
  return std::to_string(static_cast<index_t>(value));
}

// The heads of the configuration's class: "BertForMaskedLM" -> {"name::tasks::masked_lm"}.
inline std::vector<std::string> heads_of(const configuration& c, const std::string& name) {
  const auto tasks = tasks_of(c);
  if (!tasks)
    fail({.file = c.file,
          .subject = "architectures",
          .found = "\"" + c.architectures.front() + "\"",
          .wanted = "a class whose heads weft has",
          .remedy = "remove the key to use the encoder alone"});
  std::vector<std::string> heads;
  for (const auto task : *tasks) heads.push_back(name + "::tasks::" + std::string(task));
  return heads;
}

}  // namespace detail

/// The spec of a configuration: the family's type of the numbers that it says. `name` becomes the struct's name, made
/// an identifier. `random_plan` names where random blocks come from, as "weft::given_plan", for families whose types
/// take a plan; empty for the type's default. `slimmable` says that a part of the model can run. `numeric` is a word of
/// numeric_names; empty, or "float32", for what types say. Fails, naming key and
/// value, where the configuration asks for what weft does not have.
inline spec_source spec_of(const configuration& c, std::string_view name, std::string_view random_plan = "",
                           bool slimmable = false, std::string_view numeric = "") {
  const auto& family = c.facts();
  family.check_type(c.keys());
  spec_source s;
  s.name = detail::identifier(name);
  s.heads = detail::heads_of(c, s.name);
  const std::string type(family.name);
  std::string& t = s.text;
  t += "// The type that " + detail::printable_whole(c.file) + " describes.\n";  // no file's line ends here
  t += "#include <weft/model/" + std::string(family.header) + ".hpp>\n";
  const auto* const stored = numeric.empty() || numeric == "float32" ? nullptr : &numeric_named(numeric);
  if (stored && slimmable && !stored->in_part)
    fail({.file = c.file,
          .subject = "numeric",
          .found = std::string(stored->word) + " for a type of which a part runs",
          .wanted = "a numeric that scales no columns, as bfloat16"});
  if (stored) t += "#include <weft/numeric/" + std::string(stored->header) + ".hpp>\n";
  t += "\nstruct " + s.name + "\n    : weft::" + type + "_of<weft::" + type + "_numbers{\n";
  for (const auto& k : family.keys) {
    if (!k.number) continue;
    t += "          ." + std::string(k.name) + " = " + detail::number_text(k, c) + ",";
    if (k.spelt != k.name) t += "  // " + std::string(k.spelt);
    t += "\n";
  }
  t += "      }";
  if (family.takes_plan && !random_plan.empty()) t += ", " + std::string(random_plan);
  t += "> {\n  // A line here replaces a policy: embedding, mixer, feed_forward, norm, layout,\n";
  t += "  // numeric or tasks.\n";
  if (stored) t += "  using numeric = weft::" + std::string(stored->type) + ";\n";
  if (slimmable) t += "  static constexpr bool slimmable = true;\n";
  t += "};\n";
  return s;
}

}  // namespace weft
