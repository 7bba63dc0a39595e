#pragma once
// From the pickle of a state dict to tensors: their names, and their bytes in the storages.
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/io/pickle_content.hpp>
#include <weft/io/shown.hpp>
#include <weft/io/stored_tensor.hpp>
#include <weft/memory/arena.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// The tensors of nested dictionaries by name, "outer.inner"; values that are neither are passed over. A dictionary
/// that is in two places is refused, and with it cycles and those that grow when they are unfolded.
class state_dict_names {
 public:
  state_dict_names(const pickle_content& content, std::string_view file)
      : content_(content), file_(file), seen_(content.containers.size()) {
    if (content.root.kind != pickle_value::dictionary)
      fail({.file = file,
            .found = content.root.kind == pickle_value::tensor ? "a pickle of one tensor" : "a pickle of no dictionary",
            .wanted = "a state dict: names and tensors",
            .remedy = "save it by torch.save(model.state_dict(), file)"});
    visit(content.root, "", 0);
  }

  std::vector<std::pair<std::string, index_t>> names;  ///< with the tensor's place

 private:
  static constexpr int deepest = 16;
  static constexpr std::size_t longest = 1024, most = 100'000;

  void refuse(const std::string& subject, const char* found, const char* wanted) const {
    fail({.file = file_, .subject = subject, .found = found, .wanted = wanted});
  }

  void visit(const pickle_value& dictionary, const std::string& prefix, int depth) {
    const auto subject = [&] { return prefix.empty() ? std::string("state dict") : shown(prefix); };
    if (depth > deepest) refuse(subject(), "dictionaries in each other, more than 16 deep", "a state dict");
    if (const auto place = static_cast<std::size_t>(dictionary.number); seen_[place])
      refuse(subject(), "a dictionary that is in two places, or inside of itself", "each in one place");
    else
      seen_[place] = true;
    const auto& inside = content_.inside(dictionary);
    for (std::size_t i = 0; i + 1 < inside.size(); i += 2) {
      const auto &key = inside[i], &item = inside[i + 1];
      if (item.kind != pickle_value::dictionary && item.kind != pickle_value::tensor) continue;
      if (key.kind != pickle_value::text && key.kind != pickle_value::integer)
        refuse(subject(), "a key that is neither a text nor a number", "the name of a tensor");
      const std::string own = key.kind == pickle_value::text ? std::string(key.bytes) : std::to_string(key.number);
      const auto name = prefix.empty() ? own : prefix + "." + own;
      if (name.size() > longest || find_invalid_utf8(name) >= 0)
        refuse("tensor " + shown(name.substr(0, longest)), "a name that is longer than 1024 bytes, or no UTF-8",
               "the name of a tensor");
      if (names.size() == most) refuse(subject(), "more than 100,000 tensors", "a state dict");
      if (item.kind == pickle_value::tensor)
        names.emplace_back(name, static_cast<index_t>(item.number));
      else
        visit(item, name, depth + 1);
    }
  }

  const pickle_content& content_;
  std::string_view file_;
  std::vector<bool> seen_;
};

/// Gives tensors their bytes: those of the storage where they lie row by row there, a copy where they do not.
class tensor_placer {
 public:
  /// `storages` are the bytes of content.storages; all copies together may take `most_copied` bytes.
  tensor_placer(const pickle_content& content, std::vector<list<const std::byte>> storages, index_t most_copied,
                std::string_view file)
      : content_(content), storages_(std::move(storages)), left_(most_copied), file_(file) {}

  stored_tensor place(std::string name, index_t tensor, arena& copies) {
    const auto& t = content_.tensors[static_cast<std::size_t>(tensor)];
    const auto& storage = content_.storages[static_cast<std::size_t>(t.storage)];
    const auto bytes = storages_[static_cast<std::size_t>(t.storage)];
    stored_tensor made{std::move(name), storage.type, t.shape, {}, file_};
    const auto n = count_of(t, made.name);
    if (n == 0) return made;
    const auto last = last_of(t, made.name);
    if (last >= storage.count)
      refuse(made.name, "element " + std::to_string(last) + " of a storage of " + std::to_string(storage.count),
             "a storage that holds the whole tensor");
    const index_t width = dtype_bits(storage.type) / 8;
    if (n == last - t.offset + 1 && is_row_major(t)) {
      made.bytes = bytes.part(t.offset * width, (last + 1) * width);
      return made;
    }
    if (n > storage.count || n * width > left_)
      refuse(made.name, shape_text(t.shape) + " with strides " + shape_text(t.strides) + ", more than its storage has",
             "a tensor that lies in memory row by row", "call .contiguous() on it before saving");
    left_ -= n * width;
    made.bytes = gathered(t, bytes, n, width, copies);
    return made;
  }

 private:
  static constexpr index_t most = std::numeric_limits<index_t>::max();

  [[noreturn]] void refuse(const std::string& name, const std::string& found, const char* wanted,
                           const char* remedy = "the file was damaged") const {
    fail({.file = file_, .subject = "tensor " + shown(name), .found = found, .wanted = wanted, .remedy = remedy});
  }

  // The number of elements, whose bits can be counted.
  index_t count_of(const pickle_tensor& t, const std::string& name) const {
    index_t n = 1;
    bool empty = false;
    for (const auto size : t.shape) {
      if (size == 0)
        empty = true;
      else if (n > most / 128 / size)
        refuse(name, "more elements than can be counted, " + shape_text(t.shape), "a size that fits the file");
      else
        n *= size;
    }
    return empty ? 0 : n;
  }

  // The place of the last element in the storage; no size is 0.
  index_t last_of(const pickle_tensor& t, const std::string& name) const {
    index_t last = t.offset;
    for (std::size_t i = 0; i < t.shape.size(); ++i) {
      if (t.shape[i] == 1) continue;  // its stride means nothing
      if (t.strides[i] > (most - last) / (t.shape[i] - 1))
        refuse(name, "strides beyond what can be counted, " + shape_text(t.strides), "strides that fit the file");
      last += t.strides[i] * (t.shape[i] - 1);
    }
    return last;
  }

  static bool is_row_major(const pickle_tensor& t) {
    index_t due = 1;
    for (std::size_t i = t.shape.size(); i-- > 0;) {
      if (t.shape[i] != 1 && t.strides[i] != due) return false;
      due *= t.shape[i];
    }
    return true;
  }

  static list<const std::byte> gathered(const pickle_tensor& t, list<const std::byte> bytes, index_t n, index_t width,
                                        arena& copies) {
    const auto to = copies.take<std::byte>(n * width);
    std::vector<index_t> at(t.shape.size());
    index_t from = t.offset;
    for (index_t i = 0; i < n; ++i) {
      std::memcpy(to.data() + i * width, bytes.data() + from * width, static_cast<std::size_t>(width));
      for (std::size_t d = t.shape.size(); d-- > 0;) {
        if (t.shape[d] == 1) continue;
        from += t.strides[d];  // no overflow: each stride is less than the storage's size
        if (++at[d] < t.shape[d]) break;
        from -= t.strides[d] * t.shape[d];
        at[d] = 0;
      }
    }
    return {to.data(), to.size()};
  }

  const pickle_content& content_;
  std::vector<list<const std::byte>> storages_;
  index_t left_;
  std::string_view file_;
};

}  // namespace weft::detail
