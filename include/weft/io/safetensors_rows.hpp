#pragma once
// Writes a matrix as the one tensor of a safetensors file, row by row, however many there will be.
#include <string>
#include <utility>
#include <weft/io/dtype.hpp>
#include <weft/io/row_writer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A row_writer of the tensor "embeddings". safetensors_writer writes any tensors whose sizes are known.
class safetensors_rows final : public row_writer {
 public:
  /// A row has `width` values of `type`, `row_bytes` in all. Throws weft::error if the file cannot be made.
  safetensors_rows(std::filesystem::path path, dtype type, index_t width, index_t row_bytes)
      : row_writer(std::move(path), width, row_bytes), type_(type) {}

 private:
  // 192 bytes, whatever the number of rows, so that they are aligned to 64.
  std::string header(index_t rows) const override {
    constexpr std::size_t all = 192, before = 8;
    std::string text = "{\"embeddings\":{\"dtype\":\"" + std::string(dtype_name(type_)) + "\",\"shape\":[" +
                       std::to_string(rows) + "," + std::to_string(width()) + "],\"data_offsets\":[0," +
                       std::to_string(rows * row_bytes()) + "]}}";
    text.resize(all - before, ' ');
    constexpr char size[before] = {static_cast<char>(all - before), 0, 0, 0, 0, 0, 0, 0};
    return std::string(size, before) + text;
  }

  dtype type_;
};

}  // namespace weft
