// Any bytes: torch_file::parse lists tensors that lie inside the bytes or were copied, or throws weft::error. Bytes
// that are no container are also taken for the pickle inside of one.
#include <cstdint>
#include <cstdlib>
#include <weft/io/as_floats.hpp>
#include <weft/io/torch_file.hpp>

namespace fuzz_torch_file {

namespace {
void demand(bool holds) {
  if (!holds) std::abort();
}

void read(const weft::stored_tensor& t) {
  weft::arena store;
  unsigned sum = 0;
  for (const auto byte : t.bytes) sum += std::to_integer<unsigned>(byte);
  demand(sum <= 255u * static_cast<unsigned>(t.bytes.size()));
  if (weft::is_floating(t.type)) demand(weft::as_floats(t, store).size() == t.count());
}

void parse(weft::list<const std::byte> bytes) {
  try {
    const auto file = weft::torch_file::parse(bytes, "fuzz");
    weft::index_t copied = 0;
    for (const auto& t : file) {
      demand(file.find(t.name) == &t);
      const bool inside = t.bytes.data() >= bytes.data() && t.bytes.end() <= bytes.end();
      if (!t.bytes.empty() && !inside) copied += t.bytes.size();
      read(t);
    }
    demand(copied <= bytes.size());
  } catch (const weft::error& e) {
    demand(e.file == "fuzz" && std::string_view(e.what()).size() < 3000);
  }
}

void parse_pickle(weft::list<const std::byte> bytes) {
  try {
    const auto content = weft::read_pickle(weft::detail::text_of(bytes), "fuzz");
    demand(content.size <= bytes.size());
    std::vector<weft::list<const std::byte>> storages;
    for (const auto& storage : content.storages) {
      const auto size = weft::dtype_bits(storage.type) / 8;
      if (storage.count > bytes.size() / size) return;
      storages.push_back(bytes.part(0, storage.count * size));
    }
    weft::arena copies;
    const auto names = weft::detail::state_dict_names(content, "fuzz").names;
    weft::detail::tensor_placer placer(content, storages, bytes.size(), "fuzz");
    for (const auto& [name, tensor] : names) read(placer.place(name, tensor, copies));
  } catch (const weft::error& e) {
    demand(e.file == "fuzz" && std::string_view(e.what()).size() < 3000);
  }
}
}  // namespace

inline int run(const std::uint8_t* data, std::size_t size) {
  const weft::list<const std::byte> bytes{reinterpret_cast<const std::byte*>(data), static_cast<weft::index_t>(size)};
  parse(bytes);
  if (size < 2 || data[0] != 'P') parse_pickle(bytes);
  return 0;
}
}  // namespace fuzz_torch_file
