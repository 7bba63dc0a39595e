#pragma once
// From a configuration to a type: writes the C++ spec that a config.json describes.
#include <cctype>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/architecture.hpp>

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
      "shape names embedding mixer feed_forward norm layout numeric tasks ";
  if (taken.find(' ' + s + ' ') != taken.npos) s.insert(0, "model_");
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
        .subject = c.spelling("hidden_act"),
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

// What a spec names, and why: "using NAME = CODE;  // WHY".
struct spec_line {
  std::string code, why;
};
struct spec_lines {
  std::string header;  // below weft/model
  spec_line embedding, mixer, feed_forward, norm, layout, tasks;
  std::string names = {};  // how the family spells parameters, where it is not as BERT does
};

inline std::string number(index_t n) { return std::to_string(n); }

inline spec_line layer_norm_line(const configuration& c) {
  return {"weft::layer_norm<" + ratio(c.layer_norm_eps, c) + ">", "layer_norm_eps"};
}

inline spec_lines bert_lines(const configuration& c) {
  const auto act = activation(c);
  return {"bert",
          {"weft::summed", "word, segment and position tables"},
          {"weft::attention<weft::full>", "every token attends to every token"},
          {"weft::dense<" + act + ">", "hidden_act is \"" + c.hidden_act + "\""},
          layer_norm_line(c),
          {"weft::post_norm", "the norm follows the residual"},
          {"weft::bert_tasks<" + act + ">", "the heads of this family"}};
}

inline spec_lines electra_lines(const configuration& c) {
  auto s = bert_lines(c);
  s.header = "electra";
  if (c.embedding_size != c.hidden_size)
    s.embedding = {"weft::factorised<" + number(c.embedding_size) + ">", "embedding_size is not hidden_size"};
  else
    s.embedding.why = "embedding_size is hidden_size";
  s.tasks.code = "weft::electra_tasks<" + activation(c) + ">";
  return s;
}

inline spec_lines convbert_lines(const configuration& c) {
  auto s = electra_lines(c);
  s.header = "convbert";
  s.mixer = {"weft::mixed_attention<weft::full, weft::span_convolution<" + number(c.own_integer("conv_kernel_size")) +
                 ">, weft::head_ratio<" + number(c.own_integer("head_ratio")) + ">>",
             "conv_kernel_size, head_ratio"};
  if (const auto groups = c.own_integer("num_groups"); groups > 1)
    s.feed_forward = {"weft::grouped<" + number(groups) + ", " + activation(c) + ">", "num_groups, hidden_act"};
  s.tasks.code = "weft::convbert_tasks<" + activation(c) + ">";
  return s;
}

inline spec_lines big_bird_lines(const configuration& c, std::string_view random_plan) {
  auto s = bert_lines(c);
  s.header = "bigbird";
  const bool full = c.own_word("attention_type") == "original_full";
  std::string pattern = "weft::full";
  if (!full)
    pattern = "weft::bigbird_blocks<" + number(c.own_integer("block_size")) + ", " +
              number(c.own_integer("num_random_blocks")) +
              (random_plan.empty() ? "" : ", " + std::string(random_plan)) + ">";
  const bool bias = c.own_flag("use_bias");
  s.mixer = {"weft::attention<" + pattern + (bias ? "" : ", weft::scaled, false") + ">",
             std::string(full ? "attention_type is \"original_full\"" : "block_size, num_random_blocks") +
                 (bias ? "" : "; use_bias is false")};
  if (c.own_flag("rescale_embeddings")) s.embedding = {"weft::summed_rescaled", "rescale_embeddings"};
  s.tasks.code = "weft::bigbird_tasks<" + activation(c) + ", " + number(c.own_integer("sep_token_id")) + ">";
  return s;
}

inline spec_lines mobilebert_lines(const configuration& c) {
  auto s = bert_lines(c);
  s.header = "mobilebert";
  const bool plain = c.own_word("normalization_type") == "layer_norm";
  // The reference gives two of the layer norms the default epsilon of its framework, whatever layer_norm_eps says.
  const std::string last = plain ? ", weft::layer_norm<std::ratio<1, 100000>>" : "";
  const auto width = number(c.embedding_size);
  if (c.own_flag("trigram_input"))
    s.embedding = {"weft::trigram<" + width + last + ">", "trigram_input, embedding_size"};
  else if (c.embedding_size != c.hidden_size)
    s.embedding = {"weft::projected<" + width + last + ">", "trigram_input is false, embedding_size"};
  else if (plain)
    fail({.file = c.file,
          .subject = "normalization_type",
          .found = "\"layer_norm\" with trigram_input false and embedding_size equal to hidden_size",
          .wanted = "a combination that is published",
          .remedy = "write the spec by hand; see docs/how-to/write-an-embedding.md"});
  if (!plain) s.norm = {"weft::affine", "normalization_type is \"no_norm\""};
  const auto stack = number(c.own_integer("num_feedforward_networks"));
  if (!c.own_flag("use_bottleneck"))
    s.layout = {"weft::stacked<" + stack + last + ">", "use_bottleneck is false, num_feedforward_networks"};
  else
    s.layout = {"weft::bottleneck<" + number(c.own_integer("intra_bottleneck_size")) + ", " + stack +
                    ", weft::narrowed::" +
                    (c.own_flag("use_bottleneck_attention")      ? "all"
                     : c.own_flag("key_query_shared_bottleneck") ? "query_key"
                                                                 : "none") +
                    last + ">",
                "intra_bottleneck_size, num_feedforward_networks, which streams are narrowed"};
  s.tasks.code = "weft::mobilebert_tasks<" + activation(c) +
                 ", weft::" + (c.own_flag("classifier_activation") ? "pooler" : "first_token_pooler") + ", " +
                 layer_norm_line(c).code + ">";
  return s;
}

