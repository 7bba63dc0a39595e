#pragma once
// From a configuration to a type: writes the C++ spec that a config.json describes.
#include <cctype>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/architecture.hpp>

namespace weft {

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
  for (const unsigned char c : text) {
    if (c < 128 && std::isalnum(c))
      s += static_cast<char>(std::tolower(c));
    else if (!s.empty() && s.back() != '_')
      s += '_';
  }
  while (!s.empty() && s.back() == '_') s.pop_back();
  // What C++ or these headers already mean, among what a folder may be called.
  for (const std::string_view taken :
       {"weft",      "std",       "xsimd",     "class",    "struct",   "template", "typename", "union",     "enum",
        "namespace", "default",   "export",    "import",   "module",   "public",   "private",  "protected", "new",
        "delete",    "this",      "using",     "main",     "int",      "float",    "double",   "long",      "short",
        "char",      "bool",      "void",      "auto",     "const",    "static",   "extern",   "inline",    "for",
        "while",     "do",        "if",        "else",     "switch",   "case",     "break",    "continue",  "return",
        "goto",      "try",       "catch",     "throw",    "true",     "false",    "operator", "friend",    "virtual",
        "explicit",  "concept",   "requires",  "signed",   "unsigned", "volatile", "register", "sizeof",    "and",
        "or",        "not",       "xor",       "mutable",  "compl",    "bitand",   "bitor",    "decltype",  "noexcept",
        "nullptr",   "constexpr", "consteval", "constinit"})
    if (s == taken) s.insert(0, "model_");
  if (s.empty() || std::isdigit(static_cast<unsigned char>(s.front()))) s.insert(0, "model_");
  return s;
}

// A positive number as std::ratio<n, d> in lowest decimal terms: 1e-12 -> "std::ratio<1, 1000000000000>".
inline std::string ratio(double value, const configuration& c) {
  char text[64];
  std::snprintf(text, sizeof text, "%.9g", value);
  for (int decimals = 0; decimals <= 18; ++decimals) {
    double scaled = value;
    for (int i = 0; i < decimals; ++i) scaled *= 10;
    const auto whole = static_cast<long long>(scaled + 0.5);
    if (whole > 0 && whole < 1'000'000'000 && std::abs(scaled - static_cast<double>(whole)) < 1e-7 * scaled) {
      std::string denominator = "1";
      denominator.append(static_cast<std::size_t>(decimals), '0');
      return "std::ratio<" + std::to_string(whole) + ", " + denominator + ">";
    }
  }
  fail({.file = c.file,
        .subject = "layer_norm_eps",
        .found = text,
        .wanted = "a decimal number of at most nine digits, not below 1e-18",
        .remedy = "round it"});
}

inline std::string activation(const configuration& c) {
  const auto is = [&](std::string_view name) { return c.hidden_act == name; };
  if (is("gelu")) return "weft::gelu";
  if (is("gelu_new") || is("gelu_pytorch_tanh") || is("gelu_fast")) return "weft::gelu_tanh";
  if (is("relu")) return "weft::relu";
  if (is("tanh")) return "weft::hyperbolic_tangent";
  if (is("linear")) return "weft::identity";
  fail({.file = c.file,
        .subject = "hidden_act",
        .found = "\"" + c.hidden_act + "\"",
        .wanted = "an activation that weft has: gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu, tanh, linear"});
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

/// The spec of a configuration. `name` becomes the struct's name, made an identifier. Fails, naming key and value,
/// where the configuration asks for what weft does not have.
inline spec_source spec_of(const configuration& c, std::string_view name) {
  spec_source s;
  s.name = detail::identifier(name);
  s.heads = detail::heads_of(c, s.name);
  const auto number = [](index n) { return std::to_string(n); };
  const bool electra = c.family == "electra";
  const bool narrow = electra && c.embedding_size != c.hidden_size;
  const auto act = detail::activation(c);
  std::string& t = s.text;
  const auto line = [&](const std::string& code, const std::string& why) {
    t += "  " + code;
    if (!why.empty()) t += "  // " + why;
    t += "\n";
  };
  t += "// The type that " + c.file + " describes.\n";
  t += "#include <ratio>\n#include <weft/model/" + c.family + ".hpp>\n\n";
  t += "struct " + s.name + " {\n";
  line("static constexpr std::string_view family = \"" + c.family + "\", prefix = \"" + c.family + "\";", "model_type");
  line("static constexpr weft::model_shape shape{.width = " + number(c.hidden_size) +
           ", .heads = " + number(c.num_attention_heads) + ", .hidden = " + number(c.intermediate_size) + "};",
       "hidden_size, num_attention_heads, intermediate_size");
  if (narrow)
    line("using embedding = weft::factorised<" + number(c.embedding_size) + ">;", "embedding_size is not hidden_size");
  else
    line("using embedding = weft::summed;",
         electra ? "embedding_size is hidden_size" : "word, segment and position tables");
  line("using mixer = weft::attention<weft::full>;", "every token attends to every token");
  line("using feed_forward = weft::dense<" + act + ">;", "hidden_act is \"" + c.hidden_act + "\"");
  line("using norm = weft::layer_norm<" + detail::ratio(c.layer_norm_eps, c) + ">;", "layer_norm_eps");
  line("using layout = weft::post_norm;", "the norm follows the residual");
  line("using numeric = weft::float32;", "");
  line("using tasks = weft::" + c.family + "_tasks<" + act + ">;", "the heads of this family");
  t += "};\n";
  return s;
}

}  // namespace weft
