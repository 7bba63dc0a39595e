#pragma once
// Directories of sentence-transformers as scripts/make_sentence_cases.py recorded them.
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/safetensors_writer.hpp>

#include "pipeline/files.hpp"

namespace weft_test {

inline nlohmann::json recorded_sentence_transformers() {
  const auto path = data() / "pipelines" / "sentence_transformers.json";
  return weft::parse_json(weft::mapped_file::open(path)->text(), path.string());
}

/// Writes the files of a case into a directory.
inline void add_recorded_files(const nlohmann::json& one, const fs::path& at) {
  for (const auto& [file, content] : one.at("files").items()) write_file(at / file, content.dump());
  for (const auto& [file, tensors] : one.at("tensors").items()) {
    weft::safetensors_writer out;
    std::vector<std::vector<float>> all;  // the writer views them
    all.reserve(tensors.size());
    for (const auto& [key, tensor] : tensors.items()) {
      all.push_back(tensor.at("values").get<std::vector<float>>());
      out.add(key, tensor.at("shape").get<std::vector<weft::index_t>>(), all.back());
    }
    out.save(at / file);
  }
}

/// A recorded checkpoint, with the files of a case beside it.
inline fs::path recorded_directory(const nlohmann::json& one, const std::string& model, const std::string& name) {
  const auto at = tiny_directory(model, name);
  add_recorded_files(one, at);
  return at;
}

}  // namespace weft_test
