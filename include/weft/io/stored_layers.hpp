#pragma once
// The layers of a BERT as its files store them, for what changes weights without a type: rewiring, splitting.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/finite.hpp>
#include <weft/base/list.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/checkpoint_report.hpp>
#include <weft/io/configuration.hpp>
#include <weft/io/safetensors_writer.hpp>
#include <weft/io/sentence_modules.hpp>
#include <weft/io/write_model.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A tensor of a new file.
struct new_tensor {
  dtype type;
  std::vector<index_t> shape;
  std::vector<std::byte> bytes;
};

/// Rows of a matrix, or values of a vector: row i of the result is row chosen[i]. Bytes are copied as they are, so
/// nothing is rounded, whatever the type. Numbers of rows are the caller's duty.
inline new_tensor rows_of(const stored_tensor& t, list<const index_t> chosen) {
  new_tensor to{t.type, t.shape, {}};
  const index_t row = t.shape[0] == 0 ? 0 : t.bytes.size() / t.shape[0];
  to.shape[0] = chosen.size();
  to.bytes.resize(static_cast<std::size_t>(row * chosen.size()));
  for (index_t i = 0; i < chosen.size(); ++i)
    std::copy_n(t.bytes.data() + chosen[i] * row, row, to.bytes.data() + i * row);
  return to;
}
/// The same of the columns of a matrix.
inline new_tensor columns_of(const stored_tensor& t, list<const index_t> chosen) {
  new_tensor to{t.type, {t.shape[0], chosen.size()}, {}};
  const index_t one = dtype_bits(t.type) / 8;
  to.bytes.resize(static_cast<std::size_t>(t.shape[0] * chosen.size() * one));
  std::byte* at = to.bytes.data();
  for (index_t r = 0; r < t.shape[0]; ++r)
    for (const auto c : chosen) at = std::copy_n(t.bytes.data() + (r * t.shape[1] + c) * one, one, at);
  return to;
}

/// A model's directory whose layers are BERT's: attention with projections of its own, and a dense feed-forward.
class stored_layers {
 public:
  /// Reads config.json and the weights' table; with `norms` the norm behind each feed-forward is wanted, too. Throws
  /// weft::error for a family of other layers, for tensors that are missing or have another shape, and for weights that
  /// are no floating-point numbers.
  explicit stored_layers(std::filesystem::path directory, bool norms = false)
      : directory_(std::move(directory)), c_(configuration::read(directory_)), files_(checkpoint::open(directory_)) {
    if (!c_.facts().plain_layers)
      fail({.file = c_.file,
            .subject = "model_type",
            .found = c_.family,
            .wanted = "a model whose layers are BERT's: " +
                      detail::listed(families, [](auto* f) { return f->plain_layers ? f->family : ""; }),
            .remedy = "weights of other types are changed as records, by weft::rewire and weft::split_experts"});
    const auto wanted = requests(norms);
    const auto prefix = c_.facts().prefix;
    const auto stored = without_wrapper(files_, wanted, prefix);
    const auto report = compare(stored, wanted, prefix);
    if (!report.sound())
      fail({.file = files_.file(), .subject = "the layers do not fit " + c_.file, .details = report.sentence()});
    for (const auto& w : wanted) {
      const auto* const t = find_parameter(stored, w, prefix);
      if (!is_floating(t->type))
        fail({.file = t->file,
              .subject = "tensor " + detail::shown(t->name),
              .found = dtype_name(t->type),
              .wanted = "F32, F16, BF16 or F64"});
      found_.emplace(w.name, t);
    }
  }

  const configuration& config() const { return c_; }
  const checkpoint& files() const { return files_; }
  const std::filesystem::path& directory() const { return directory_; }

  /// A tensor of a layer, by the name that weft has for it: tensor(0, "intermediate.dense.weight").
  const stored_tensor& tensor(index_t layer, std::string_view name) const { return *found_.at(name_of(layer, name)); }

