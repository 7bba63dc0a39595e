#pragma once
// The facts of a passport, as far as no text is needed: the promise, the configuration, the weights, the vector's
// making.
#include <algorithm>
#include <array>
#include <filesystem>
#include <weft/base/same_bits.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/json.hpp>
#include <weft/io/passport.hpp>
#include <weft/io/sha256.hpp>
#include <weft/memory/executor.hpp>
#include <weft/simd/same_bits.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

// The digest of a JSON file whatever the order of its keys, without those that say where it came from and what saved
// it.
inline std::string digest_of_json(const std::filesystem::path& file) {
  auto document = parse_json(mapped_file::open(file)->text(), file.string());
  const json_scope scope(document);
  if (document.is_object())
    for (const auto* key : {"_name_or_path", "name_or_path", "transformers_version", "tokenizer_file", "torch_dtype",
                            "dtype", "special_tokens_map_file"})
      document.erase(key);
  return sha256().add(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)).digest();
}

inline std::string digest_of_tensor(const stored_tensor& t) {
  return sha256().add(dtype_name(t.type)).add(shape_text(t.shape)).add(t.bytes.data(), t.bytes.size()).digest();
}

// The files beside a tokenizer's that say something about it.
inline constexpr std::array<std::string_view, 3> tokenizer_side_files{"tokenizer_config.json",
                                                                      "special_tokens_map.json", "added_tokens.json"};

}  // namespace detail

/// The facts of a model's directory: of its config.json and of every stored tensor, hashed by the workers of `run`.
inline void add_model_facts(passport& p, const std::filesystem::path& directory, const checkpoint& stored,
                            executor run = {}) {
  p.facts.push_back({"configuration", "configuration", detail::digest_of_json(directory / "config.json")});
  const auto names = stored.names();
  const auto first = p.facts.size();
  for (const auto& name : names) p.facts.push_back({"weights", name, ""});
  run.for_each(static_cast<index_t>(names.size()), [&](index_t i, index_t) {
    const auto at = static_cast<std::size_t>(i);
    p.facts[first + at].value = detail::digest_of_tensor(*stored.find(names[at]));
  });
  stored.release_pages();
}

/// The version of the promise, the numeric, and what this build is.
template <class Arch = simd::native>
void add_build_facts(passport& p, std::string_view numeric) {
  p.facts.push_back({"promise", "bits version", std::to_string(bits_version)});
  p.facts.push_back({"promise", "numeric", std::string(numeric)});
  p.build = simd::name<Arch>(), p.why_not = simd::why_not_same_bits<Arch>();
}

/// The file that read_tokenizer reads, and those beside it.
inline void add_tokenizer_file_facts(passport& p, const std::filesystem::path& directory,
                                     const std::filesystem::path& file) {
  const auto name = file.filename().string();
  if (file.extension() == ".json") {
    p.facts.push_back({"tokenizer", name, detail::digest_of_json(file)});
  } else {
    const auto bytes = mapped_file::open(file);
    p.facts.push_back({"tokenizer", name, sha256().add(bytes->bytes().data(), bytes->bytes().size()).digest()});
  }
  for (const auto side : detail::tokenizer_side_files)
    if (file_exists(directory / side))
      p.facts.push_back({"tokenizer", std::string(side), detail::digest_of_json(directory / side)});
}

/// What this build makes of the ids of a stored passport, for programs that have no tokenizer: vector_of(ids, segments)
/// gives a vector. The facts of the configuration, the weights and the build are this machine's own, the others are
/// taken from `stored`, which has to have its ids.
passport recomputed(const passport& stored, const std::filesystem::path& directory, std::string_view numeric,
                    const auto& vector_of) {
  passport p;
  add_build_facts(p, numeric);
  add_model_facts(p, directory, checkpoint::open(directory));
  for (const auto& f : stored.facts)
    if (f.group != "promise" && f.group != "configuration" && f.group != "weights") p.facts.push_back(f);
  for (auto t : stored.texts) {
    if (t.tokens != static_cast<index_t>(t.ids.size()))
      fail({.subject = "text " + detail::shown(t.name),
            .found = "a passport without ids",
            .wanted = "one that was made with --vectors"});
    t.vector = vector_of(list<const std::int32_t>(t.ids), list<const std::int32_t>(t.segments));
    add_digests(t);
    p.texts.push_back(std::move(t));
  }
  return p;
}

}  // namespace weft
