#pragma once
// A model's directory, written so that weft and Hugging Face's transformers read it.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/configuration.hpp>
#include <weft/io/safetensors_writer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// "ElectraForPreTraining" -> "Electra"; empty where the class ends otherwise.
inline std::string class_stem(std::string_view name) {
  if (const auto at = name.find("For"); at != name.npos && at > 0) return std::string(name.substr(0, at));
  if (name.ends_with("Model") && name.size() > 5) return std::string(name.substr(0, name.size() - 5));
  return {};
}
/// Brings a file or a directory to the disk. Some file systems cannot, which is no fault.
inline void synchronise(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  const int problem = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (problem == EIO || problem == ENOSPC || problem == EDQUOT)
    fail({.file = path.string(), .found = std::strerror(problem), .wanted = "a file that reaches the disk"});
}
}  // namespace detail

/// What a model is for, in its configuration.
struct model_purpose {
  const char* class_ending = "ForSequenceClassification";    ///< behind the family's name
  const char* problem_type = "single_label_classification";  ///< or another of transformers'; null: none
};

/// The text of config.json for a model like this one with another head, whose outputs have these names.
inline std::string classifier_configuration(const configuration& c, const std::vector<std::string>& labels,
                                            const model_purpose& purpose = {}) {
  auto document = c.document();
  const detail::json_scope scope(document);
  nlohmann::json names = nlohmann::json::object(), numbers = nlohmann::json::object();
  const detail::json_scope first(names), second(numbers);
  for (std::size_t i = 0; i < labels.size(); ++i) names[std::to_string(i)] = labels[i], numbers[labels[i]] = i;
  for (const char* key : {"id2label", "label2id", "num_labels", "problem_type", "architectures"}) document.erase(key);
  if (!labels.empty()) document["id2label"] = names, document["label2id"] = numbers;
  if (purpose.problem_type) document["problem_type"] = purpose.problem_type;
  auto stem = c.architectures.empty() ? std::string() : detail::class_stem(c.architectures.front());
  if (const auto* other = same_as(c.facts(), c.model_type); other && !other->saved_as.empty())
    document["model_type"] = std::string(c.facts().model_type), stem = other->saved_as;
  if (!stem.empty()) document["architectures"] = {stem + purpose.class_ending};
  return document.dump(2) + "\n";
}

/// The files of a tokenizer that a model's directory may have.
inline constexpr const char* tokenizer_file_names[] = {"tokenizer.json",
                                                       "tokenizer_config.json",
                                                       "vocab.txt",
                                                       "special_tokens_map.json",
                                                       "added_tokens.json",
                                                       "vocab.json",
                                                       "merges.txt",
                                                       "spiece.model",
                                                       "sentencepiece.bpe.model"};

/// A directory that appears whole or not at all: files are written beside it, brought to the disk, and then the folder
/// gets its name. Without publish() nothing is left.
class new_directory {
 public:
  /// Refuses a place that is taken.
  explicit new_directory(std::filesystem::path place) : place_(std::move(place)) {
    std::error_code failed;
    if (std::filesystem::exists(std::filesystem::symlink_status(place_, failed)))
      fail({.file = place_.string(), .found = "something that exists", .wanted = "a new directory"});
    part_ = place_;
    part_ += "." + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + ".partial";
    if (!std::filesystem::create_directories(part_, failed) || failed)
      fail({.file = place_.string(), .found = failed.message(), .wanted = "a directory that can be made"});
  }
  new_directory(const new_directory&) = delete;
  new_directory& operator=(const new_directory&) = delete;
  ~new_directory() {
    std::error_code ignored;
    if (!part_.empty()) std::filesystem::remove_all(part_, ignored);
  }

  /// Where files go before they are published.
  const std::filesystem::path& path() const { return part_; }
  void write(const char* name, std::string_view content) const {
    std::ofstream out(part_ / name, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out)
      fail({.file = (place_ / name).string(), .found = "a write error, perhaps a full disk", .wanted = "room for it"});
  }
  /// Copies those files of a tokenizer that `from` has.
  void copy_tokenizer(const std::filesystem::path& from) const {
    for (const auto* name : tokenizer_file_names) {
      std::error_code failed;
      if (!std::filesystem::exists(from / name, failed)) continue;
      std::filesystem::copy_file(from / name, part_ / name, failed);
      if (failed) fail({.file = (place_ / name).string(), .found = failed.message(), .wanted = "a copy of it"});
    }
  }
  void publish() {
    std::error_code failed;
    for (const auto& file : std::filesystem::directory_iterator(part_)) detail::synchronise(file.path());
    detail::synchronise(part_);
    std::filesystem::rename(part_, place_, failed);
    if (failed) fail({.file = place_.string(), .found = failed.message(), .wanted = "a place for the directory"});
    part_.clear();
    detail::synchronise(place_.has_parent_path() ? place_.parent_path() : std::filesystem::path("."));
  }

 private:
  std::filesystem::path place_, part_;
};

}  // namespace weft
