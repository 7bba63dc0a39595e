#pragma once
// model.safetensors.index.json, pytorch_model.bin.index.json: which of several files holds which tensor.
#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The contents of an index, in the order of the tensors' names.
struct shard_index {
  std::string file;
  std::vector<std::pair<std::string, std::string>> tensors;  ///< tensor, name of the file beside the index
};

namespace detail {
/// The index comes from outside: a shard named "../x" or "/etc/x" would be read from anywhere.
inline bool is_bare_file_name(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix && name.front() != '.' &&
         name.find_first_of("/\\:") == name.npos && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}
}  // namespace detail

/// Reads an index. Throws weft::error unless "weight_map" maps every tensor to the bare name of a safetensors file, or
/// of a .bin file where the index itself is called so. "metadata" is not looked at: writers get total_size wrong.
inline shard_index parse_shard_index(std::string_view text, std::string file) {
  auto document = parse_json(text, file);
  const detail::json_scope scope(document);
  const auto& map = json_at(document, "weight_map", file);
  if (!map.is_object() || map.empty())
    fail({.file = file, .subject = "weight_map", .found = json_shown(map), .wanted = "an object: tensor, file name"});
  const bool pickled = file.find(".bin.index.json") != file.npos;
  const std::string suffix = pickled ? ".bin" : ".safetensors";
  shard_index index_of{std::move(file), {}};
  index_of.tensors.reserve(map.size());
  for (const auto& [tensor, shard] : map.items()) {
    if (!shard.is_string() || !detail::is_bare_file_name(shard.get_ref<const std::string&>(), suffix))
      fail({.file = index_of.file,
            .subject = "weight_map: " + detail::shown(tensor),
            .found = json_shown(shard),
            .wanted = "the bare name of a " + suffix + " file in the same directory",
            .remedy = "such an index could reach outside of its directory: do not trust it"});
    index_of.tensors.emplace_back(tensor, shard.get<std::string>());
  }
  return index_of;
}

inline shard_index read_shard_index(const std::filesystem::path& path) {
  return parse_shard_index(mapped_file::open(path)->text(), path.string());
}

}  // namespace weft
