#pragma once
// Files packed behind the end of another one, as `weft build --inside` puts a model behind its program: the loader of
// programs reads no further than their own end. "gloss/config.json" names a file inside the file "gloss".
//
// Behind the container's own bytes come those of each file, at a multiple of 4096 so that they can be mapped; a table
// with a record each (where its bytes begin and how many they are, the length of its name, the name); the table's own
// beginning and size; a mark of 16 bytes. Numbers are 64 bits, in the machine's order.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>
#include <weft/base/list.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One file inside another.
struct packed_file {
  std::string name;  ///< as "1_Pooling/config.json"
  index_t offset = 0, size = 0;
};

namespace detail {
inline constexpr std::string_view packed_mark{"weft packed 1\n\r\0", 16};
inline constexpr index_t packed_alignment = 4096, packed_table_limit = index_t{1} << 20;

// Numbers and names of a table, in order; nothing once it is used up.
class packed_table {
 public:
  explicit packed_table(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::optional<index_t> number() {
    std::uint64_t value = 0;
    const auto taken = text(sizeof value);
    if (!taken) return {};
    std::memcpy(&value, taken->data(), sizeof value);
    if (value > static_cast<std::uint64_t>(std::numeric_limits<index_t>::max())) return {};
    return static_cast<index_t>(value);
  }
  std::optional<std::string_view> text(std::size_t bytes) {
    if (bytes > rest_.size()) return {};
    const auto taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

 private:
  std::string_view rest_;
};

inline std::string packed_number(index_t value) {
  const auto number = static_cast<std::uint64_t>(value);
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}
}  // namespace detail

/// The files inside `container`; none where it is no regular file, has none, or their table is damaged.
inline std::vector<packed_file> packed_files(const std::filesystem::path& container) {
  using namespace detail;
  constexpr index_t foot = 16 + static_cast<index_t>(packed_mark.size());
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(container, ignored)) return {};
  std::ifstream in(container, std::ios::binary);
  const auto read = [&](index_t offset, index_t size) {
    std::string bytes(static_cast<std::size_t>(size), '\0');
    in.seekg(offset);
    return in.read(bytes.data(), size) ? bytes : std::string();
  };
  const index_t end = in.seekg(0, std::ios::end) ? static_cast<index_t>(in.tellg()) - foot : -1;
  if (end < 0) return {};
  const auto last = read(end, foot);
  if (!std::string_view(last).ends_with(packed_mark)) return {};
  packed_table place(last);
  const auto begin = place.number(), size = place.number();
  if (!begin || !size || *size > packed_table_limit || *begin > end || *size != end - *begin) return {};

  const auto bytes = read(*begin, *size);
  std::vector<packed_file> files;
  for (packed_table table(bytes); !table.empty();) {
    const auto offset = table.number(), length = table.number(), letters = table.number();
    const auto name = letters ? table.text(static_cast<std::size_t>(*letters)) : std::nullopt;
    if (!name || *offset > *begin || *length > *begin - *offset) return {};
    files.push_back({std::string(*name), *offset, *length});
  }
  return files;
}

/// Where the bytes of a path lie that leads into a file, and into which.
struct packed_place {
  std::filesystem::path container;
  packed_file file;
};

namespace detail {
// The file on the way to `path`, if there is one, and what is inside it; and the rest of the way.
struct way_inside {
  std::filesystem::path container;
  std::string rest;
  std::vector<packed_file> files;
};
inline way_inside way_into(const std::filesystem::path& path) {
  std::error_code ignored;
  for (auto at = path; !at.empty(); at = at.parent_path()) {
    const auto kind = std::filesystem::status(at, ignored).type();
    if (kind == std::filesystem::file_type::regular)
      return {at, at == path ? "" : path.lexically_relative(at).generic_string(), packed_files(at)};
    if (kind == std::filesystem::file_type::directory || at == at.parent_path()) break;
  }
  return {};
}
}  // namespace detail

/// The packed file that a path names, if it names one.
inline std::optional<packed_place> find_packed(const std::filesystem::path& path) {
  auto way = detail::way_into(path);
  for (auto& file : way.files)
    if (file.name == way.rest) return packed_place{std::move(way.container), std::move(file)};
  return {};
}

/// Whether there is something at this path, on the disk or inside a file.
inline bool file_exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) || find_packed(path).has_value();
}

/// Whether a path is a directory: on the disk, or a file with others inside, or a folder in there.
inline bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return true;
  const auto way = detail::way_into(path);
  for (const auto& file : way.files)
    if (way.rest.empty() || file.name.starts_with(way.rest + '/')) return true;
  return false;
}

/// Appends files of a directory to `container`, in which none are packed yet. Throws weft::error if one cannot be read
/// or the container cannot be written.
inline void pack_files(const std::filesystem::path& container, const std::filesystem::path& directory,
                       list<const std::string> names) {
  std::ofstream out(container, std::ios::binary | std::ios::app);
  std::error_code problem;
  index_t at = static_cast<index_t>(std::filesystem::file_size(container, problem));
  if (!out || problem) fail({.file = container.string(), .found = "it cannot be written"});
  std::string table;
  for (const auto& name : names) {
    const auto from = directory / name;
    const index_t padding = (detail::packed_alignment - at % detail::packed_alignment) % detail::packed_alignment;
    out << std::string(static_cast<std::size_t>(padding), '\0');
    at += padding;
    std::ifstream in(from, std::ios::binary);
    const auto size = static_cast<index_t>(std::filesystem::file_size(from, problem));
    if (!in || problem) fail({.file = from.string(), .found = "it cannot be read"});
    if (size > 0) out << in.rdbuf();
    for (const index_t number : {at, size, static_cast<index_t>(name.size())}) table += detail::packed_number(number);
    table += name;
    at += size;
    if (static_cast<index_t>(out.tellp()) != at)
      fail({.file = container.string(),
            .found = "it cannot be written, or " + from.string() + " changed meanwhile",
            .remedy = "make room, and try again"});
  }
  out << table << detail::packed_number(at) << detail::packed_number(static_cast<index_t>(table.size()))
      << detail::packed_mark;
  if (!out.flush()) fail({.file = container.string(), .found = "it cannot be written", .remedy = "make room"});
}

}  // namespace weft
