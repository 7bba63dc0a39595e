#pragma once
// A stored model with other numbers in it.
#include <filesystem>
#include <fstream>
#include <string>
#include <weft/io/mapped_file.hpp>
#include <weft/io/safetensors.hpp>

namespace weft_test {

/// Writes `value` over the elements [first, last) of a float32 tensor in a safetensors file; over all without numbers.
inline void change_weights(const std::filesystem::path& file, const std::string& tensor, float value,
                           weft::index_t first = 0, weft::index_t last = -1) {
  std::ptrdiff_t at = 0;
  {
    const auto mapped = weft::mapped_file::open(file);
    const auto stored = weft::safetensors::parse(mapped->bytes(), file.string());
    const auto* const t = stored.find(tensor);
    if (!t) weft::fail("no tensor " + tensor);
    at = t->bytes.data() - mapped->bytes().data();
    if (last < 0) last = t->count();
  }
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(at + first * 4);
  for (; first < last; ++first) out.write(reinterpret_cast<const char*>(&value), 4);
}

}  // namespace weft_test
