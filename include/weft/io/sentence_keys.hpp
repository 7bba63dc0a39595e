#pragma once
// The JSON files of sentence-transformers: every key is known, or refused by name.
#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

inline nlohmann::json read_json(const std::filesystem::path& path) {
  return parse_json(mapped_file::open(path)->text(), path.string());
}

/// Fails at a key that is in neither list: what weft does not know could change the vectors.
inline void check_sentence_keys(const nlohmann::json& object, std::initializer_list<std::string_view> known,
                                const std::string& within, std::string_view file,
                                std::span<const std::string_view> also = {}) {
  if (!object.is_object()) fail({.file = file, .subject = within, .found = json_shown(object), .wanted = "an object"});
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end() &&
        std::find(also.begin(), also.end(), key) == also.end() && !value.is_null())
      fail({.file = file,
            .subject = within.empty() ? key : within + "." + key,
            .found = json_shown(value),
            .wanted = "no such key, or null"});
}

}  // namespace weft::detail
