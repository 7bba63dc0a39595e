#pragma once
// The names of a classifier's classes, as config.json lists them.
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/json.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// The strings of an array; fails if it is none.
inline std::vector<std::string> json_texts(const nlohmann::json& array, std::string_view key, std::string_view file) {
  std::vector<std::string> texts;
  if (!array.is_array())
    fail({.file = file, .subject = key, .found = json_shown(array), .wanted = "an array of strings"});
  for (const auto& v : array) {
    if (!v.is_string())
      fail({.file = file, .subject = key, .found = json_shown(v) + " in the array", .wanted = "strings"});
    texts.push_back(v.get<std::string>());
  }
  return texts;
}

/// id2label ({"0": "negative", "1": "positive"}) in the order of ids. Without it, num_labels (2 if that is absent too)
/// names LABEL_0, LABEL_1 and so on, as transformers has it. A number is the label that it is written as.
inline std::vector<std::string> read_labels(const nlohmann::json& document, std::string_view file) {
  constexpr index_t most = 65'536;
  std::vector<std::string> labels;
  const auto* map = json_find(document, "id2label", file);
  if (!map) {
    const auto n = json_integer(document, "num_labels", file, 1, most, 2);
    for (index_t i = 0; i < n; ++i) labels.push_back("LABEL_" + std::to_string(i));
    return labels;
  }
  const auto refuse = [&](std::string_view found) {
    fail({.file = file,
          .subject = "id2label",
          .found = found,
          .wanted = "an object that gives every id from \"0\" on, without gaps, a string or a number"});
  };
  if (!map->is_object() || map->empty()) refuse(json_shown(*map));
  if (map->size() > std::size_t{most}) refuse(std::to_string(map->size()) + " labels");
  for (std::size_t i = 0; i < map->size(); ++i) {
    const auto at = map->find(std::to_string(i));
    if (at == map->end()) refuse("no id " + std::to_string(i) + " among " + std::to_string(map->size()));
    if (!at->is_string() && !at->is_number()) refuse(json_shown(*at) + " for id " + std::to_string(i));
    labels.push_back(at->is_string() ? at->get<std::string>() : at->dump());
  }
  return labels;
}

}  // namespace weft::detail
