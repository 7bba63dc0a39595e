#pragma once
// What a directory records of a reference's results (expected.safetensors, case.json), and the comparison with it.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <weft/base/finite.hpp>
#include <weft/io/as_floats.hpp>
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/memory/batch.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The largest difference of one recorded tensor; infinite if this model computes nothing of that name, NaN if what was
/// recorded or what was computed has a value that is not finite.
struct verified_tensor {
  std::string name;
  double error, tolerance;
  bool within() const { return is_finite(error) && error <= tolerance; }
};

namespace detail {

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
  /// Every recorded tensor of floats: results, never inputs.
  std::vector<std::string> results() const {
    std::vector<std::string> names;
    for (const auto& t : file_)
      if (is_floating(t.type)) names.push_back(t.name);
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
  // The part of a tensor's name that says what it is: "hidden.3.1" -> "hidden".
  static std::string kind(const std::string& name) {
    if (name == "padded.last_hidden") return "last_hidden";
    return name.substr(0, name.find('.'));
  }
  double scale(const std::string& kind_name) const {
    const auto it = scales_.find(kind_name);
    return it == scales_.end() ? 1 : std::max(1., it->second);
  }

 private:
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
    if (!json.contains("scale_max_abs")) return;
    for (const auto& [key, value] : json["scale_max_abs"].items())
      if (value.is_number()) scales_[key] = value.template get<double>();
  }
  safetensors file_;
  std::filesystem::path directory_;
  arena store_;
  std::map<std::string, double> scales_;
  std::vector<std::string> sorted_;
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

// A batch made of recorded ids.
struct recorded_batch {
  std::vector<std::int32_t> ids, segments;
  std::vector<index_t> offsets{0}, visible;
  std::optional<block_list_buffer> buffer;  // of random blocks, where they were recorded
  block_lists blocks;

  batch view() const { return {ids, segments, offsets, visible, {}, buffer ? &blocks : nullptr}; }
};

// What is compared, and with what.
class verification {
 public:
  explicit verification(const std::filesystem::path& directory) : expected_(directory) {}

  bool has(const std::string& name) const { return expected_.has(name); }

  // Sequence i, or a question's choices: ids [choices, length].
  recorded_batch sequence(const std::string& number) const {
    recorded_batch b;
    const auto shape = ids_shape("input_ids" + number, 1);
    b.ids = expected_.integers("input_ids" + number);
    if (has("token_type_ids" + number)) b.segments = expected_.integers("token_type_ids" + number);
    for (index_t s = 1; s <= (shape.size() > 1 ? shape.front() : 1); ++s) b.offsets.push_back(s * shape.back());
    read_blocks("rand_attn" + number, b);
    return b;
  }
  recorded_batch padded() const {
    recorded_batch b;
    const auto shape = ids_shape("padded.input_ids", 2);
    b.ids = expected_.integers("padded.input_ids");
    if (has("padded.token_type_ids")) b.segments = expected_.integers("padded.token_type_ids");
    const auto mask = expected_.integers("padded.attention_mask");
    if (mask.size() != b.ids.size())
      fail({.file = expected_.file(),
            .subject = "padded.attention_mask",
            .found = std::to_string(mask.size()) + " values",
            .wanted = std::to_string(b.ids.size()) + ", one for each id"});
    for (index_t s = 0; s < shape[0]; ++s) {
      b.offsets.push_back((s + 1) * shape[1]);
      b.visible.push_back(std::count(mask.begin() + s * shape[1], mask.begin() + (s + 1) * shape[1], 1));
    }
    return b;
  }

