#pragma once
// The passport of a model that makes vectors: docs/how-to/check-a-stored-vector.md.
#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/io/passport_facts.hpp>
#include <weft/numeric/bfloat16.hpp>
#include <weft/numeric/int8.hpp>
#include <weft/pipeline/embedder.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The texts of every passport, with their names. A change of one needs another version of the promise or of the list.
inline std::vector<std::pair<std::string, std::string>> passport_texts() {
  std::string some, more;
  for (int i = 0; i < 24; ++i) some += "A loom weaves the weft through the warp, row by row. ";
  for (int i = 0; i < 8192; ++i) more += i % 2 == 0 ? "over " : "under ";
  return {{"empty", ""},
          {"one token", "a"},
          {"sentence", "The quick brown fox jumps over the lazy dog."},
          {"signs",
           "It's 3.14 \xc3\x97 10\xe2\x81\xbb\xc2\xb3; caf\xc3\xa9, na\xc3\xafve (\xc3\x9c"
           "BER) #1 \xe2\x80\x94 50% off!\t\xf0\x9f\xa7\xb5"},
          {"Europe, Caucasus", "Ελλάδα Россия Україна Հայաստան საქართველო Deutschland Çeşme Łódź"},
          {"Africa, near East", "ישראל العربية فارسی ܣܘܪܝܝܐ አማርኛ ⵜⴰⵎⴰⵣⵉⵖⵜ ߒߞߏ"},
          {"South Asia", "हिन्दी বাংলা ਪੰਜਾਬੀ ગુજરાતી ଓଡ଼ିଆ தமிழ் తెలుగు ಕನ್ನಡ മലയാളം සිංහල ދިވެހި བོད་ཡིག"},
          {"East Asia", "中文 繁體 日本語 ひらがな カタカナ 한국어 ไทย ລາວ မြန်မာ ខ្មែរ Tiếng Việt ᠮᠣᠩᠭᠣᠯ ㄅㄆㄇ ꆈꌠ"},
          {"Americas", "ᏣᎳᎩ ᐃᓄᒃᑎᑐᑦ Guaraní"},
          {"long", std::move(some)},
          {"truncated", std::move(more)}};
}

