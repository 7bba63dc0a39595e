// Arbitrary bytes as a tokenizer.json: a tokenizer that works, or weft::error.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <weft/io/tokenizer_json.hpp>

namespace fuzz_tokenizer_json {

namespace {
void require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

inline int run(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view first = "Weaving [MASK] now, \xe4\xb8\xad\xff  <mask>", second = "caf\xc3\xa9 e\xcc\x81";
  try {
    const auto w = weft::parse_tokenizer({reinterpret_cast<const char*>(data), size}, "tokenizer.json",
                                         {.stored_truncation = true});
    const weft::encoding e = w.encode_pair(first, second, std::nullopt);
    require(e.ids.size() == e.segments.size() && e.ids.size() == e.offsets.size());
    for (const std::int32_t id : e.ids) require(id >= 0 && id < w.size());
    const auto inside = [&](weft::token_range tokens, std::string_view text) {
      for (weft::index_t t = tokens.begin; t < tokens.end; ++t) {
        const auto [begin, end] = e.offsets[static_cast<std::size_t>(t)];
        require(0 <= begin && begin <= end && end <= static_cast<weft::index_t>(text.size()));
      }
    };
    inside(e.first, first);
    inside(e.second, second);
    (void)w.decode(e.ids);
  } catch (const weft::error&) {
  }
  return 0;
}
}  // namespace fuzz_tokenizer_json
