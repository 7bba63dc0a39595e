#pragma once
// The header of a safetensors file: read event by event, so that nothing is built for text that is no header.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/io/dtype.hpp>
#include <weft/io/json.hpp>
#include <weft/io/stored_tensor.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

struct safetensors_entry : stored_tensor {
  std::uint64_t first = 0, last = 0;  // bytes, counted from the end of the header
};

/// Receives nlohmann's events; every event that the format has no place for is an error.
class safetensors_events {
 public:
  explicit safetensors_events(std::string_view file) : file_(file) {}
  std::vector<safetensors_entry> entries;
  std::vector<std::pair<std::string, std::string>> metadata;

  bool null() { return refuse("null"); }
  bool boolean(bool v) { return refuse(v ? "true" : "false"); }
  bool number_integer(std::int64_t v) { return refuse(std::to_string(v)); }
  bool number_float(double, const std::string& text) { return refuse(shown(text)); }
  bool binary(nlohmann::json::binary_t&) { return refuse("binary data"); }

  bool number_unsigned(std::uint64_t v) {
    auto& t = entries.empty() ? none_ : entries.back();
    if (place_ == in_shape) {
      if (v > std::uint64_t{std::numeric_limits<index_t>::max()}) refuse(std::to_string(v));
      if (t.shape.size() == most_dimensions) refuse("more than " + std::to_string(most_dimensions) + " dimensions");
      t.shape.push_back(static_cast<index_t>(v));
    } else if (place_ == in_offsets && offsets_ < 2) {
      (offsets_++ == 0 ? t.first : t.last) = v;
    } else {
      refuse(place_ == in_offsets ? "a third offset" : std::to_string(v));
    }
    return true;
  }
  bool string(std::string& text) {
    if (place_ == in_metadata) {
      metadata.emplace_back(std::move(field_), std::move(text));
    } else if (place_ == in_tensor && field_ == "dtype") {
      const auto type = find_dtype(text);
      if (!type) refuse(shown(text));
      entries.back().type = *type;
    } else {
      refuse(shown(text));
    }
    return true;
  }
  bool key(std::string& name) {
    field_ = std::move(name);
    if (place_ != in_tensor) return true;
    const unsigned bit = field_ == "dtype" ? 1 : field_ == "shape" ? 2 : field_ == "data_offsets" ? 4 : 0;
    if (bit == 0 || (seen_ & bit)) refuse(bit ? "the field twice" : "a field that the format does not have");
    seen_ |= bit;
    return true;
  }
  bool start_object(std::size_t) {
    if (place_ == before) {
      place_ = in_root;
    } else if (place_ == in_root && field_ == "__metadata__") {
      if (seen_metadata_) refuse("the key twice");
      seen_metadata_ = true, place_ = in_metadata;
    } else if (place_ == in_root) {
      entries.emplace_back().name = std::move(field_);
      field_.clear(), seen_ = 0, place_ = in_tensor;
    } else {
      refuse("an object");
    }
    return true;
  }
  bool end_object() {
    if (place_ == in_tensor && seen_ != 7) {
      field_ = !(seen_ & 1) ? "dtype" : !(seen_ & 2) ? "shape" : "data_offsets";
      refuse("no such field");
    }
    place_ = place_ == in_root ? after : in_root;
    return true;
  }
  bool start_array(std::size_t) {
    if (place_ != in_tensor || field_ == "dtype") return refuse("an array");
    place_ = field_ == "shape" ? in_shape : in_offsets;
    offsets_ = 0;
    return true;
  }
  bool end_array() {
    if (place_ == in_offsets && offsets_ != 2) refuse(std::to_string(offsets_) + " offsets");
    place_ = in_tensor;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& e) {
    refuse_json(file_, position + 8, e.what());
  }

 private:
  static constexpr std::size_t most_dimensions = 64;
  enum { before, in_root, in_metadata, in_tensor, in_shape, in_offsets, after } place_ = before;

  bool refuse(std::string_view found) const {
    const bool inside = place_ == in_tensor || place_ == in_shape || place_ == in_offsets;
    const std::string subject = inside                  ? "tensor " + shown(entries.back().name) + ": " + shown(field_)
                                : place_ == in_metadata ? "__metadata__: " + shown(field_)
                                : place_ == in_root     ? shown(field_)
                                                        : "header";
    fail({.file = file_,
          .subject = subject,
          .found = found,
          .wanted = place_ == in_metadata      ? "a string"
                    : place_ == before         ? "an object"
                    : !inside                  ? "one object with dtype, shape and data_offsets"
                    : field_ == "dtype"        ? "a dtype of the format, as \"F32\""
                    : field_ == "shape"        ? "at most 64 whole numbers from 0 to 2^63 - 1"
                    : field_ == "data_offsets" ? "two whole numbers, where the bytes begin and end"
                                               : "dtype, shape and data_offsets, each once"});
  }

