#pragma once
// The file that one rank writes: it grows with whole answers, and goes on where a killed run left it.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <weft/io/sha256.hpp>
#include <weft/program/line_share.hpp>
#include <weft/program/output.hpp>
#include <weft/program/ranks.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// A sum of SHA-256 digests of rows, each with its line's number, modulo 2^256: it does not depend on who made which.
class row_digest {
 public:
  void add(index_t line, std::string_view row) {
    sum(sha256().add(std::to_string(line)).add(std::string_view("\n")).add(row).digest());
  }
  /// That of other rows, as text() gives it.
  void sum(std::string_view hexadecimal) {
    unsigned carry = 0;
    for (std::size_t i = digits_.size(); i-- > 0;) {
      const unsigned all = value(digits_[i]) + value(hexadecimal[i]) + carry;
      digits_[i] = "0123456789abcdef"[all & 15u];
      carry = all >> 4;
    }
  }
  const std::string& text() const { return digits_; }

 private:
  static unsigned value(char digit) { return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }
  std::string digits_ = std::string(64, '0');
};

/// What a rank writes to a folder: NAME.partial while it grows and NAME when it is whole; NAME.run says what decides
/// its bytes, and NAME.digest how many rows there are and their digest. NAME is rank-2-of-8 and an ending, so that the
/// files of all ranks in the order of their names, one behind the other, are what one rank alone writes.
class rank_file {
 public:
  /// `row_bytes`: of a row; 0: lines of JSON that begin {"line":N. `run` is what decides the bytes, as a text. Throws
  /// weft::error where the folder holds another run's files, or cannot be written.
  rank_file(const std::string& folder, rank_of_many who, std::string_view ending, index_t row_bytes,
            const std::string& run)
      : folder_(folder), who_(who), ending_(ending), row_bytes_(row_bytes), path_(path_of(who.rank)) {
    std::filesystem::create_directories(folder_);
    refuse_others();
    const auto about = beside(path_, ".run");
    if (const auto said = content_of(about); said.empty())
      put(about, run);
    else if (said != run)
      fail({.file = about.string(),
            .found = "another model, other options or other texts",
            .wanted = "those of this run",
            .remedy = "choose another folder, or remove that one's files"});
    whole_ = std::filesystem::exists(path_);
    if (!whole_) reopen();
  }
  rank_file(const rank_file&) = delete;
  rank_file& operator=(const rank_file&) = delete;
  ~rank_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  bool whole() const { return whole_; }  ///< nothing is left to do
  int descriptor() const { return descriptor_; }
  std::string name() const { return path_.string(); }
  /// How many rows an interrupted run left; of lines of JSON the number of the last line.
  index_t done() const { return done_; }

  /// Puts the file in its place. `first` is the number of the rank's first line.
  void finish(index_t first) {
    const auto partial = beside(path_, ".partial");
    row_digest digest;
    index_t rows = 0;
    std::ifstream in(partial, std::ios::binary);
    if (row_bytes_ > 0) {
      std::string row(static_cast<std::size_t>(row_bytes_), '\0');
      while (in.read(row.data(), row_bytes_)) digest.add(first + rows++, row);
    } else {
      for (std::string line; std::getline(in, line); ++rows) digest.add(line_of(line), line);
    }
    put(beside(path_, ".digest"), std::to_string(rows) + " rows " + digest.text() + "\n");
    std::filesystem::rename(partial, path_);
    whole_ = true;
  }

  /// Rows and digest of all ranks' files, where all are whole; else empty.
  std::string all() const {
    row_digest digest;
    index_t rows = 0;
    for (index_t r = 0; r < who_.ranks; ++r) {
      if (!std::filesystem::exists(path_of(r))) return {};
      std::istringstream said(content_of(beside(path_of(r), ".digest")));
      index_t some = 0;
      std::string word, one;
      if (!(said >> some >> word >> one) || one.size() != 64) return {};
      rows += some, digest.sum(one);
    }
    return std::to_string(rows) + " rows, digest " + digest.text();
  }

 private:
  using path = std::filesystem::path;
  static path beside(path p, const char* ending) { return p += ending; }
  path path_of(index_t rank) const {
    const auto ranks = std::to_string(who_.ranks);
    auto number = std::to_string(rank + 1);
    number.insert(0, ranks.size() - number.size(), '0');
    return folder_ / ("rank-" + number + "-of-" + ranks + ending_);
  }
  static std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Whole or not at all.
  static void put(const path& file, const std::string& text) {
    const auto aside = beside(file, ("." + std::to_string(::getpid()) + ".new").c_str());
    std::ofstream out(aside, std::ios::binary);
    out << text;
    out.close();
    if (!out) fail({.file = aside.string(), .found = "a write error", .wanted = "a folder that can be written"});
    std::filesystem::rename(aside, file);
  }
  // Files of another number of ranks, or of another kind, would be taken for rows of this run.
  void refuse_others() const {
    const auto wanted = "-of-" + std::to_string(who_.ranks) + ending_;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const auto name = entry.path().filename().string();
      if (name.starts_with("rank-") && name.find(wanted) == name.npos)
        fail({.file = entry.path().string(),
              .found = "a file of another run",
              .wanted =
                  "a folder with none but files of " + std::to_string(who_.ranks) + " ranks that end in " + ending_,
              .remedy = "choose another folder, or remove that one's files"});
    }
  }
  static index_t line_of(std::string_view json) {
    constexpr std::string_view begin = "{\"line\":";
    index_t number = 0;
    if (json.starts_with(begin)) std::from_chars(json.data() + begin.size(), json.data() + json.size(), number);
    return number;
  }
  // What is not whole at the end is cut off, and made again.
  void reopen() {
    const auto partial = beside(path_, ".partial");
    descriptor_ = ::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
      fail({.file = partial.string(), .found = std::strerror(errno), .wanted = "a folder that can be written"});
    const index_t bytes = ::lseek(descriptor_, 0, SEEK_END);
    index_t keep = 0;
    if (row_bytes_ > 0) {
      done_ = bytes / row_bytes_, keep = done_ * row_bytes_;
    } else {
      std::ifstream in(partial, std::ios::binary);
      for (std::string line; std::getline(in, line) && !in.eof();)
        keep += static_cast<index_t>(line.size()) + 1, done_ = line_of(line);
    }
    const off_t length = keep;
    if (::ftruncate(descriptor_, length) != 0 || ::lseek(descriptor_, 0, SEEK_END) < 0)
      fail({.file = partial.string(), .found = std::strerror(errno), .wanted = "a file that can be cut"});
  }

  path folder_;
  rank_of_many who_;
  std::string ending_;
  index_t row_bytes_;
  path path_;
  int descriptor_ = -1;
  index_t done_ = 0;
  bool whole_ = false;
};

}  // namespace weft::program
