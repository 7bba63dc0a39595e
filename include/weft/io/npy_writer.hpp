#pragma once
// Writes a matrix as NumPy's .npy, row by row, however many there will be (NEP 1; numpy/lib/format.py, version 1.0).
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A file of rows of one type. It appears whole, when finish() is called, or not at all: until then it lies beside its
/// place under another name, which the destructor removes.
class npy_writer {
 public:
  /// `type` is NumPy's name of a value, as "<f4", "<f2", "|i1", "|u1"; a row has `width` of them, `row_bytes` in all.
  /// Throws weft::error if the file cannot be made.
  npy_writer(std::filesystem::path path, std::string type, index_t width, index_t row_bytes)
      : path_(std::move(path)), partial_(path_), type_(std::move(type)), width_(width), row_bytes_(row_bytes) {
    partial_ += "." + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + ".partial";
    out_.open(partial_, std::ios::binary);
    if (!out_) refuse("no permission, or no such directory: " + partial_.string());
    out_ << header();
  }
  npy_writer(const npy_writer&) = delete;
  npy_writer& operator=(const npy_writer&) = delete;
  ~npy_writer() {
    if (finished_) return;
    out_.close();
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
  }

  /// Appends whole rows. Throws weft::error if they are not whole, or if the disk refuses.
  void add(list<const std::byte> rows) {
    if (row_bytes_ < 1 || rows.size() % row_bytes_ != 0)
      fail({.file = path_.string(),
            .subject = "rows",
            .found = std::to_string(rows.size()) + " bytes",
            .wanted = "a multiple of " + std::to_string(row_bytes_)});
    out_.write(reinterpret_cast<const char*>(rows.data()), rows.size());
    if (!out_) refuse("a write error, perhaps a full disk");
    rows_ += rows.size() / row_bytes_;
  }

  index_t rows() const { return rows_; }

  /// Writes how many rows there are, and puts the file in its place.
  void finish() {
    out_.seekp(0);
    out_ << header();
    out_.close();
    if (!out_) refuse("a write error, perhaps a full disk");
    std::error_code failed;
    std::filesystem::rename(partial_, path_, failed);
    if (failed) refuse(failed.message());
    finished_ = true;
  }

 private:
  // 128 bytes, whatever the number of rows.
  std::string header() const {
    std::string text = "{'descr': '" + type_ + "', 'fortran_order': False, 'shape': (" + std::to_string(rows_) + ", " +
                       std::to_string(width_) + "), }";
    constexpr std::size_t all = 128, before = 10;
    text.resize(all - before - 1, ' ');
    text += '\n';
    constexpr char start[before] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(all - before), 0};
    return std::string(start, before) + text;
  }

  [[noreturn]] void refuse(std::string_view found) const {
    fail({.file = path_.string(), .found = found, .wanted = "a file that can be written"});
  }

  std::filesystem::path path_, partial_;
  std::string type_;
  index_t width_, row_bytes_, rows_ = 0;
  std::ofstream out_;
  bool finished_ = false;
};

}  // namespace weft
