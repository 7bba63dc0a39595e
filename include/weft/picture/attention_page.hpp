#pragma once
// What a sentence attends to: attention probabilities as one self-contained HTML page.
#include <algorithm>
#include <weft/base/base64.hpp>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/base/list.hpp>
#include <weft/picture/attention_script.hpp>
#include <weft/picture/markup.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The attention of one head of one layer: probabilities [n, n], row by row; row q says what query q takes from each
/// key.
struct attention_map {
  index_t layer, head;
  const float* probabilities;
};

namespace drawing {
/// Numbers of 0 to 1 as 16-bit fractions of 65535, the low byte first, in base 64.
inline std::string packed_fractions(const float* values, index_t count) {
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(2 * count));
  for (index_t i = 0; i < count; ++i) {
    const auto fraction =
        static_cast<unsigned>(std::clamp(is_finite(values[i]) ? values[i] : 0.0f, 0.0f, 1.0f) * 65535.0f + 0.5f);
    bytes += static_cast<char>(fraction & 255u), bytes += static_cast<char>(fraction >> 8);
  }
  return detail::encode_base64(bytes);
}
}  // namespace drawing

/// A page that shows one map at a time: pick a layer and a head; hover over a token for what it takes from each key,
/// over a cell for a pair. One file, no network. Tokens are shown as they are; probabilities are kept to 1/65535.
/// Fails unless there are 1 to 128 tokens and some map, and no layer and head twice.
inline std::string attention_page(list<const std::string> tokens, list<const attention_map> maps,
                                  std::string_view title = "attention") {
  constexpr index_t most = 128;
  if (tokens.empty() || tokens.size() > most)
    fail({.subject = "the tokens of an attention page",
          .found = std::to_string(tokens.size()),
          .wanted = "1 to " + std::to_string(most),
          .remedy = "show a part of the text"});
  if (maps.empty()) fail({.subject = "the maps of an attention page", .found = "none", .wanted = "at least one"});
  std::string words, all;
  for (const auto& t : tokens) words += (words.empty() ? "" : ",") + drawing::script_string(t);
  for (index_t i = 0; i < maps.size(); ++i) {
    for (index_t j = 0; j < i; ++j)
      if (maps[i].layer == maps[j].layer && maps[i].head == maps[j].head)
        fail({.subject = "the maps of an attention page",
              .found = "layer " + std::to_string(maps[i].layer) + ", head " + std::to_string(maps[i].head) + " twice",
              .wanted = "every map once"});
    all += std::string(i == 0 ? "" : ",\n") + "{layer:" + std::to_string(maps[i].layer) +
           ",head:" + std::to_string(maps[i].head) + ",data:\"" +
           drawing::packed_fractions(maps[i].probabilities, tokens.size() * tokens.size()) + "\"}";
  }
  const auto name = drawing::escaped(title);
  return "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta "
         "charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>" +
         name + "</title>\n<style>/*<![CDATA[*/" + drawing::attention_style + "/*]]>*/</style>\n</head>\n<body>\n<h1>" +
         name + "</h1>\n" + drawing::attention_body + "<script>/*<![CDATA[*/\nconst tokens=[" + words +
         "];\nconst maps=[" + all + "];\n" + drawing::attention_script + "/*]]>*/</script>\n</body>\n</html>\n";
}

}  // namespace weft
