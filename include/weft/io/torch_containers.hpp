#pragma once
// The two containers of torch.save: a zip archive since torch 1.6, a sequence of pickles and storages before.
// https://github.com/pytorch/pytorch, torch/serialization.py
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/io/pickle.hpp>
#include <weft/io/zip_archive.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

inline std::string_view text_of(list<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(bytes.size())};
}

/// A state dict's pickle, and the bytes of each of its storages.
struct torch_content {
  pickle_content pickle;
  std::vector<list<const std::byte>> storages;
};

[[noreturn]] inline void refuse_storage(const pickle_storage& storage, std::string_view file,
                                        const std::string& found) {
  fail({.file = file,
        .subject = "storage " + shown(storage.key),
        .found = found,
        .wanted = std::to_string(storage.count) + " " + std::string(dtype_name(storage.type)),
        .remedy = "the file was damaged, or was not copied completely"});
}

/// Whether a storage of `bytes` bytes has exactly its elements.
inline bool has_size(const pickle_storage& storage, index_t bytes) {
  const index_t width = dtype_bits(storage.type) / 8;
  return bytes % width == 0 && bytes / width == storage.count;
}

/// <root>/data.pkl and one entry <root>/data/<key> for each storage.
inline torch_content read_torch_zip(list<const std::byte> bytes, std::string_view file) {
  const auto archive = zip_archive::parse(bytes, file);
  const auto refuse = [&](const std::string& found, const char* remedy) {
    fail({.file = file, .subject = "zip archive", .found = found, .wanted = "a state dict", .remedy = remedy});
  };
  if (archive.entries().empty()) refuse("no entry", "");
  const auto& first = archive.entries()[0].name;
  const auto root = first.substr(0, first.find('/')) + "/";
  for (const auto& e : archive.entries())
    if (e.name.compare(0, root.size(), root) != 0)
      refuse("entries " + shown(first) + " and " + shown(e.name), "torch.save puts all of them into one folder");
  const auto* const order = archive.find(root + "byteorder");
  if (order && text_of(order->bytes) != "little")
    refuse("numbers in the byte order " + shown(text_of(order->bytes)), "save it on a little-endian machine");
  const auto* const pickle = archive.find(root + "data.pkl");
  if (!pickle) refuse("no entry " + shown(root + "data.pkl"), "save it by torch.save(model.state_dict(), file)");
  torch_content made{read_pickle(text_of(pickle->bytes), file), {}};
  if (made.pickle.size != pickle->bytes.size()) refuse("bytes behind the end of data.pkl", "the file was damaged");
  for (const auto& storage : made.pickle.storages) {
    const auto* const entry = archive.find(root + "data/" + std::string(storage.key));
    if (!entry) refuse_storage(storage, file, "no such entry in the archive");
    if (!has_size(storage, entry->bytes.size()))
      refuse_storage(storage, file, std::to_string(entry->bytes.size()) + " bytes");
    made.storages.push_back(entry->bytes);
  }
  return made;
}

/// Pickles of a magic number, of 1001, of the writing machine's properties, of the state dict and of the storages'
/// keys; then each storage, its number of elements before it.
class legacy_torch_reader {
 public:
  static constexpr std::string_view magic{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10};

  legacy_torch_reader(list<const std::byte> bytes, std::string_view file) : bytes_(bytes), file_(file) {}

  torch_content read() {
    if (const auto v = next().root; v.kind != pickle_value::wide_integer || v.bytes != magic)
      refuse("another number", "torch's magic number, or a zip archive");
    if (const auto v = next().root; v.kind != pickle_value::integer || v.number != 1001)
      refuse("another version of the format", "1001");
    check_machine(next());
    torch_content made{next(), {}};
    const auto keys = next();
    made.storages.resize(made.pickle.storages.size());
    std::vector<bool> filled(made.storages.size());
    if (keys.root.kind != pickle_value::sequence) refuse("no list of storages", "one");
    for (const auto& key : keys.inside(keys.root)) {
      const auto place = key.kind == pickle_value::text ? find(made.pickle, key.bytes) : filled.size();
      if (place == filled.size() || filled[place])
        refuse("storage " + shown(key.bytes) + ", which no tensor has, or which is listed twice", "one of a tensor");
      filled[place] = true;
      made.storages[place] = storage(made.pickle.storages[place]);
    }
    for (std::size_t i = 0; i < filled.size(); ++i)
      if (!filled[i]) refuse_storage(made.pickle.storages[i], file_, "no such storage in the file");
    if (at_ != bytes_.size()) refuse(std::to_string(bytes_.size() - at_) + " bytes behind the last storage", "none");
    return made;
  }

 private:
  [[noreturn]] void refuse(const std::string& found, std::string_view wanted) const {
    fail({.file = file_,
          .subject = "byte " + std::to_string(at_),
          .found = found,
          .wanted = wanted,
          .remedy = "this is no file of torch.save, or it was not copied completely"});
  }

  pickle_content next() {
    auto made = read_pickle(text_of(bytes_.part(at_, bytes_.size())), file_);
    at_ += made.size;
    return made;
  }

  // {protocol_version: 1001, little_endian: True, type_sizes: ...}
  void check_machine(const pickle_content& machine) const {
    if (machine.root.kind != pickle_value::dictionary) refuse("no properties of a machine", "a dictionary");
    const auto& inside = machine.inside(machine.root);
    for (std::size_t i = 0; i + 1 < inside.size(); i += 2)
      if (inside[i].kind == pickle_value::text && inside[i].bytes == "little_endian" && inside[i + 1].number != 1)
        refuse("numbers of a big-endian machine", "little-endian ones");
  }

  std::size_t find(const pickle_content& content, std::string_view key) {
    if (places_.empty())
      for (std::size_t i = 0; i < content.storages.size(); ++i) places_.emplace(content.storages[i].key, i);
    const auto at = places_.find(key);
    return at == places_.end() ? content.storages.size() : at->second;
  }

  list<const std::byte> storage(const pickle_storage& wanted) {
    if (bytes_.size() - at_ < 8) refuse("the end of the file", "storage " + shown(wanted.key));
    const auto count = load_little<std::uint64_t>(bytes_.data() + at_);
    at_ += 8;
    const index_t width = dtype_bits(wanted.type) / 8, rest = bytes_.size() - at_;
    if (count != static_cast<std::uint64_t>(wanted.count))
      refuse_storage(wanted, file_, std::to_string(count) + " elements at byte " + std::to_string(at_));
    if (wanted.count > rest / width)
      refuse_storage(wanted, file_, std::to_string(rest) + " bytes to the end of the file");
    const auto here = bytes_.part(at_, at_ + wanted.count * width);
    at_ += here.size();
    return here;
  }

  list<const std::byte> bytes_;
  std::string_view file_;
  index_t at_ = 0;
  std::map<std::string_view, std::size_t> places_;
};

inline torch_content read_torch(list<const std::byte> bytes, std::string_view file) {
  const auto text = text_of(bytes);
  if (text.substr(0, 2) == "PK") return read_torch_zip(bytes, file);
  if (text.substr(0, 1) == "\x80") return legacy_torch_reader(bytes, file).read();
  fail({.file = file,
        .found = "a file that begins with " + shown(text.substr(0, 4)),
        .wanted = "a zip archive or a pickle, as torch.save writes them"});
}

}  // namespace weft::detail
