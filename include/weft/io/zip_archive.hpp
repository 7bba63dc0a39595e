#pragma once
// A zip archive whose entries are stored without compression, viewed where they lie. libzip reads it; only
// torch_file.hpp includes this header, so that nobody else needs that library.
#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/io/dtype.hpp>
#include <weft/io/shown.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One file of an archive: its whole name, and its bytes inside the archive's.
struct zip_entry {
  std::string name;
  list<const std::byte> bytes;
};

namespace detail {

/// The archive's bytes as libzip reads them. It tells nobody where an entry's bytes begin, but has to ask for them
/// here.
struct zip_bytes {
  list<const std::byte> bytes;
  std::uint64_t at = 0, last_read = 0;
  zip_error_t error{};

  static zip_int64_t answer(void* state, void* data, zip_uint64_t length, zip_source_cmd_t command) {
    auto& self = *static_cast<zip_bytes*>(state);
    const auto size = static_cast<std::uint64_t>(self.bytes.size());
    switch (int{command}) {
      case ZIP_SOURCE_OPEN:
        self.at = 0;
        return 0;
      case ZIP_SOURCE_READ: {
        const auto n = std::min<std::uint64_t>(length, size - self.at);
        self.last_read = self.at;
        if (n > 0) std::memcpy(data, self.bytes.data() + self.at, static_cast<std::size_t>(n));
        self.at += n;
        return static_cast<zip_int64_t>(n);
      }
      case ZIP_SOURCE_SEEK: {
        const auto to = zip_source_seek_compute_offset(self.at, size, data, length, &self.error);
        if (to < 0) return -1;
        self.at = static_cast<std::uint64_t>(to);
        return 0;
      }
      case ZIP_SOURCE_TELL:
        return static_cast<zip_int64_t>(self.at);
      case ZIP_SOURCE_STAT: {
        auto* const status = static_cast<zip_stat_t*>(data);
        zip_stat_init(status);
        status->valid = ZIP_STAT_SIZE;
        status->size = size;
        return sizeof(zip_stat_t);
      }
      case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&self.error, data, length);
      case ZIP_SOURCE_CLOSE:
      case ZIP_SOURCE_FREE:
        return 0;
      case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                              ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
                                              ZIP_SOURCE_SUPPORTS, -1);
      default:
        zip_error_set(&self.error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
  }
};

struct zip_closer {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

/// What is wrong with an archive before libzip reads it; nothing where it may. libzip tries every mark of an end in the
/// last 64 KiB as the directory's, and compares all names whose hashes agree, which is where few bytes would cost much.
inline std::string unbounded_zip(list<const std::byte> bytes) {
  constexpr index_t end_record = 22, most_ends = 16, most_entries = 20'000;
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(bytes.size()));
  const auto tail = all.substr(all.size() - std::min<std::size_t>(all.size(), 65'535 + end_record));
  index_t ends = 0;
  for (auto at = tail.find("PK\5\6"); at != tail.npos; at = tail.find("PK\5\6", at + 1)) ++ends;
  if (ends > most_ends) return "more than " + std::to_string(most_ends) + " ends of a directory";
  if (bytes.size() < end_record) return {};
  const auto* const end = bytes.end() - end_record;
  std::uint64_t entries = load_little<std::uint16_t>(end + 10);
  if (entries == 0xffff && bytes.size() >= end_record + 20 && std::memcmp(end - 20, "PK\6\7", 4) == 0)
    if (const auto at = load_little<std::uint64_t>(end - 12); at <= static_cast<std::uint64_t>(bytes.size()) - 42)
      entries = load_little<std::uint64_t>(bytes.data() + at + 32);
  return entries > most_entries ? std::to_string(entries) + " entries" : "";
}

/// A relative path of plain components; names are only compared, but other readers make files of them.
inline bool is_plain_entry_name(std::string_view name) {
  if (name.empty() || name.find_first_of("\\:") != name.npos) return false;
  for (std::size_t at = 0; at <= name.size();) {
    const auto end = std::min(name.find('/', at), name.size());
    const auto part = name.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace detail

/// The entries of an archive, by name.
class zip_archive {
 public:
  /// Reads and checks the directory of an archive in memory; no entry's bytes are copied. Throws weft::error if
  /// directory and local headers disagree, if an entry is compressed, encrypted, outside of the file or overlaps
  /// another, if two entries share a name, or if a name is no plain relative path. Checksums are not compared: that
  /// would read the whole file.
  static zip_archive parse(list<const std::byte> bytes, std::string_view file) {
    const auto damaged = [&](const std::string& subject, const std::string& found) {
      fail({.file = file,
            .subject = subject,
            .found = found,
            .wanted = "a zip archive as torch.save writes it",
            .remedy = "the file was damaged, or was not copied completely"});
    };
    const auto size = static_cast<std::uint64_t>(bytes.size());
    if (const auto found = detail::unbounded_zip(bytes); !found.empty()) damaged("zip archive", found);
    zip_archive made;
    detail::zip_bytes state{bytes};
    zip_error_t error;
    zip_error_init(&error);
    const auto said = [&] {
      const bool twice = zip_error_code_zip(&error) == ZIP_ER_EXISTS;
      const std::string text = twice ? "two entries of one name" : zip_error_strerror(&error);
      zip_error_fini(&error);
      return text;
    };
    auto* const source = zip_source_function_create(detail::zip_bytes::answer, &state, &error);
    if (!source) damaged("zip archive", said());
    const std::unique_ptr<zip_t, detail::zip_closer> archive(
        zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error));
    if (!archive) {
      zip_source_free(source);
      damaged("zip archive", said());
    }
    zip_error_fini(&error);
    int comment = 0;
    zip_get_archive_comment(archive.get(), &comment, ZIP_FL_ENC_RAW);
    constexpr std::size_t end_record = 22;
    if (comment != 0 || size < end_record || std::memcmp(bytes.end() - end_record, "PK\5\6", 4) != 0)
      damaged("zip archive", "something behind the directory");

    struct place {
      std::uint64_t first, last;
      std::size_t entry;
    };
    std::vector<place> places;
    const auto count = zip_get_num_entries(archive.get(), 0);
    for (zip_uint64_t i = 0; static_cast<zip_int64_t>(i) < count; ++i) {
      zip_stat_t status;
      const char* const name = zip_get_name(archive.get(), i, ZIP_FL_ENC_RAW);
      constexpr zip_uint64_t needed =
          ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
      if (!name || zip_stat_index(archive.get(), i, 0, &status) != 0 || (status.valid & needed) != needed)
        damaged("zip entry " + std::to_string(i), "no name, or no size");
      const auto subject = "zip entry " + detail::shown(name);
      if (!detail::is_plain_entry_name(name)) damaged(subject, "a name that is no plain relative path");
      if (status.encryption_method != ZIP_EM_NONE) damaged(subject, "encrypted bytes");
      if (status.comp_method != ZIP_CM_STORE)
        fail({.file = file,
              .subject = subject,
              .found = "compressed bytes (method " + std::to_string(status.comp_method) + ")",
              .wanted = "bytes as they are, which torch.save writes",
              .remedy =
                  "of a TorchScript program save the state_dict(); an archive that was packed again is to be saved "
                  "again by torch.save"});
      if (status.comp_size != status.size)
        damaged(subject, std::to_string(status.comp_size) + " bytes stored for " + std::to_string(status.size));
      zip_entry entry{name, {}};
      if (status.size > 0) {
        const std::unique_ptr<zip_file_t, detail::zip_closer> opened(
            zip_fopen_index(archive.get(), i, ZIP_FL_COMPRESSED));
        char first = 0;
        if (!opened || zip_fread(opened.get(), &first, 1) != 1) damaged(subject, "bytes that cannot be read");
        const auto at = state.last_read;
        if (at > size || status.size > size - at)
          damaged(subject, std::to_string(status.size) + " bytes from byte " + std::to_string(at) + " of " +
                               std::to_string(size));
        entry.bytes = {bytes.data() + at, static_cast<index_t>(status.size)};
        places.push_back({at, at + status.size, made.entries_.size()});
      }
      made.entries_.push_back(std::move(entry));
    }
    std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 1; i < places.size(); ++i)
      if (places[i].first < places[i - 1].last)
        damaged("zip entry " + detail::shown(made.entries_[places[i].entry].name),
                "bytes that " + detail::shown(made.entries_[places[i - 1].entry].name) + " has, too");
    std::sort(made.entries_.begin(), made.entries_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < made.entries_.size(); ++i)
      if (made.entries_[i].name == made.entries_[i - 1].name)
        damaged("zip entry " + detail::shown(made.entries_[i].name), "two entries");
    return made;
  }

  /// The entry of exactly this name, or null.
  const zip_entry* find(std::string_view name) const {
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), name,
                                     [](const zip_entry& e, std::string_view n) { return e.name < n; });
    return at != entries_.end() && at->name == name ? &*at : nullptr;
  }

  /// All entries, sorted by name.
  list<const zip_entry> entries() const { return entries_; }

 private:
  std::vector<zip_entry> entries_;
};

}  // namespace weft
