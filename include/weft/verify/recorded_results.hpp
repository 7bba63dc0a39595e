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
#include <weft/verify/expectation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The largest difference of one recorded tensor; infinite if this model computes nothing of that name, NaN if what was
/// recorded or what was computed has a value that is not finite.
///
/// Of a tensor of whole numbers, which have to be the same, `error` is how many of its `whole` numbers are not, and
/// `first` says where the first of those stands.
struct verified_tensor {
  std::string name;
  double error, tolerance;
  index_t whole = 0;       ///< how many whole numbers were compared; 0: it is one of floats
  std::string first = {};  ///< "row 3, column 5: 17, recorded as 16"; empty where all are the same
  bool within() const { return is_finite(error) && error <= tolerance; }
};

namespace detail {

// A batch made of recorded ids.
struct recorded_batch {
  std::vector<std::int32_t> ids, segments;
  std::vector<index_t> offsets{0}, visible;
  std::optional<block_list_buffer> buffer;  // of random blocks, where they were recorded
  block_lists blocks;

  batch view() const { return {ids, segments, offsets, visible, {}, buffer ? &blocks : nullptr}; }
};

// A whole number that a model computed: `column` among scores and probabilities is head * the text's length + key.
struct whole_number {
  index_t row, column;
  std::int64_t value;
};

// What is compared, and with what.
class verification {
 public:
  explicit verification(const std::filesystem::path& directory) : expected_(directory) {}

  bool has(const std::string& name) const { return expected_.has(name); }
  list<const float> floats(const std::string& name) { return expected_.floats(name); }
  const std::vector<recorded_variant>& variants() const { return expected_.variants(); }

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
  // Whole numbers, which have to be the same.
  void compare_integers(const std::string& name, const std::vector<std::int32_t>& values) {
    const auto recorded = expected_.integers(name);
    index_t different = recorded.size() == values.size() ? 0 : static_cast<index_t>(recorded.size());
    for (std::size_t i = 0; i < std::min(recorded.size(), values.size()); ++i) different += recorded[i] != values[i];
    results.push_back({name, static_cast<double>(different), 0.5});
  }
  // All whole numbers of one site, [tokens, columns], or [heads, tokens, tokens], bit for bit.
  void compare_whole(const std::string& name, const std::vector<whole_number>& found, index_t tokens) {
    const auto recorded = expected_.whole_numbers(name);
    const auto shape = expected_.shape(name);
    const auto count = static_cast<index_t>(recorded.size());
    if (static_cast<index_t>(found.size()) != count)
      fail({.file = expected_.file(),
            .subject = name,
            .found = shape_text(shape) + ", " + std::to_string(count) + " values",
            .wanted = std::to_string(found.size()) + ", as many as this model computes"});
    const bool by_head = shape.size() == 3;
    const auto columns = by_head ? shape[2] : count / std::max<index_t>(1, tokens);
    std::vector<const whole_number*> computed(recorded.size());
    for (const auto& one : found) {
      const auto at = by_head ? (one.column / columns * tokens + one.row) * columns + one.column % columns
                              : one.row * columns + one.column;
      if (at >= 0 && at < count) computed[static_cast<std::size_t>(at)] = &one;
    }
    verified_tensor result{name, 0, 0.5, count};
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      const auto* const one = computed[i];
      if (one && one->value == recorded[i]) continue;
      ++result.error;
      if (result.first.empty())
        result.first = one ? "row " + std::to_string(one->row) + ", column " + std::to_string(one->column) + ": " +
                                 std::to_string(one->value) + ", recorded as " + std::to_string(recorded[i])
                           : "number " + std::to_string(i) + ": not computed";
    }
    results.push_back(std::move(result));
  }
  // The sites whose whole numbers were recorded for a sequence: "0.query" of "int.3.0.query".
  std::vector<std::string> whole_sites(const std::string& number) const {
    std::vector<std::string> sites;
    const auto begin = "int" + number + ".";
    for (const auto& name : expected_.results(begin)) sites.push_back(name.substr(begin.size()));
    return sites;
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
  void compare_head(const std::string& prefix, const std::string& number, index_t head_number,
                    const std::vector<float>& values, index_t columns) {
    if (has(prefix + "start_logits" + number)) {
      for (const index_t side : {0, 1}) {
        std::vector<float> one;
        for (auto r = static_cast<std::size_t>(side); r < values.size(); r += static_cast<std::size_t>(columns))
          one.push_back(values[r]);
        compare(prefix + (side ? "end_logits" : "start_logits") + number, one.data(), static_cast<index_t>(one.size()));
      }
      return;
    }
    for (const std::string kind : {"logits", head_number == 0 ? "prediction_logits" : "seq_relationship_logits"})
      if (has(prefix + kind + number))
        return compare(prefix + kind + number, values.data(), static_cast<index_t>(values.size()));
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
