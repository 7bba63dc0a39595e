#pragma once
// A file of vectors instead of lines of text.
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/npy_writer.hpp>
#include <weft/io/safetensors_rows.hpp>
#include <weft/pipeline/quantized_vectors.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// How values are written, by the word of the command line; empty: float32. Throws weft::error for another word.
inline vector_precision precision_of(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, vector_precision>, 6> words{
      {{"float32", vector_precision::float32},
       {"float16", vector_precision::float16},
       {"int8", vector_precision::int8},
       {"uint8", vector_precision::uint8},
       {"binary", vector_precision::binary},
       {"ubinary", vector_precision::ubinary}}};
  if (word.empty()) return vector_precision::float32;
  for (const auto& [text, how] : words)
    if (text == word) return how;
  fail({.subject = "--precision", .found = word, .wanted = "float32, float16, int8, uint8, binary or ubinary"});
}

/// The same where a row is written without the others: int8 and uint8, whose steps depend on all rows, are refused.
inline vector_precision row_precision_of(std::string_view word) {
  const auto how = precision_of(word);
  if (how == vector_precision::int8 || how == vector_precision::uint8)
    fail({.subject = "--precision",
          .found = word,
          .wanted = "float32, float16, binary or ubinary",
          .remedy =
              "its steps depend on all vectors, which ranks do not see; leave it out, and quantise the joined file"});
  return how;
}

/// Vectors as they come, to a .npy or .safetensors file that appears when all have. Memory is bounded by one call's
/// vectors; for int8 and uint8, whose steps depend on all of them, all are held until the end.
class vector_file {
 public:
  /// `precision` is the word of the command line; empty: float32. Throws weft::error for another word, for another kind
  /// of file, for a width that the precision cannot have, and if the file cannot be made.
  vector_file(const std::string& path, std::string_view precision, index_t width)
      : how_(precision_of(precision)),
        width_(width),
        out_(opened(path, how_, bytes_of_vector(how_, width) / bytes_of_value(how_), bytes_of_vector(how_, width))) {}

  void add(matrix<const float> rows) {
    if (!in_steps()) return out_->add(quantized(rows, how_));
    for (index_t i = 0; i < rows.count; ++i) held_.insert(held_.end(), rows.row(i), rows.row(i) + width_);
  }

  void finish() {
    if (!held_.empty()) {
      const matrix<const float> all(held_.data(), static_cast<index_t>(held_.size()) / width_, width_);
      out_->add(quantized(all, how_, ranges_of(all)));
    }
    out_->finish();
  }

 private:
  static std::unique_ptr<row_writer> opened(const std::string& path, vector_precision how, index_t width,
                                            index_t row_bytes) {
    if (path.ends_with(".npy")) return std::make_unique<npy_writer>(path, numpy_type(how), width, row_bytes);
    if (path.ends_with(".safetensors"))
      return std::make_unique<safetensors_rows>(path, tensor_type(how), width, row_bytes);
    fail({.subject = "--out", .found = path, .wanted = "a name that ends in .npy, NumPy's format, or in .safetensors"});
  }
  static index_t bytes_of_value(vector_precision how) {
    return how == vector_precision::float32 ? 4 : how == vector_precision::float16 ? 2 : 1;
  }
  static const char* numpy_type(vector_precision how) {
    switch (how) {
      case vector_precision::float32:
        return "<f4";
      case vector_precision::float16:
        return "<f2";
      case vector_precision::int8:
      case vector_precision::binary:
        return "|i1";
      case vector_precision::uint8:
      case vector_precision::ubinary:
        break;
    }
    return "|u1";
  }
  static dtype tensor_type(vector_precision how) {
    switch (how) {
      case vector_precision::float32:
        return dtype::f32;
      case vector_precision::float16:
        return dtype::f16;
      case vector_precision::int8:
      case vector_precision::binary:
        return dtype::i8;
      case vector_precision::uint8:
      case vector_precision::ubinary:
        break;
    }
    return dtype::u8;
  }
  bool in_steps() const { return how_ == vector_precision::int8 || how_ == vector_precision::uint8; }

  vector_precision how_;
  index_t width_;
  std::unique_ptr<row_writer> out_;
  std::vector<float> held_;
};

}  // namespace weft::program
