#pragma once
// The tensors of expected.safetensors, and how far each kind of them may be off.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>
#include <weft/base/finite.hpp>
#include <weft/io/as_floats.hpp>
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/safetensors.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

// A part of a slimmable model, as case.json says what was recorded of it.
struct recorded_variant {
  double width, depth;
  index_t heads, hidden;
  std::vector<index_t> layers;
};

// expected.safetensors: values by name, and the tolerance of each kind of tensor.
class expectation {
 public:
  explicit expectation(const std::filesystem::path& directory)
      : file_(safetensors::open(directory / "expected.safetensors")), directory_(directory) {
    read_scales();
    sorted_ = results();
    std::sort(sorted_.begin(), sorted_.end());
  }

  const std::string& file() const { return file_.file(); }
  std::vector<index_t> shape(const std::string& name) const { return find(name).shape; }
  index_t count(const std::string& name) const { return find(name).count(); }
  bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  /// Every recorded tensor of floats, and those of whole numbers that are results: never inputs.
  std::vector<std::string> results() const {
    std::vector<std::string> names;
    for (const auto& t : file_)
      if ((is_floating(t.type) && !is_input(t.name)) || is_whole(t.name)) names.push_back(t.name);
    return names;
  }
  /// Those whose names begin like this, sorted.
  list<const std::string> results(std::string_view begin) const {
    const auto first = std::lower_bound(sorted_.begin(), sorted_.end(), begin);
    const auto last =
        std::partition_point(first, sorted_.end(), [&](const auto& name) { return name.starts_with(begin); });
    return list<const std::string>(sorted_).part(first - sorted_.begin(), last - sorted_.begin());
  }
  list<const float> floats(const std::string& name) { return as_floats(find(name), store_); }
  std::vector<std::int32_t> integers(const std::string& name) const {
    const auto& t = find(name);
    if (t.type != dtype::i64)
      fail({.file = file_.file(), .subject = name, .found = dtype_name(t.type), .wanted = "I64"});
    std::vector<std::int32_t> values(static_cast<std::size_t>(t.bytes.size() / 8));
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::int64_t v;
      std::memcpy(&v, t.bytes.data() + static_cast<index_t>(i) * 8, 8);
      if (v < 0 || v > 0x7fffffff)
        fail({.file = file_.file(),
              .subject = name,
              .found = std::to_string(v),
              .wanted = "a number of at most 31 bits"});
      values[i] = static_cast<std::int32_t>(v);
    }
    return values;
  }
  // Whole numbers of any width, in the order in which they are stored.
  std::vector<std::int64_t> whole_numbers(const std::string& name) const {
    const auto& t = find(name);
    std::vector<std::int64_t> values;
    const auto read = [&]<class T>(T one) {
      values.reserve(static_cast<std::size_t>(t.count()));
      for (index_t i = 0; i < t.count(); ++i) {
        std::memcpy(&one, t.bytes.data() + i * static_cast<index_t>(sizeof one), sizeof one);
        values.push_back(std::int64_t{one});
      }
    };
    if (t.type == dtype::i8)
      read(std::int8_t{});
    else if (t.type == dtype::u8)
      read(std::uint8_t{});
    else if (t.type == dtype::i32)
      read(std::int32_t{});
    else if (t.type == dtype::i64)
      read(std::int64_t{});
    else
      fail({.file = file_.file(),
            .subject = name,
            .found = dtype_name(t.type),
            .wanted = "whole numbers: I8, U8, I32 or I64"});
    return values;
  }
  // The part of a tensor's name that says what it is: "hidden.3.1" -> "hidden".
  static std::string kind(const std::string& name) {
    if (name == "padded.last_hidden") return "last_hidden";
    if (name.starts_with("variant.")) return kind(name.substr(std::min(name.size(), name.find('.', 8)) + 1));
    return name.substr(0, name.find('.'));
  }
  const std::vector<recorded_variant>& variants() const { return variants_; }
  double scale(const std::string& kind_name) const {
    const auto it = scales_.find(kind_name);
    return it == scales_.end() ? 1 : std::max(1., it->second);
  }

 private:
  // Results that are whole numbers: experts of rows, neurons of experts, what models on whole numbers compute.
  static bool is_whole(std::string_view name) {
    return name.starts_with("route.") || name.starts_with("indices.") || name.starts_with("int.");
  }
  // What a type's weights were made of: scores of parts, and weights before they were split. And what recorders note
  // of models on whole numbers beside those.
  static bool is_input(std::string_view name) {
    for (const std::string_view begin : {"importance.", "dense.", "scale.", "hf_hidden."})
      if (name.starts_with(begin)) return true;
    return false;
  }
  const stored_tensor& find(const std::string& name) const {
    const auto* t = file_.find(name);
    if (!t) fail({.file = file_.file(), .subject = name, .found = "no such tensor", .wanted = "the recorded values"});
    return *t;
  }
  // From case.json where there is one, else the largest value recorded.
  void read_scales() {
    for (const auto& t : file_) {
      if (!is_floating(t.type)) continue;
      auto& most = scales_[kind(t.name)];
      for (const auto v : as_floats(t, store_))
        if (is_finite(v)) most = std::max(most, std::abs(static_cast<double>(v)));
    }
    const auto path = directory_ / "case.json";
    if (!std::filesystem::exists(path)) return;
    auto json = parse_json(mapped_file::open(path)->text(), path.string());
    const detail::json_scope scope(json);
    read_variants(json, path.string());
    if (!json.contains("scale_max_abs")) return;
    for (const auto& [key, value] : json["scale_max_abs"].items())
      if (value.is_number()) scales_[key] = value.template get<double>();
  }
  void read_variants(const auto& json, const std::string& file) {
    constexpr index_t most = 1'048'576;
    const auto* const all = json_find(json, "variants", file);
    if (!all) return;
    if (!all->is_array()) fail({.file = file, .subject = "variants", .found = json_shown(*all), .wanted = "an array"});
    for (const auto& one : *all) {
      recorded_variant v{json_number(one, "width", file, {}),
                         json_number(one, "depth", file, {}),
                         json_integer(one, "heads", file, 1, most, {}),
                         json_integer(one, "inner", file, 1, most, {}),
                         {}};
      const auto* const layers = json_find(one, "layers", file);
      for (std::size_t i = 0; layers && layers->is_array() && i < layers->size(); ++i)
        if ((*layers)[i].is_number_integer()) v.layers.push_back((*layers)[i].template get<index_t>());
      variants_.push_back(std::move(v));
    }
  }
  safetensors file_;
  std::filesystem::path directory_;
  arena store_;
  std::map<std::string, double> scales_;
  std::vector<std::string> sorted_;
  std::vector<recorded_variant> variants_;
};

// NaN where a value is not finite.
inline double largest_difference(const float* a, list<const float> b, bool elementwise) {
  if (!all_finite({a, b.size()}) || !all_finite(b)) return double{not_a_number()};
  double most = 0;
  for (index_t i = 0; i < b.size(); ++i) {
    double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (elementwise) d /= std::max(1., std::abs(static_cast<double>(b[i])));
    most = std::max(most, d);
  }
  return most;
}

}  // namespace weft::detail
