#pragma once
// What the pipelines' tests share: directories made of recorded tiny checkpoints and a tiny vocabulary.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/model/electra.hpp>

#include "../refusal.hpp"
#include "../temporary_folder.hpp"

namespace weft_test {

namespace fs = std::filesystem;

inline fs::path data() { return WEFT_TEST_DATA; }
inline fs::path examples() { return data() / ".." / ".." / "examples"; }

/// The shape of the tiny recorded checkpoints.
struct tiny_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 64};
};

/// The classifier of examples/classify.
struct gloss_electra : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 128, .heads = 4, .hidden = 512};
  using embedding = weft::summed;
};

inline void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline fs::path empty_directory(const std::string& name) {
  const auto at = weft_test::temporary_folder() / name;
  fs::remove_all(at);
  fs::create_directories(at);
  return at;
}

/// `size` pieces: the special tokens, some words, then one letter each and unused ones.
inline std::vector<std::string> tiny_vocabulary(int size) {
  std::vector<std::string> pieces{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog", "sat",   "on",
                                  "mat",   "who",   "where", ".",     "?",      "in",  "a",   "red", "house", "##ing"};
  for (char c = 'b'; c <= 'z'; ++c) pieces.push_back(std::string(1, c)), pieces.push_back(std::string("##") + c);
  while (static_cast<int>(pieces.size()) < size) pieces.push_back("[unused" + std::to_string(pieces.size()) + "]");
  return pieces;
}

inline void write_vocabulary(const fs::path& directory, const std::vector<std::string>& pieces) {
  std::string text;
  for (const auto& piece : pieces) text += piece + "\n";
  write_file(directory / "vocab.txt", text);
}

/// A copy of a recorded checkpoint (vocabulary 120), with a tokenizer.
inline fs::path tiny_directory(const std::string& model, const std::string& name) {
  const auto at = empty_directory(name);
  for (const char* file : {"config.json", "model.safetensors"})
    fs::copy_file(data() / "models" / model / file, at / file);
  write_vocabulary(at, tiny_vocabulary(120));
  return at;
}

}  // namespace weft_test