  std::string_view file_;
  std::string field_;
  unsigned seen_ = 0;
  bool seen_metadata_ = false;
  int offsets_ = 0;
  safetensors_entry none_;
};

/// The bytes that a tensor of this shape takes; fails where they are no whole number or more than 64 bits can count.
inline std::uint64_t tensor_bytes(const safetensors_entry& t, std::string_view file) {
  const auto refuse = [&](const char* found) {
    fail({.file = file,
          .subject = "tensor " + shown(t.name),
          .found = std::string(found) + shape_text(t.shape) + " " + std::string(dtype_name(t.type)),
          .wanted = "a size in whole bytes that fits the file"});
  };
  std::uint64_t n = static_cast<std::uint64_t>(dtype_bits(t.type));
  // bits first: the product of the sizes alone may fit where the bits do not
  std::uint64_t elements = 1;
  for (const auto size : t.shape) {
    const auto s = static_cast<std::uint64_t>(size);
    if (s != 0 && elements > std::numeric_limits<std::uint64_t>::max() / s)
      refuse("more elements than can be counted, ");
    elements *= s;
  }
  if (elements > std::numeric_limits<std::uint64_t>::max() / n) refuse("more bits than can be counted, ");
  n *= elements;
  if (n % 8 != 0) refuse("a part of a byte, ");
  return n / 8;
}

struct safetensors_content {
  std::vector<stored_tensor> tensors;  // in the order of their bytes
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// Checks everything but the tensors' names: length, JSON, entries, sizes, and that the tensors cover the rest exactly.
inline safetensors_content safetensors_header(list<const std::byte> bytes, std::string_view file) {
  constexpr std::uint64_t most = 100'000'000;  // the format's
  const auto size = static_cast<std::uint64_t>(bytes.size());
  if (size < 8)
    fail({.file = file,
          .subject = "length of the header",
          .found = std::to_string(size) + " bytes in the file",
          .wanted = "at least 8"});
  const auto length = load_little<std::uint64_t>(bytes.data());
  if (length > most || length > size - 8)
    fail({.file = file,
          .subject = "length of the header",
          .found = std::to_string(length),
          .wanted =
              "at most " + std::to_string(std::min(most, size - 8)) + (length > most ? "" : ", the rest of the file"),
          .remedy = "the file is no safetensors file, or was not copied completely"});
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, static_cast<std::size_t>(length));
  check_json_bytes(text, file);
  if (text.substr(0, 1) != "{")
    fail({.file = file,
          .subject = "header",
          .found = text.empty() ? "nothing" : shown(text.substr(0, 1)),
          .wanted = "an object, beginning with { at byte 8"});
  if (const auto last = text.find_last_not_of(' '); text[last] != '}')
    fail({.file = file,
          .subject = "header",
          .found = shown(text.substr(last, 1)) + " at byte " + std::to_string(8 + last),
          .wanted = "an object that ends with }, and nothing but spaces behind it"});
  safetensors_events events(file);
  nlohmann::json::sax_parse(text.begin(), text.end(), &events);

  auto& entries = events.entries;
  for (const auto& t : entries)
    if (const auto due = tensor_bytes(t, file); t.first > t.last || t.last - t.first != due)
      fail({.file = file,
            .subject = "tensor " + shown(t.name),
            .found = "data_offsets [" + std::to_string(t.first) + ", " + std::to_string(t.last) + "]",
            .wanted =
                std::to_string(due) + " bytes for " + shape_text(t.shape) + " " + std::string(dtype_name(t.type))});
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return std::pair(a.first, a.last) < std::pair(b.first, b.last); });
  const auto* const data = bytes.data() + 8 + length;
  const auto data_size = size - 8 - length;
  std::uint64_t at = 0;
  for (const auto& t : entries) {
    if (t.first != at || t.last > data_size)
      fail({.file = file,
            .subject = "tensor " + shown(t.name),
            .found = "bytes " + std::to_string(t.first) + " to " + std::to_string(t.last) + " of " +
                     std::to_string(data_size),
            .wanted =
                "to begin at " + std::to_string(at) + ", where the tensor before it ends, and to end inside the file",
            .remedy = "the file was damaged, or was not copied completely"});
    at = t.last;
  }
  if (at != data_size)
    fail({.file = file,
          .subject = "end of the file",
          .found = std::to_string(data_size - at) + " bytes that no tensor has",
          .wanted = "none"});
  safetensors_content content{{}, std::move(events.metadata)};
  content.tensors.reserve(entries.size());
  for (auto& t : entries) {
    t.bytes = {data + t.first, static_cast<index_t>(t.last - t.first)};
    content.tensors.push_back(std::move(t));
  }
  return content;
}

}  // namespace weft::detail
