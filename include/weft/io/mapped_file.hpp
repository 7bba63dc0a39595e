#pragma once
// A file's bytes, without copying them where the system can map files.
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#if defined(__unix__) || defined(__APPLE__)
#define WEFT_DETAIL_MAPS_FILES 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#else
#include <fstream>
#endif

namespace weft::inline v0_1 {

/// The read-only bytes of one file; many models and threads may share it. The file must not be cut short while it is
/// open (reading past its new end ends the program): write a new file and rename it instead.
class mapped_file {
 public:
  /// Throws weft::error if `path` is missing, is empty, is not a regular file (a directory, a pipe) or is unreadable.
  static std::shared_ptr<const mapped_file> open(const std::filesystem::path& path) {
    return std::shared_ptr<const mapped_file>(new mapped_file(path));
  }

  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file() {
#if defined(WEFT_DETAIL_MAPS_FILES)
    ::munmap(const_cast<std::byte*>(bytes_.data()), static_cast<std::size_t>(bytes_.size()));
#endif
  }

  list<const std::byte> bytes() const { return bytes_; }

  /// Lets the system take back the memory of pages that were read; those that are read again are mapped again.
  void release_pages() const {
#if defined(WEFT_DETAIL_MAPS_FILES)
    ::madvise(const_cast<std::byte*>(bytes_.data()), static_cast<std::size_t>(bytes_.size()), MADV_DONTNEED);
#endif
  }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), static_cast<std::size_t>(bytes_.size())};
  }
  /// The path as it was given.
  const std::string& name() const { return name_; }

 private:
  [[noreturn]] void refuse(std::string_view found, std::string_view remedy = "") const {
    fail({.file = name_,
          .found = found,
          .wanted = "a regular file that can be read and is not empty",
          .remedy = remedy});
  }

#if defined(WEFT_DETAIL_MAPS_FILES)
  explicit mapped_file(const std::filesystem::path& path) : name_(path.string()) {
    struct descriptor {
      int number;
      ~descriptor() {
        if (number >= 0) ::close(number);
      }
    };
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    const descriptor file{::open(name_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.number < 0) refuse(errno == ENOENT ? "no such file" : std::strerror(errno));
    struct ::stat status {};
    if (::fstat(file.number, &status) != 0) refuse(std::strerror(errno));
    if (S_ISDIR(status.st_mode)) refuse("a directory");
    if (!S_ISREG(status.st_mode)) refuse("a pipe, a socket or a device");
    if (status.st_size <= 0) refuse("an empty file", "copy or download it again");
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
    if (at == MAP_FAILED) refuse(std::strerror(errno));
    bytes_ = {static_cast<const std::byte*>(at), static_cast<index>(size)};
  }
#else
  explicit mapped_file(const std::filesystem::path& path) : name_(path.string()) {
    std::error_code ignored;
    const auto kind = std::filesystem::status(path, ignored).type();
    if (kind == std::filesystem::file_type::not_found) refuse("no such file");
    if (kind == std::filesystem::file_type::directory) refuse("a directory");
    if (kind != std::filesystem::file_type::regular) refuse("a pipe, a socket or a device");
    const auto size = std::filesystem::file_size(path, ignored);
    if (ignored) refuse("a file of unknown size");
    if (size == 0) refuse("an empty file", "copy or download it again");
    owned_.resize(static_cast<std::size_t>(size));
    std::ifstream in(path, std::ios::binary);
    if (!in.read(reinterpret_cast<char*>(owned_.data()), static_cast<std::streamsize>(size))) refuse("a read error");
    bytes_ = owned_;
  }
  std::vector<std::byte> owned_;
#endif

  std::string name_;
  list<const std::byte> bytes_;
};

}  // namespace weft
#undef WEFT_DETAIL_MAPS_FILES
