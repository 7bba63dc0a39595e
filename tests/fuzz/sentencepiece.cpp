// Arbitrary bytes as a spiece.model, behind a text of at most 255 bytes: weft::error, or a model whose ids are of its
// vocabulary and whose offsets lie inside the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <weft/text/sentencepiece.hpp>

namespace fuzz_sentencepiece {

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

inline int run(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size - 1 < data[0]) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto text = all.substr(0, data[0]);
  try {
    const weft::sentencepiece model(all.substr(data[0]), "fuzz");
    const weft::encoding e = model.pieces(text);
    for (weft::index_t i = 0; i < e.size(); ++i) {
      const auto [begin, end] = e.offsets[static_cast<std::size_t>(i)];
      require(0 <= begin && begin <= end && end <= static_cast<weft::index_t>(text.size()));
      require(e.ids[static_cast<std::size_t>(i)] >= 0 && e.ids[static_cast<std::size_t>(i)] < model.size());
    }
    (void)model.decode(e.ids);
  } catch (const weft::error&) {
  }
  return 0;
}
}  // namespace fuzz_sentencepiece
