// Arbitrary bytes as the files of a tokenizer: one that works, or weft::error. The byte 0x1e parts the vocabulary (a
// tokenizer.json, a SentencePiece model or a vocab.txt, by its first byte), tokenizer_config.json, config.json,
// special_tokens_map.json and added_tokens.json.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <weft/io/tokenizer_json.hpp>

namespace fuzz_tokenizer_files {

namespace {
void require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

inline int run(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::optional<std::string_view>, 5> files;
  for (auto& file : files) {
    const auto end = std::min(rest.find('\x1e'), rest.size());
    if (end > 0) file = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  constexpr std::array<std::string_view, 4> names{"tokenizer_config.json", "config.json", "special_tokens_map.json",
                                                  "added_tokens.json"};
  using namespace weft::detail;
  try {
    auto configuration =
        tokenizer_configuration::gather("", [&](const std::filesystem::path& path) -> std::optional<nlohmann::json> {
          const auto at =
              static_cast<std::size_t>(std::find(names.begin(), names.end(), path.string()) - names.begin());
          require(at < names.size());
          if (!files[at + 1]) return {};
          return parse_object(*files[at + 1], path.string());
        });
    const auto vocabulary = files[0].value_or("");
    const auto read = vocabulary.starts_with('{')    ? read_tokenizer_json
                      : vocabulary.starts_with('\n') ? read_sentencepiece_file
                                                     : read_wordpiece_lines;
    const auto w = read(vocabulary, "file", {}, std::move(configuration));
    const weft::encoding e = w.encode_pair("Weaving [MASK] <x> now", "caf\xc3\xa9 <mask>", std::nullopt);
    require(e.ids.size() == e.segments.size() && e.ids.size() == e.offsets.size());
    for (const std::int32_t id : e.ids) require(id >= 0 && id < w.size());
    (void)w.decode(e.ids);
  } catch (const weft::error&) {
  }
  return 0;
}
}  // namespace fuzz_tokenizer_files