  /// Fills a new directory with `config`, the text of config.json, and with the tensors that are stored but for those
  /// of `left_out`, each as it is, or as `made` has it under the same name; what else is made is added. The tokenizer's
  /// files come with it, and those that sentence-transformers keep beside a model.
  void write(new_directory& folder, std::string_view config, const std::map<std::string, new_tensor>& made,
             const std::set<std::string>& left_out = {}) const {
    folder.write("config.json", config);
    safetensors_writer out;
    for (const auto& name : files_.names()) {
      const auto& t = *files_.find(name);
      if (!left_out.count(name) && !made.count(name)) out.add(name, t.type, t.shape, t.bytes);
    }
    for (const auto& [name, t] : made) out.add(name, t.type, t.shape, t.bytes);
    out.save(folder.path() / "model.safetensors");
    folder.copy_tokenizer(directory_);
    copy_sentence_modules(folder.path());
    folder.publish();
  }

 private:
  void copy_sentence_modules(const std::filesystem::path& to) const {
    namespace fs = std::filesystem;
    if (!file_exists(directory_ / "modules.json")) return;
    auto list = detail::read_json(directory_ / "modules.json");
    const detail::json_scope scope(list);
    std::error_code failed;
    const auto copy = [&](const fs::path& name) {
      if (!failed && fs::exists(directory_ / name))
        fs::copy(directory_ / name, to / name, fs::copy_options::recursive, failed);
    };
    copy("modules.json"), copy("config_sentence_transformers.json");
    for (const auto name : detail::transformer_files) copy(name);
    for (const auto& module : list) {
      const auto path = detail::module_directory(directory_, module, (directory_ / "modules.json").string());
      if (path != directory_) copy(path.lexically_relative(directory_));
    }
    if (failed) fail({.file = to.string(), .found = failed.message(), .wanted = "copies of the modules' files"});
  }
  std::string name_of(index_t layer, std::string_view name) const {
    return std::string(c_.facts().prefix) + ".encoder.layer." + std::to_string(layer) + "." + std::string(name);
  }
  std::vector<tensor_request> requests(bool norms) const {
    const auto width = c_.hidden_size, hidden = c_.intermediate_size;
    std::vector<tensor_request> all;
    const auto add = [&](index_t layer, const std::string& name, index_t from, index_t to) {
      all.push_back({name_of(layer, name + ".weight"), {to, from}});
      all.push_back({name_of(layer, name + ".bias"), {to}});
    };
    for (index_t l = 0; l < c_.num_hidden_layers; ++l) {
      for (const auto* name :
           {"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"})
        add(l, name, width, width);
      add(l, "intermediate.dense", width, hidden);
      add(l, "output.dense", hidden, width);
      if (norms) all.push_back({name_of(l, "output.LayerNorm.weight"), {width}});
      if (norms) all.push_back({name_of(l, "output.LayerNorm.bias"), {width}});
    }
    return all;
  }

  std::filesystem::path directory_;
  configuration c_;
  checkpoint files_;
  std::map<std::string, const stored_tensor*> found_;
};

/// Numbers of a file of importances: a tensor of this name and shape. Throws weft::error for another shape, and for
/// NaN, which has no place in an order.
inline list<const float> importance_of(const safetensors& file, const std::string& name,
                                       const std::vector<index_t>& shape, arena& store) {
  const auto* const t = file.find(name);
  const auto wanted = "importances " + shape_text(shape);
  if (!t) fail({.file = file.file(), .subject = name, .found = "no such tensor", .wanted = wanted});
  if (t->shape != shape)
    fail({.file = file.file(), .subject = name, .found = "shape " + shape_text(t->shape), .wanted = wanted});
  const auto values = as_floats(*t, store);
  for (index_t i = 0; i < values.size(); ++i)
    if (is_nan(values[i]))
      fail({.file = file.file(),
            .subject = name,
            .found = "NaN as value " + std::to_string(i + 1) + " of " + std::to_string(values.size()),
            .wanted = "numbers that can be compared"});
  return values;
}

}  // namespace weft
