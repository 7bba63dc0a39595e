#pragma once
// Writes a file of rows, however many there will be, behind a header that says how many.
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

/// A file of rows of one type, in a format that derives from it. It appears whole, when finish() is called, or not at
/// all: until then it lies beside its place under another name, which the destructor removes.
class row_writer {
 public:
  row_writer(const row_writer&) = delete;
  row_writer& operator=(const row_writer&) = delete;
  virtual ~row_writer() {
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
    if (rows_ == 0) out_.seekp(0), out_ << header(rows_);
    out_.write(reinterpret_cast<const char*>(rows.data()), rows.size());
    if (!out_) refuse("a write error, perhaps a full disk");
    rows_ += rows.size() / row_bytes_;
  }

  index_t rows() const { return rows_; }

  /// Writes how many rows there are, and puts the file in its place.
  void finish() {
    out_.seekp(0);
    out_ << header(rows_);
    out_.close();
    if (!out_) refuse("a write error, perhaps a full disk");
    std::error_code failed;
    std::filesystem::rename(partial_, path_, failed);
    if (failed) refuse(failed.message());
    finished_ = true;
  }

 protected:
  /// A row has `width` values and `row_bytes` bytes. Throws weft::error if the file cannot be made.
  row_writer(std::filesystem::path path, index_t width, index_t row_bytes)
      : path_(std::move(path)), partial_(path_), width_(width), row_bytes_(row_bytes) {
    partial_ += "." + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + ".partial";
    out_.open(partial_, std::ios::binary);
    if (!out_) refuse("no permission, or no such directory: " + partial_.string());
  }
  index_t width() const { return width_; }
  index_t row_bytes() const { return row_bytes_; }

 private:
  /// What stands before the rows: of one size, whatever their number.
  virtual std::string header(index_t rows) const = 0;

  [[noreturn]] void refuse(std::string_view found) const {
    fail({.file = path_.string(), .found = found, .wanted = "a file that can be written"});
  }

  std::filesystem::path path_, partial_;
  index_t width_, row_bytes_, rows_ = 0;
  std::ofstream out_;
  bool finished_ = false;
};

}  // namespace weft
