#pragma once
// A file's bytes, without copying them where the system can map files.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/io/packed_files.hpp>
#include <weft/memory/large_pages.hpp>
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

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The read-only bytes of one file; many models and threads may share it. A file that cannot be mapped (some network
/// drives) is read into memory. One that is mapped must not be cut short while it is open (reading past its new end
/// ends the program): write a new file and rename it instead.
class mapped_file {
 public:
  /// `path` may lead into a file with others packed inside. Throws weft::error if it is missing, is empty, is not a
  /// regular file (a directory, a pipe) or is unreadable.
  static std::shared_ptr<const mapped_file> open(const std::filesystem::path& path) {
    return std::shared_ptr<const mapped_file>(new mapped_file(path));
  }

  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file() {
#if defined(WEFT_DETAIL_MAPS_FILES)
    if (!mapped_.empty()) ::munmap(const_cast<std::byte*>(mapped_.data()), static_cast<std::size_t>(mapped_.size()));
#endif
  }

  list<const std::byte> bytes() const { return bytes_; }

  /// Lets the system take back the memory of pages that were read; those that are read again are mapped again. Nothing
  /// where the file was read into memory.
  void release_pages() const {
#if defined(WEFT_DETAIL_MAPS_FILES)
    if (mapped_.empty()) return;
    ::madvise(const_cast<std::byte*>(mapped_.data()), static_cast<std::size_t>(mapped_.size()), MADV_DONTNEED);
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

  // Memory for all bytes, where they are not mapped.
  std::byte* room_for(index_t size) {
    owned_ = zeroed_pages(size);
    bytes_ = {owned_.get(), size};
    return owned_.get();
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
    constexpr int how = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    descriptor file{::open(name_.c_str(), how)};
    std::optional<packed_place> inside;
    if (file.number < 0 && errno == ENOTDIR) {  // it leads through a file
      inside = find_packed(path);
      if (!inside) refuse("no such file");
      file.number = ::open(inside->container.c_str(), how);
    }
    if (file.number < 0) refuse(errno == ENOENT ? "no such file" : std::strerror(errno));
    struct ::stat status {};
    if (::fstat(file.number, &status) != 0) refuse(std::strerror(errno));
    if (S_ISDIR(status.st_mode)) refuse("a directory");
    if (!S_ISREG(status.st_mode)) refuse("a pipe, a socket or a device");
    const index_t all = status.st_size;
    const auto [begin, size] = inside ? std::pair(inside->file.offset, inside->file.size) : std::pair(index_t{0}, all);
    if (begin > all || size > all - begin) refuse_changed();
    if (size <= 0) refuse("an empty file", "copy or download it again");
    const index_t before = begin % ::sysconf(_SC_PAGESIZE);  // mappings begin with a page
    void* const at =
        ::mmap(nullptr, static_cast<std::size_t>(before + size), PROT_READ, MAP_PRIVATE, file.number, begin - before);
    if (at == MAP_FAILED) {
      read(file.number, begin, size);
      return;
    }
    mapped_ = {static_cast<const std::byte*>(at), before + size};
    bytes_ = mapped_.part(before, before + size);
  }
  void read(int file, index_t begin, index_t size) {
    auto* const to = room_for(size);
    for (index_t done = 0; done < size;) {
      constexpr index_t most = index_t{1} << 30;  // some systems read no more at once
      const auto some = ::pread(file, to + done, static_cast<std::size_t>(std::min(size - done, most)), begin + done);
      if (some == 0) refuse_changed();
      if (some > 0)
        done += static_cast<index_t>(some);
      else if (errno != EINTR)
        refuse(std::strerror(errno));
    }
  }
  [[noreturn]] void refuse_changed() const { refuse("a file that changed while it was opened", "try again"); }

  list<const std::byte> mapped_;
#else
  explicit mapped_file(const std::filesystem::path& path) : name_(path.string()) {
    if (const auto inside = find_packed(path)) {
      read(inside->container, inside->file.offset, inside->file.size);
      return;
    }
    std::error_code ignored;
    const auto kind = std::filesystem::status(path, ignored).type();
    if (kind == std::filesystem::file_type::not_found) refuse("no such file");
    if (kind == std::filesystem::file_type::directory) refuse("a directory");
    if (kind != std::filesystem::file_type::regular) refuse("a pipe, a socket or a device");
    const auto size = std::filesystem::file_size(path, ignored);
    if (ignored) refuse("a file of unknown size");
    read(path, 0, static_cast<index_t>(size));
  }
  void read(const std::filesystem::path& path, index_t offset, index_t size) {
    if (size == 0) refuse("an empty file", "copy or download it again");
    std::ifstream in(path, std::ios::binary);
    if (!in.seekg(offset) || !in.read(reinterpret_cast<char*>(room_for(size)), static_cast<std::streamsize>(size)))
      refuse("a read error");
  }
#endif

  std::string name_;
  list<const std::byte> bytes_;
  page_block owned_;  // of what is not mapped
};

}  // namespace weft
#undef WEFT_DETAIL_MAPS_FILES