inline spec_lines roberta_lines(const configuration& c) {
  auto s = bert_lines(c);
  s.header = "roberta";
  s.embedding = {"weft::summed_after_padding", "positions count from behind pad_token_id"};
  s.tasks.code = "weft::roberta_tasks";
  s.names = "weft::roberta_names";
  return s;
}

inline spec_lines distilbert_lines(const configuration& c) {
  auto s = bert_lines(c);
  s.header = "distilbert";
  s.embedding = {"weft::words_and_positions", "word and position tables, no segments"};
  s.feed_forward.why = "activation is \"" + c.hidden_act + "\"";
  s.norm.why = "always";
  s.tasks.code = "weft::distilbert_tasks<" + activation(c) + ">";
  s.names = "weft::distilbert_names";
  return s;
}

inline spec_lines mpnet_lines(const configuration& c) {
  auto s = bert_lines(c);
  s.header = "mpnet";
  s.embedding = {"weft::words_and_positions_after_padding", "word and position tables, no segments"};
  s.mixer = {"weft::attention<weft::full, weft::relative_bias<>>", "relative_attention_num_buckets is 32"};
  s.tasks.code = "weft::mpnet_tasks";
  s.names = "weft::mpnet_names";
  return s;
}

inline spec_lines albert_lines(const configuration& c) {
  auto s = bert_lines(c);
  s.header = "albert";
  s.embedding = {"weft::factorised<" + number(c.embedding_size) + ">", "embedding_size"};
  s.tasks.code = "weft::albert_tasks<" + activation(c) + ">";
  s.names = "weft::albert_names";
  return s;
}

inline spec_lines lines_of(const configuration& c, std::string_view random_plan) {
  if (c.family == "electra") return electra_lines(c);
  if (c.family == "convbert") return convbert_lines(c);
  if (c.family == "big_bird") return big_bird_lines(c, random_plan);
  if (c.family == "mobilebert") return mobilebert_lines(c);
  if (c.family == "roberta" || c.family == "xlm-roberta") return roberta_lines(c);
  if (c.family == "distilbert") return distilbert_lines(c);
  if (c.family == "mpnet") return mpnet_lines(c);
  if (c.family == "albert") return albert_lines(c);
  return bert_lines(c);
}

}  // namespace detail

/// The spec of a configuration. `name` becomes the struct's name, made an identifier. `random_plan` names where
/// BigBird's random blocks come from, as "weft::given_plan"; empty for the type's default. Fails, naming key and value,
/// where the configuration asks for what weft does not have.
inline spec_source spec_of(const configuration& c, std::string_view name, std::string_view random_plan = "") {
  spec_source s;
  s.name = detail::identifier(name);
  s.heads = detail::heads_of(c, s.name);
  const auto lines = detail::lines_of(c, random_plan);
  const auto number = detail::number;
  std::string& t = s.text;
  const auto line = [&](const std::string& code, const std::string& why) {
    t += "  " + code + (why.empty() ? "" : "  // " + detail::printable_whole(why)) + "\n";  // no file's line ends here
  };
  const auto use = [&](const char* axis, const detail::spec_line& l) {
    line("using " + std::string(axis) + " = " + l.code + ";", l.why);
  };
  t += "// The type that " + detail::printable_whole(c.file) + " describes.\n";
  t += "#include <ratio>\n#include <weft/model/" + lines.header + ".hpp>\n\n";
  t += "struct " + s.name + " {\n";
  line("static constexpr std::string_view family = \"" + c.family + "\", prefix = \"" +
           std::string(name_prefix(c.family)) + "\";",
       "model_type");
  line("static constexpr weft::model_shape shape{.width = " + number(c.hidden_size) +
           ", .heads = " + number(c.num_attention_heads) + ", .hidden = " + number(c.intermediate_size) + "};",
       c.spelling("hidden_size") + ", " + c.spelling("num_attention_heads") + ", " + c.spelling("intermediate_size"));
  if (!lines.names.empty())
    line("static constexpr auto names = " + lines.names + ";", "how this family spells its parameters");
  use("embedding", lines.embedding);
  use("mixer", lines.mixer);
  use("feed_forward", lines.feed_forward);
  use("norm", lines.norm);
  use("layout", lines.layout);
  line("using numeric = weft::float32;", "");
  use("tasks", lines.tasks);
  t += "};\n";
  return s;
}

}  // namespace weft
