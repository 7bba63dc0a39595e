#pragma once
// Writes safetensors files that every reader accepts.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/io/dtype.hpp>
#include <weft/io/json.hpp>
#include <weft/io/shown.hpp>
#include <weft/io/stored_tensor.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Collects tensors, then writes them in one go. Values are viewed, not copied: they must live until save().
class safetensors_writer {
 public:
  /// `values` has as many elements as `shape` says, row major. Throws weft::error otherwise, or for a name used twice.
  void add(std::string name, std::vector<index_t> shape, list<const float> values) {
    add(std::move(name), dtype::f32, std::move(shape), values.data(), values.size());
  }
  void add(std::string name, std::vector<index_t> shape, list<const std::int64_t> values) {
    add(std::move(name), dtype::i64, std::move(shape), values.data(), values.size());
  }
  /// A vector that ends with the call cannot be viewed until save().
  template <class T>
  void add(std::string name, std::vector<index_t> shape, std::vector<T>&& values) = delete;

  /// Values of any type, as a file stores them.
  void add(std::string name, dtype type, std::vector<index_t> shape, list<const std::byte> bytes) {
    add(std::move(name), type, std::move(shape), bytes.data(), bytes.size() * 8 / dtype_bits(type));
    entries_.back().as_stored = true;
  }

  /// A pair under "__metadata__". Hugging Face's libraries expect {"format", "pt"}, which is there from the start.
  void metadata(std::string key, std::string value) { metadata_[std::move(key)] = std::move(value); }

  /// Writes a temporary file beside `path` and renames it, so that readers of an old file keep what they mapped.
  /// Throws weft::error if a name is not UTF-8 or if the disk refuses; the temporary file is removed then.
  void save(const std::filesystem::path& path) const {
    const auto text = header(path.string());
    auto partial = path;
    partial += "." + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + ".partial";
    std::error_code failed;
    {
      std::ofstream out(partial, std::ios::binary);
      if (!out) refuse(path, "no permission, or no such directory: " + partial.string());
      write_little(out, std::uint64_t{text.size()});
      out << text;
      for (const auto* t : ordered()) write_values(out, *t);
      out.close();
      if (!out) {
        std::filesystem::remove(partial, failed);
        refuse(path, "a write error, perhaps a full disk");
      }
    }
    std::filesystem::rename(partial, path, failed);
    if (!failed) return;
    const auto reason = failed.message();
    std::filesystem::remove(partial, failed);
    refuse(path, reason);
  }

 private:
  struct entry {
    std::string name;
    dtype type;
    std::vector<index_t> shape;
    const void* values;
    index_t count;
    bool as_stored = false;  // bytes of a file, whose order is little-endian everywhere
  };

  void add(std::string name, dtype type, std::vector<index_t> shape, const void* values, index_t count) {
    index_t due = 1;
    bool wrong = false;
    for (const auto n : shape) {
      wrong = wrong || n < 0 || (n > 0 && due > count / n);  // due * n <= count never overflows
      if (!wrong) due *= n;
    }
    if (wrong || due != count)
      fail({.subject = "tensor " + detail::shown(name),
            .found = std::to_string(count) + " values",
            .wanted = "as many as the shape " + shape_text(shape) + " says"});
    if (name == "__metadata__" || !names_.insert(name).second)
      fail({.subject = "tensor " + detail::shown(name), .found = "a name that is taken", .wanted = "one that is not"});
    entries_.push_back({std::move(name), type, std::move(shape), values, count, false});
  }

  /// 8-byte types first, so that every tensor is aligned to its element.
  std::vector<const entry*> ordered() const {
    std::vector<const entry*> all;
    for (const auto& e : entries_) all.push_back(&e);
    std::stable_sort(all.begin(), all.end(),
                     [](auto* a, auto* b) { return dtype_bits(a->type) > dtype_bits(b->type); });
    return all;
  }

  std::string header(const std::string& file) const {
    std::string text;
    const auto append = [&](const nlohmann::ordered_json& name, nlohmann::ordered_json value) {
      const detail::json_scope scope(value);
      text.append(text.empty() ? "{" : ",").append(name.dump()).append(":").append(value.dump());
    };
    try {  // part by part: an ordered object looks through all its keys for each new one
      append("__metadata__", metadata_);
      index_t at = 0;
      for (const auto* e : ordered()) {
        const auto end = at + e->count * dtype_bits(e->type) / 8;
        append(e->name, {{"dtype", dtype_name(e->type)}, {"shape", e->shape}, {"data_offsets", {at, end}}});
        at = end;
      }
      text += '}';
    } catch (const nlohmann::json::type_error&) {
      fail({.file = file, .subject = "names and metadata", .found = "bytes that are not UTF-8", .wanted = "UTF-8"});
    }
    if (text.size() > 100'000'000 - 8)
      fail({.file = file,
            .subject = "header",
            .found = std::to_string(text.size()) + " bytes",
            .wanted = "at most 100000000, the limit of the format"});
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  }

  template <class T>
  static void write_little(std::ostream& out, T value) {
    if constexpr (std::endian::native == std::endian::big) {
      auto* const bytes = reinterpret_cast<char*>(&value);
      std::reverse(bytes, bytes + sizeof(T));
    }
    out.write(reinterpret_cast<const char*>(&value), sizeof(T));
  }

  static void write_values(std::ostream& out, const entry& e) {
    if (e.as_stored || std::endian::native == std::endian::little) {
      out.write(static_cast<const char*>(e.values), e.count * dtype_bits(e.type) / 8);
      return;
    }
    for (index_t i = 0; i < e.count; ++i)
      e.type == dtype::f32 ? write_little(out, static_cast<const float*>(e.values)[i])
                           : write_little(out, static_cast<const std::int64_t*>(e.values)[i]);
  }

  [[noreturn]] static void refuse(const std::filesystem::path& path, std::string_view found) {
    fail({.file = path.string(), .found = found, .wanted = "a file that can be written"});
  }

  std::vector<entry> entries_;
  std::set<std::string> names_;  // theirs
  std::map<std::string, std::string> metadata_{{"format", "pt"}};
};

}  // namespace weft
