#pragma once
// What sentence-transformers keeps of a CrossEncoder: the function behind its value, and where texts are cut.
// https://www.sbert.net/docs/package_reference/cross_encoder/model.html
#include <filesystem>
#include <string>
#include <string_view>
#include <weft/base/shape.hpp>
#include <weft/io/json.hpp>
#include <weft/io/sentence_keys.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What the files beside a cross-encoder's weights say of it.
struct cross_encoder_files {
  std::string activation = {};  ///< the class behind the value, as "torch.nn.modules.linear.Identity"; empty: not said
  std::string file = {}, key = {};  ///< that say so
  index_t max_length = 0;           ///< tokens of a query and a text together; 0: not said
};

namespace detail {

// Of config.json: sentence_transformers.activation_fn, or what versions before 4 wrote.
inline void read_cross_encoder_keys(const nlohmann::json& config, std::string_view file, cross_encoder_files& to) {
  to.file = file, to.key = "sbert_ce_default_activation_function";
  to.activation = json_text(config, to.key, file, "");
  if (const auto* said = json_find(config, "sentence_transformers", file))
    if (json_find(*said, "activation_fn", file))
      to.key = "activation_fn", to.activation = json_text(*said, to.key, file);
}

// sentence_bert_config.json of a CrossEncoder.
inline void read_cross_encoder_limits(const std::filesystem::path& path, cross_encoder_files& to) {
  const auto file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  check_sentence_keys(config,
                      {"max_seq_length", "transformer_task", "modality_config", "module_output_name",
                       "processing_kwargs", "unpad_inputs", "backend", "model_args", "model_kwargs", "tokenizer_args",
                       "processor_kwargs", "config_args", "config_kwargs"},
                      "", file);
  for (const auto* key : {"processing_kwargs", "model_args", "model_kwargs", "tokenizer_args", "processor_kwargs",
                          "config_args", "config_kwargs"})
    if (const auto* inner = json_find(config, key, file))
      check_sentence_keys(*inner, {"trust_remote_code", "torch_dtype", "dtype", "attn_implementation", "use_fast"}, key,
                          file);
  for (const auto& [key, wanted] :
       {std::pair("transformer_task", "sequence-classification"), {"module_output_name", "scores"}})
    if (const auto found = json_text(config, key, file, wanted); found != wanted)
      fail({.file = file, .subject = key, .found = shown(found), .wanted = wanted});
  to.max_length = json_integer(config, "max_seq_length", file, 1, 16'777'216, 0);
}

// modules.json: nothing but the transformer, whose files are in the directory itself.
inline void check_cross_encoder_modules(const std::filesystem::path& path) {
  const auto file = path.string();
  auto modules = read_json(path);
  const json_scope scope(modules);
  const auto refuse = [&](const std::string& found) {
    fail({.file = file, .subject = "modules", .found = found, .wanted = "a Transformer alone"});
  };
  if (!modules.is_array() || modules.empty()) refuse(json_shown(modules));
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto type = json_text(modules[i], "type", file);
    if (i > 0 || !type.ends_with(".Transformer")) refuse(shown(type));
    if (const auto at = json_text(modules[i], "path", file, ""); !at.empty()) refuse("its files in " + shown(at));
  }
}

// Of a directory that version 5 and later wrote. Whatever is another model's is left alone.
inline void read_cross_encoder_directory(const std::filesystem::path& directory, cross_encoder_files& to) {
  const auto path = directory / "config_sentence_transformers.json";
  if (!file_exists(path)) return;
  const auto file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  if (json_text(config, "model_type", file, "") != "CrossEncoder") return;
  check_sentence_keys(config,
                      {"__version__", "model_type", "activation_fn", "default_prompt_name", "prompts",
                       "keep_in_fp32_modules", "similarity_fn_name"},
                      "", file);
  if (const auto name = json_text(config, "default_prompt_name", file, ""); !name.empty())
    fail({.file = file,
          .subject = "default_prompt_name",
          .found = shown(name),
          .wanted = "null: weft puts no prompts before pairs"});
  if (json_find(config, "activation_fn", file))
    to = {.activation = json_text(config, "activation_fn", file), .file = file, .key = "activation_fn"};
  if (file_exists(directory / "modules.json")) check_cross_encoder_modules(directory / "modules.json");
  if (file_exists(directory / "sentence_bert_config.json"))
    read_cross_encoder_limits(directory / "sentence_bert_config.json", to);
}

}  // namespace detail
}  // namespace weft