namespace detail {

// The tokens of a vocabulary, some hundred of them a digest, so that a difference has a place.
inline void add_vocabulary_facts(passport& p, const tokenizer& words) {
  constexpr index_t together = 256;
  for (index_t first = 0; first < words.size(); first += together) {
    const index_t last = std::min(words.size(), first + together);
    sha256 all;
    for (index_t id = first; id < last; ++id) {
      const auto token = words.token(static_cast<std::int32_t>(id));
      all.add(static_cast<std::uint32_t>(token.size())).add(token);
    }
    p.facts.push_back(
        {"vocabulary", "tokens " + std::to_string(first) + " to " + std::to_string(last - 1), all.digest()});
  }
}

inline std::string digest_of_floats(const std::vector<float>& values) {
  return values.empty() ? "none"
                        : sha256().add(values.data(), static_cast<index_t>(values.size() * sizeof(float))).digest();
}

// What is done to a vector behind its pooling: everything of sentence_modules that changes one.
inline void add_vector_facts(passport& p, const sentence_modules& m, index_t width, index_t max_length) {
  const auto add = [&](const std::string& name, std::string value) {
    p.facts.push_back({"vector", name, std::move(value)});
  };
  constexpr std::array<std::string_view, 6> modes{"first", "max", "mean", "sqrt-mean", "weighted-mean", "last"};
  constexpr std::array<const char*, 3> kinds{"dense", "layer norm", "normalize"};
  constexpr std::array<const char*, 5> activations{"identity", "tanh", "relu", "gelu", "sigmoid"};
  const auto flag = [](bool set) { return set ? "yes" : "no"; };
  std::string ways;
  for (const auto mode : m.pooling.all()) (ways += ways.empty() ? "" : "+") += modes[static_cast<std::size_t>(mode)];
  add("pooling", ways);
  for (std::size_t i = 0; i < m.steps.size(); ++i) {
    const auto& step = m.steps[i];
    const auto name = "step " + std::to_string(i + 1);
    add(name, kinds[static_cast<std::size_t>(step.does)]);
    if (step.does == sentence_step::kind::normalize) continue;
    add(name + " activation", activations[static_cast<std::size_t>(step.activation)]);
    add(name + " weight", digest_of_floats(step.weight));
    add(name + " bias", digest_of_floats(step.bias));
  }
  add("normalize", flag(m.normalize));
  add("lowercase", flag(m.lowercase));
  add("prompt", m.prompt);
  add("include_prompt", flag(m.pools_prompt));
  add("truncate_dim", m.truncate > 0 ? std::to_string(m.truncate) : "all");
  add("normalize_truncated", flag(m.normalize_truncated));
  add("width", std::to_string(width));
  add("max_length", std::to_string(max_length));
}

// As a passport says it: rows are rounded where the processor has an instruction for pairs.
template <class Numeric, class Arch = simd::native>
std::string format_name() {
  using format = typename Numeric::template format<Arch>;
  if constexpr (std::is_same_v<format, float_format<Arch>>)
    return "float32";
  else if constexpr (std::is_same_v<format, widened_pair_format<Arch>>)
    return "bfloat16, rows as they are";
  else if constexpr (std::is_same_v<format, multiplied_pair_format<Arch>>)
    return "bfloat16, rows rounded";
  else if constexpr (std::is_same_v<format, quad_format<Arch, 8>>)
    return "int8";
  else if constexpr (std::is_same_v<format, quad_format<Arch, 7>>)
    return "int8_7";
  else
    return "of its own";
}
// With the linears that are kept, if any (numeric/keep_float32.hpp).
template <class Numeric>
std::string numeric_name() {
  auto name = format_name<Numeric>();
  if constexpr (requires { Numeric::kept_names; }) {
    name += ", in float32:";
    for (const auto& kept : Numeric::kept_names) name.append(" ").append(kept);
  }
  return name;
}

}  // namespace detail

/// The passport of what `embed` was loaded from: `modules` names the model's directory and says how vectors are made,
/// `stored` are its weights. Texts that are too long are cut, whatever the embedder's options say.
template <class Spec>
passport passport_of(embedder<Spec>& embed, const checkpoint& stored, executor run = {}) {
  const auto& modules = embed.modules();
  passport p;
  add_build_facts(p, detail::numeric_name<typename Spec::numeric>());
  detail::add_vector_facts(p, modules, embed.width(), embed.max_length());
  add_model_facts(p, modules.model, stored, run);
  add_tokenizer_file_facts(p, modules.model, tokenizer_file(modules.model));
  detail::add_vocabulary_facts(p, embed.tokenizer());
  for (auto& [name, text] : passport_texts()) {
    const auto cut = embed.tokenizer().encode(
        modules.prompt + text,
        truncation{.max_length = embed.max_length(), .side = embed.tokenizer().options().truncation_side});
    passport_text t{.name = name, .ids = cut.ids};
    if (std::any_of(cut.segments.begin(), cut.segments.end(), [](auto s) { return s != 0; })) t.segments = cut.segments;
    const auto one = embed.all(list<const encoding>(&cut, 1));
    t.vector.assign(one.data(), one.data() + one.width());
    add_digests(t);
    p.texts.push_back(std::move(t));
  }
  return p;
}

/// The passport of a sentence-transformers directory, or org/name from the local cache.
template <class Spec>
passport passport_of(const std::filesystem::path& directory, const pipeline_options& options = {}) {
  const auto modules = sentence_modules::read(resolve_model(directory.string()));
  embedder<Spec> embed(modules, options);
  return passport_of(embed, checkpoint::open(modules.model), options.run);
}

}  // namespace weft
