// Arbitrary bytes as a tokenizer.json: a tokenizer that works, or weft::error.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <weft/io/tokenizer_json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto w = weft::parse_tokenizer({reinterpret_cast<const char*>(data), size}, "tokenizer.json",
                                         {.stored_truncation = true});
    const weft::encoding e = w.encode_pair("Weaving [MASK] now, \xe4\xb8\xad\xff", "caf\xc3\xa9", std::nullopt);
    for (const std::int32_t id : e.ids)
      if (id < 0 || id >= w.size()) std::abort();
    (void)w.decode(e.ids);
  } catch (const weft::error&) {
  }
  return 0;
}
