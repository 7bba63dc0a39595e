#pragma once
// What tests of readers share: the sentence of a refusal, a scratch directory, small safetensors files.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>

#include "../refusal.hpp"
#include "../temporary_folder.hpp"

inline std::filesystem::path scratch_directory(const std::string& name) {
  const auto at = weft_test::temporary_folder() / name;
  std::filesystem::remove_all(at);
  std::filesystem::create_directories(at);
  return at;
}

inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A safetensors file of this header, with `data` zero bytes behind it.
inline std::string safetensors_file(const std::string& header, std::size_t data = 0) {
  std::string s;
  for (int i = 0; i < 8; ++i) s += static_cast<char>(static_cast<std::uint64_t>(header.size()) >> (8 * i) & 255);
  return s + header + std::string(data, '\0');
}

inline weft::list<const std::byte> bytes_of_text(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), static_cast<weft::index_t>(text.size())};
}
