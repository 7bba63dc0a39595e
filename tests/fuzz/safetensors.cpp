// Any bytes: safetensors::parse lists tensors that lie inside the bytes and cover them, or throws weft::error.
#include <cstdint>
#include <cstdlib>
#include <vector>
#include <weft/io/as_floats.hpp>
#include <weft/io/safetensors.hpp>

namespace fuzz_safetensors {

namespace {
void demand(bool holds) {
  if (!holds) std::abort();
}

void parse(weft::list<const std::byte> bytes) {
  try {
    const auto file = weft::safetensors::parse(bytes, "fuzz");
    weft::index_t covered = 0;
    weft::arena store;
    for (const auto& t : file) {
      demand(file.find(t.name) == &t);
      demand(t.bytes.data() >= bytes.data() + 8 && t.bytes.end() <= bytes.end());
      covered += t.bytes.size();
      if (weft::is_floating(t.type)) demand(weft::as_floats(t, store).size() == t.count());
    }
    const auto header = weft::detail::load_little<std::uint64_t>(bytes.data());
    demand(covered + 8 + static_cast<weft::index_t>(header) == bytes.size());
    demand(static_cast<weft::index_t>(file.names().size()) == file.size());
  } catch (const weft::error& e) {
    demand(e.file == "fuzz" && std::string_view(e.what()).size() < 3000);
  }
}
}  // namespace

inline int run(const std::uint8_t* data, std::size_t size) {
  parse({reinterpret_cast<const std::byte*>(data), static_cast<weft::index_t>(size)});
  if (size < 8) return 0;
  // Again with a length that is inside the file, so that mutations of the header reach its reader.
  std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(data),
                               reinterpret_cast<const std::byte*>(data) + size);
  const auto length = weft::detail::load_little<std::uint64_t>(bytes.data());
  if (length <= size - 8) return 0;
  std::uint64_t last = size;
  while (last > 8 && data[last - 1] != '}') --last;
  for (int i = 0; i < 8; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<std::byte>((last - 8) >> (8 * i) & 255);
  parse(bytes);
  return 0;
}
}  // namespace fuzz_safetensors
