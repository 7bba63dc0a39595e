#pragma once
// A model against recorded results: does this type, with these weights, compute what the reference computed?
#include <cmath>
#include <cstring>
#include <map>
#include <ostream>
#include <weft/io/load.hpp>
#include <weft/io/json.hpp>

namespace weft {

/// The largest difference of one recorded tensor.
struct verified_tensor {
  std::string name;
  double error, tolerance;
  bool within() const { return error <= tolerance; }  // false for NaN
};

namespace detail {

// expected.safetensors: values by name, and the tolerance of each kind of tensor.
class expectation {
 public:
  explicit expectation(const std::filesystem::path& directory)
      : file_(safetensors::open(directory / "expected.safetensors")), directory_(directory) {
    read_scales();
  }

  std::vector<index> shape(const std::string& name) const { return find(name).shape; }
  bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  list<const float> floats(const std::string& name) {
    auto values = as_floats(find(name), store_);
    return values;
  }
  std::vector<std::int32_t> integers(const std::string& name) const {
    const auto& t = find(name);
    if (t.type != dtype::i64)
      fail({.file = file_.file(), .subject = name, .found = dtype_name(t.type), .wanted = "I64"});
    std::vector<std::int32_t> values(static_cast<std::size_t>(t.bytes.size() / 8));
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::int64_t v;
      std::memcpy(&v, t.bytes.data() + static_cast<index>(i) * 8, 8);
      if (v < 0 || v > 0x7fffffff)
        fail({.file = file_.file(), .subject = name, .found = std::to_string(v), .wanted = "a number of at most 31 bits"});
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
      for (const auto v : as_floats(t, store_)) most = std::max(most, std::abs(static_cast<double>(v)));
    }
    const auto path = directory_ / "case.json";
    if (!std::filesystem::exists(path)) return;
    const auto file = mapped_file::open(path);
    const auto bytes = file->bytes();
    const auto json = parse_json({reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(bytes.size())}, path.string());
    if (!json.contains("scale_max_abs")) return;
    for (const auto& [key, value] : json["scale_max_abs"].items())
      if (value.is_number()) scales_[key] = value.template get<double>();
  }
  safetensors file_;
  std::filesystem::path directory_;
  arena store_;
  std::map<std::string, double> scales_;
};

inline double largest_difference(const float* a, list<const float> b, bool elementwise) {
  double most = 0;
  for (index i = 0; i < b.size(); ++i) {
    double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (elementwise) d /= std::max(1., std::abs(static_cast<double>(b[i])));
    if (!(d <= most)) most = d;  // keeps NaN
  }
  return most;
}

}  // namespace detail

