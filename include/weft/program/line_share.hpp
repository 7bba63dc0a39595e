#pragma once
// Which lines of some files one of several ranks takes: those that begin in its share of the bytes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// A file that is open for reading.
class open_file {
 public:
  /// Throws weft::error if it cannot be opened, or is no regular file.
  explicit open_file(std::string name)
      : name_(std::move(name)), descriptor_(::open(name_.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct ::stat status {};
    if (descriptor_ < 0) refuse(std::strerror(errno));
    if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
      bytes_ = status.st_size;
      return;
    }
    ::close(descriptor_);
    refuse("no regular file");
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() { ::close(descriptor_); }

  int descriptor() const { return descriptor_; }
  const std::string& name() const { return name_; }
  index_t bytes() const { return bytes_; }

  /// Bytes from `at` on, as many as there are and fit. Throws weft::error if they cannot be read.
  std::string_view read(index_t at, std::string& into) const {
    ssize_t got = 0;
    const off_t from = at;
    do got = ::pread(descriptor_, into.data(), into.size(), from);
    while (got < 0 && errno == EINTR);
    if (got < 0) refuse(std::strerror(errno));
    return {into.data(), static_cast<std::size_t>(got)};
  }

 private:
  [[noreturn]] void refuse(const char* found) const {
    fail({.file = name_, .found = found, .wanted = "a file of texts, one a line"});
  }

  std::string name_;
  int descriptor_;
  index_t bytes_ = 0;
};

/// Whole lines of one file: bytes [begin, end). `before` lines of all files are in front of them.
struct line_share {
  std::string file = {};
  index_t begin = 0, end = 0, before = 0;
};

/// The files that a path means: itself, or the files in a folder, by the order of their names. Throws weft::error where
/// there are none.
inline std::vector<std::string> files_of_texts(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.is_regular_file(ignored) && !entry.path().filename().string().starts_with('.'))
      files.push_back(entry.path().string());
  if (files.empty()) fail({.file = path, .found = "a folder without files", .wanted = "files of texts, one a line"});
  std::sort(files.begin(), files.end());
  return files;
}

namespace detail {

/// Where the first line begins that begins at byte `at` or later.
inline index_t line_begin(const open_file& file, index_t at) {
  if (at == 0) return 0;
  std::string piece(std::size_t{1} << 16, '\0');
  for (index_t from = at - 1; from < file.bytes();) {
    const auto text = file.read(from, piece);
    if (text.empty()) break;
    if (const auto end = text.find('\n'); end != text.npos) return from + static_cast<index_t>(end) + 1;
    from += static_cast<index_t>(text.size());
  }
  return file.bytes();
}

/// How many lines bytes [begin, end) hold, which begin with a line; the last line of a file need not end.
inline index_t lines_in(const open_file& file, index_t begin, index_t end) {
  std::string piece(std::size_t{1} << 20, '\0');
  index_t lines = 0;
  char last = '\n';
  for (index_t from = begin; from < end;) {
    auto text = file.read(from, piece);
    if (text.empty()) break;
    text = text.substr(0, static_cast<std::size_t>(std::min(static_cast<index_t>(text.size()), end - from)));
    lines += std::count(text.begin(), text.end(), '\n');
    from += static_cast<index_t>(text.size()), last = text.back();
  }
  return lines + (last != '\n');
}

}  // namespace detail

/// What rank `rank` of `ranks` reads: of each file the lines whose first byte lies in the rank's share of all bytes.
/// All ranks together read every line once, in order, however many they are. What lies in front is read to count its
/// lines. Throws weft::error if a file cannot be read.
inline std::vector<line_share> share_of(const std::vector<std::string>& files, index_t rank, index_t ranks) {
  index_t all = 0;
  for (const auto& file : files) all += open_file(file).bytes();
  const auto cut = [&](index_t r) { return all / ranks * r + all % ranks * r / ranks; };
  const index_t from = cut(rank), to = cut(rank + 1);
  std::vector<line_share> shares;
  index_t at = 0, before = 0;
  for (const auto& name : files) {
    if (at >= to) break;
    const open_file file(name);
    const auto place = [&](index_t byte) {
      return detail::line_begin(file, std::clamp(byte - at, index_t{0}, file.bytes()));
    };
    const index_t begin = place(from), end = place(to);
    before += detail::lines_in(file, 0, begin);
    if (begin < end) shares.push_back({name, begin, end, before});
    at += file.bytes();
    if (at < to) before += detail::lines_in(file, begin, file.bytes());  // in front of the next file's
  }
  return shares;
}

}  // namespace weft::program
