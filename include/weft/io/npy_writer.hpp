#pragma once
// Writes a matrix as NumPy's .npy, row by row, however many there will be (NEP 1; numpy/lib/format.py, version 1.0).
#include <string>
#include <utility>
#include <weft/io/row_writer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A row_writer of one array.
class npy_writer final : public row_writer {
 public:
  /// `type` is NumPy's name of a value, as "<f4", "<f2", "|i1", "|u1"; a row has `width` of them, `row_bytes` in all.
  /// Throws weft::error if the file cannot be made.
  npy_writer(std::filesystem::path path, std::string type, index_t width, index_t row_bytes)
      : row_writer(std::move(path), width, row_bytes), type_(std::move(type)) {}

 private:
  // 128 bytes, whatever the number of rows.
  std::string header(index_t rows) const override {
    std::string text = "{'descr': '" + type_ + "', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                       std::to_string(width()) + "), }";
    constexpr std::size_t all = 128, before = 10;
    text.resize(all - before - 1, ' ');
    text += '\n';
    constexpr char start[before] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(all - before), 0};
    return std::string(start, before) + text;
  }

  std::string type_;
};

}  // namespace weft