/// Runs every recorded sequence of `directory` (config.json, weights, expected.safetensors) and compares: hidden states
/// of all levels, last hidden states, pooler and head outputs, and the padded batch where one is recorded. Attention
/// probabilities are not compared. `executor` may have any number of workers.
template <class Spec, class... Heads>
std::vector<verified_tensor> verify(const std::filesystem::path& directory, executor run = {}) {
  constexpr index width = Spec::shape.width;
  const auto stored = checkpoint::open(directory);
  const auto c = configuration::read(directory);
  const auto body = load<Spec>(stored, c);
  detail::expectation expected(directory);
  std::vector<verified_tensor> results;
  const auto compare = [&](const std::string& name, const float* values) {
    const bool span = name.starts_with("start_logits") || name.starts_with("end_logits");
    const auto error = detail::largest_difference(values, expected.floats(name), span);
    results.push_back({name, error, 2e-5 * (span ? 1 : expected.scale(detail::expectation::kind(name)))});
  };

  for (index i = 0; expected.has("input_ids." + std::to_string(i)); ++i) {
    const auto number = "." + std::to_string(i);
    const auto shape = expected.shape("input_ids" + number);
    const index length = shape.back(), sequences = shape.size() > 1 ? shape.front() : 1;
    const auto ids = expected.integers("input_ids" + number);
    std::vector<std::int32_t> segments;
    if (expected.has("token_type_ids" + number)) segments = expected.integers("token_type_ids" + number);
    std::vector<index> offsets;
    for (index s = 0; s <= sequences; ++s) offsets.push_back(s * length);
    const batch in{ids, segments, offsets};

    row_buffer<width> hidden(in.tokens());
    workspace work(body.workspace_bytes(in.size(), run.workers()));
    body.forward(in, hidden, work, run, observe_hidden{[&](index level, auto rows) {
      const auto name = "hidden" + number + "." + std::to_string(level);
      if (expected.has(name)) compare(name, rows.data);
    }});
    if (expected.has("last_hidden" + number)) compare("last_hidden" + number, hidden.data());

    const auto run_head = [&]<class Head>(std::type_identity<Head>, const auto& record) {
      const auto top = load<Spec, Head>(stored, c);
      std::vector<float> values(static_cast<std::size_t>(top.output_rows(in) * top.output_width()));
      workspace space(top.workspace_bytes(in.size(), run.workers()));
      top.forward(in, matrix<float>{values.data(), top.output_rows(in), top.output_width()}, space, run);
      record(values, top.output_width());
    };
    if constexpr (requires { typename Spec::tasks::pooled; }) {
      if (expected.has("pooler" + number))
        run_head(std::type_identity<typename Spec::tasks::pooled>{},
                 [&](const auto& values, index) { compare("pooler" + number, values.data()); });
    }
    index head_number = 0;
    [[maybe_unused]] const auto record_head = [&](const auto& values, index columns) {
      if (expected.has("start_logits" + number)) {
        for (index side = 0; side < 2; ++side) {
          std::vector<float> one;
          for (std::size_t r = static_cast<std::size_t>(side); r < values.size(); r += static_cast<std::size_t>(columns)) one.push_back(values[r]);
          compare((side ? "end_logits" : "start_logits") + number, one.data());
        }
      } else if (expected.has("logits" + number)) {
        compare("logits" + number, values.data());
      } else if (head_number == 0 && expected.has("prediction_logits" + number)) {
        compare("prediction_logits" + number, values.data());
      } else if (head_number == 1 && expected.has("seq_relationship_logits" + number)) {
        compare("seq_relationship_logits" + number, values.data());
      }
      ++head_number;
    };
    (run_head(std::type_identity<Heads>{}, record_head), ...);
  }

  if (expected.has("padded.last_hidden")) {
    const auto shape = expected.shape("padded.input_ids");
    const auto ids = expected.integers("padded.input_ids"), mask = expected.integers("padded.attention_mask");
    std::vector<std::int32_t> segments;
    if (expected.has("padded.token_type_ids")) segments = expected.integers("padded.token_type_ids");
    std::vector<index> offsets{0}, visible;
    for (index s = 0; s < shape[0]; ++s) {
      offsets.push_back((s + 1) * shape[1]);
      index seen = 0;
      for (index t = 0; t < shape[1]; ++t) seen += mask[static_cast<std::size_t>(s * shape[1] + t)];
      visible.push_back(seen);
    }
    const batch in{ids, segments, offsets, visible};
    row_buffer<width> hidden(in.tokens());
    workspace work(body.workspace_bytes(in.size(), run.workers()));
    body.forward(in, hidden, work, run);
    compare("padded.last_hidden", hidden.data());
  }
  return results;
}

/// verify() as a program: prints the largest error of each kind of tensor; 0 when all are within tolerance, else 1.
template <class Spec, class... Heads>
int verify_and_print(const std::filesystem::path& directory, std::ostream& out) {
  const auto results = verify<Spec, Heads...>(directory);
  bool all = !results.empty();
  for (const auto& r : results) {
    char line[256];
    std::snprintf(line, sizeof line, "%-28s  error %.2e  tolerance %.2e  %s\n", r.name.c_str(), r.error, r.tolerance, r.within() ? "within" : "PAST TOLERANCE");
    out << line;
    all = all && r.within();
  }
  if (results.empty()) out << directory.string() << ": expected.safetensors has nothing to compare\n";
  return all ? 0 : 1;
}

}  // namespace weft
