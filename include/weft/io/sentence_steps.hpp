#pragma once
// What a sentence-transformers directory does to a vector behind its pooling: Dense, LayerNorm, Normalize.
#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/as_floats.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/sentence_keys.hpp>
#include <weft/io/shown.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What follows the linear of a Dense module.
enum class dense_activation { identity, tanh, relu, gelu, sigmoid };

/// One module. Weights are [out, in], row major.
struct sentence_step {
  enum class kind { dense, layer_norm, normalize };
  kind does = kind::normalize;
  index_t in = 0, out = 0;                    ///< values of the vector before and behind it; 0: any, and as many
  std::vector<float> weight = {}, bias = {};  ///< no bias: zeros
  dense_activation activation = dense_activation::identity;
};

namespace detail {

/// A module may say what it reads and writes: the vector of a text, or where there is none those of its tokens.
inline void check_vector_names(const nlohmann::json& config, const std::string& file,
                               const std::string& wanted = "sentence_embedding") {
  for (const auto* key : {"module_input_name", "module_output_name"})
    if (const auto name = json_text(config, key, file, wanted); name != wanted)
      fail({.file = file, .subject = key, .found = shown(name), .wanted = wanted});
}

inline sentence_step read_normalize(const std::filesystem::path& at,
                                    const std::string& vectors = "sentence_embedding") {
  if (!file_exists(at / "config.json")) return {};
  auto config = read_json(at / "config.json");
  const json_scope scope(config);
  check_vector_names(config, (at / "config.json").string(), vectors);
  return {};
}

inline std::vector<float> step_tensor(const checkpoint& stored, const std::string& name,
                                      std::initializer_list<index_t> shape) {
  const auto* const t = stored.find(name);
  const list<const index_t> wanted(shape.begin(), static_cast<index_t>(shape.size()));
  if (!t || !std::equal(t->shape.begin(), t->shape.end(), wanted.begin(), wanted.end()))
    fail({.file = stored.file(),
          .subject = "tensor " + shown(name),
          .found = t ? shape_text(t->shape) : "no such tensor",
          .wanted = shape_text(wanted)});
  arena store;
  const auto values = as_floats(*t, store);
  return {values.begin(), values.end()};
}

inline dense_activation activation_of(std::string_view name, const std::string& file) {
  constexpr std::array<std::pair<std::string_view, dense_activation>, 5> names{
      {{"torch.nn.modules.linear.Identity", dense_activation::identity},
       {"torch.nn.modules.activation.Tanh", dense_activation::tanh},
       {"torch.nn.modules.activation.ReLU", dense_activation::relu},
       {"torch.nn.modules.activation.GELU", dense_activation::gelu},
       {"torch.nn.modules.activation.Sigmoid", dense_activation::sigmoid}}};
  for (const auto& [known, means] : names)
    if (name == known) return means;
  fail({.file = file,
        .subject = "activation_function",
        .found = shown(name),
        .wanted = "torch.nn.modules.linear.Identity, or Tanh, ReLU, GELU or Sigmoid of torch.nn.modules.activation"});
}

/// Reads a Dense module's folder.
inline sentence_step read_dense(const std::filesystem::path& at, const std::string& vectors = "sentence_embedding") {
  const std::string file = (at / "config.json").string();
  auto config = read_json(at / "config.json");
  const json_scope scope(config);
  check_sentence_keys(config,
                      {"in_features", "out_features", "bias", "activation_function", "module_input_name",
                       "module_output_name", "use_residual"},
                      "", file);
  check_vector_names(config, file, vectors);
  if (json_flag(config, "use_residual", file, false))
    fail({.file = file, .subject = "use_residual", .found = "true", .wanted = "false"});
  sentence_step step;
  step.does = sentence_step::kind::dense;
  step.in = json_integer(config, "in_features", file, 1, 65'536);
  step.out = json_integer(config, "out_features", file, 1, 65'536);
  step.activation =
      activation_of(json_text(config, "activation_function", file, "torch.nn.modules.activation.Tanh"), file);
  const auto stored = checkpoint::open(at);
  step.weight = step_tensor(stored, "linear.weight", {step.out, step.in});
  if (json_flag(config, "bias", file, true)) step.bias = step_tensor(stored, "linear.bias", {step.out});
  return step;
}

/// Reads a LayerNorm module's folder.
inline sentence_step read_layer_norm(const std::filesystem::path& at) {
  const std::string file = (at / "config.json").string();
  auto config = read_json(at / "config.json");
  const json_scope scope(config);
  check_sentence_keys(config, {"dimension"}, "", file);
  sentence_step step;
  step.does = sentence_step::kind::layer_norm;
  step.in = step.out = json_integer(config, "dimension", file, 1, 65'536);
  const auto stored = checkpoint::open(at);
  step.weight = step_tensor(stored, "norm.weight", {step.in});
  step.bias = step_tensor(stored, "norm.bias", {step.in});
  return step;
}

}  // namespace detail

}  // namespace weft