  // Random blocks of every layer, [heads, query blocks, blocks drawn] each.
  void read_blocks(const std::string& name, recorded_batch& b) const {
    index_t layers = 0;
    std::vector<std::vector<std::int32_t>> drawn;
    std::vector<index_t> shape{0, 0, 0};
    for (; has(name + "." + std::to_string(layers)); ++layers) {
      const auto one = name + "." + std::to_string(layers);
      const auto before = std::exchange(shape, expected_.shape(one));
      constexpr index_t most = 4096;  // heads, as the configuration has it, and blocks
      const bool fits =
          shape.size() == 3 && shape[0] <= most && shape[1] <= static_cast<index_t>(b.ids.size()) && shape[2] <= most;
      if (!fits || (layers > 0 && shape != before))
        fail({.file = expected_.file(),
              .subject = one,
              .found = "shape " + shape_text(shape),
              .wanted =
                  "[heads, query blocks, random blocks], the same for every layer and no more blocks than tokens"});
      drawn.push_back(expected_.integers(one));
    }
    b.buffer.emplace(std::max<index_t>(1, layers), std::max<index_t>(1, shape[0]));
    if (layers == 0)
      for (index_t i = 1; i < static_cast<index_t>(b.offsets.size()); ++i) b.buffer->add_none();
    else
      b.buffer->add(shape[1], [&](index_t layer, index_t head, index_t row) {
        const auto& all = drawn[static_cast<std::size_t>(layer)];
        const auto size = static_cast<index_t>(all.size());
        const auto at = std::min(size, (head * shape[1] + row) * shape[2]);
        return list<const std::int32_t>(all.data() + at, std::min(shape[2], size - at));
      });
    b.blocks = b.buffer->view();
  }
  void compare(const std::string& name, const float* values, index_t count) {
    const auto shape = expected_.shape(name);
    const index_t recorded = expected_.count(name);
    if (recorded != count)
      fail({.file = expected_.file(),
            .subject = name,
            .found = shape_text(shape) + ", " + std::to_string(recorded) + " values",
            .wanted = std::to_string(count) + ", as many as this model computes"});
    const bool span = name.starts_with("start_logits") || name.starts_with("end_logits");
    const auto error = largest_difference(values, expected_.floats(name), span);
    const auto tolerance = name.starts_with("attn.") ? 1e-5
                           : span                    ? 2e-5
                                                     : 2e-5 * expected_.scale(expectation::kind(name));
    results.push_back({name, error, tolerance});
  }
  // Takes the recorded values for rows that are not visible, so that they are not compared.
  void take_invisible(const std::string& name, const batch& in, matrix<float> values) {
    if (expected_.count(name) != values.count * values.width) return;  // compare() says so
    const auto recorded = expected_.floats(name);
    for (index_t s = 0; s < in.sequences(); ++s)
      for (auto row = in.first(s) + in.keys(s); row < in.first(s) + in.length(s); ++row)
        std::copy_n(recorded.data() + row * values.width, values.width, values.row(row));
  }
  // The layers whose attention was recorded for a sequence.
  std::vector<index_t> attention_layers(const std::string& number) const {
    std::vector<index_t> layers;
    const auto begin = "attn" + number + ".";
    for (const auto& name : expected_.results(begin)) {
      index_t layer = 0;
      const char* const end = name.data() + name.size();
      if (std::from_chars(name.data() + begin.size(), end, layer).ptr == end && layer >= 0) layers.push_back(layer);
    }
    std::sort(layers.begin(), layers.end());
    return layers;
  }
  void compare_attention(const std::string& number, const std::vector<index_t>& layers, const auto& seen) {
    for (const auto layer : layers) {
      std::vector<float> heads;
      for (index_t head = 0;; ++head) {
        const auto one = seen.of(layer, 0, head);
        if (one.count == 0) break;
        heads.insert(heads.end(), one.data, one.data + one.count * one.width);
      }
      compare("attn" + number + "." + std::to_string(layer), heads.data(), static_cast<index_t>(heads.size()));
    }
  }
  // The output of the head_number-th head.
  void compare_head(const std::string& number, index_t head_number, const std::vector<float>& values, index_t columns) {
    if (has("start_logits" + number)) {
      for (const index_t side : {0, 1}) {
        std::vector<float> one;
        for (auto r = static_cast<std::size_t>(side); r < values.size(); r += static_cast<std::size_t>(columns))
          one.push_back(values[r]);
        compare((side ? "end_logits" : "start_logits") + number, one.data(), static_cast<index_t>(one.size()));
      }
      return;
    }
    for (const std::string kind : {"logits", head_number == 0 ? "prediction_logits" : "seq_relationship_logits"})
      if (has(kind + number)) return compare(kind + number, values.data(), static_cast<index_t>(values.size()));
  }

  // Closes the books: what was recorded and never compared is a failure, not a silence.
  std::vector<verified_tensor> finish() {
    std::set<std::string> compared;
    for (const auto& r : results) compared.insert(r.name);
    for (const auto& name : expected_.results())
      if (!compared.count(name)) results.push_back({name, HUGE_VAL, 0});
    return std::move(results);
  }

  std::vector<verified_tensor> results;

 private:
  std::vector<index_t> ids_shape(const std::string& name, std::size_t least) const {
    const auto shape = expected_.shape(name);
    if (shape.size() < least || shape.size() > 2)
      fail({.file = expected_.file(),
            .subject = name,
            .found = "shape " + shape_text(shape),
            .wanted = least == 1 ? "[tokens] or [choices, tokens]" : "[sequences, tokens]"});
    if (shape.size() == 2 && shape[0] > 0 && shape[1] == 0)  // as many as it says, of nothing
      fail({.file = expected_.file(),
            .subject = name,
            .found = "shape " + shape_text(shape),
            .wanted = "texts of one token or more"});
    return shape;
  }
  expectation expected_;
};

}  // namespace detail

}  // namespace weft
