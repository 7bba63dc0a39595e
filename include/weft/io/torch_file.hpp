#pragma once
// pytorch_model.bin: a state dict written by torch.save, in a zip archive (since torch 1.6) or as the sequence of
// pickles before that. The component weft::torch, which needs libzip. A program that calls read_torch_files() reads
// such files wherever it opens a checkpoint. https://github.com/pytorch/pytorch, torch/serialization.py
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/torch_containers.hpp>
#include <weft/io/torch_tensors.hpp>
#include <weft/io/weights_file.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The tensors of one state dict, by name. Copies share the file.
class torch_file {
 public:
  /// Maps and checks a file. Throws weft::error if it is damaged, and for a pickle that names any function but those
  /// that rebuild tensors; nothing of it is run.
  static torch_file open(const std::filesystem::path& path) {
    auto file = mapped_file::open(path);
    torch_file opened = parse(file->bytes(), file->name(), file);
    opened.mapped_ = std::move(file);
    return opened;
  }

  /// Checks the bytes of a file in memory. They must outlive all views of tensors: `owner` may keep them alive.
  /// `name` stands for the file in errors.
  static torch_file parse(list<const std::byte> bytes, std::string name = "torch file in memory",
                          std::shared_ptr<const void> owner = {}) {
    auto made = std::make_shared<content>();
    made->name = std::move(name);
    made->owner = std::move(owner);
    auto read = detail::read_torch(bytes, made->name);
    auto names = detail::state_dict_names(read.pickle, made->name).names;
    std::sort(names.begin(), names.end());
    detail::tensor_placer placer(read.pickle, std::move(read.storages), bytes.size(), made->name);
    made->tensors.reserve(names.size());
    for (auto& [tensor, place] : names) {
      if (!made->tensors.empty() && made->tensors.back().name == tensor)
        fail({.file = made->name,
              .subject = "tensor " + detail::shown(tensor),
              .found = "two entries",
              .wanted = "one"});
      made->tensors.push_back(placer.place(std::move(tensor), place, made->copies));
    }
    torch_file opened;
    opened.content_ = std::move(made);
    return opened;
  }

  /// The tensor of exactly this name, or null. Names of nested dictionaries are joined: "outer.inner".
  const stored_tensor* find(std::string_view name) const {
    const auto all = tensors();
    const auto at = std::lower_bound(all.begin(), all.end(), name,
                                     [](const stored_tensor& t, std::string_view n) { return t.name < n; });
    return at != all.end() && at->name == name ? at : nullptr;
  }

  /// Sorted by name.
  list<const stored_tensor> tensors() const { return content_->tensors; }
  const stored_tensor* begin() const { return tensors().begin(); }
  const stored_tensor* end() const { return tensors().end(); }
  index_t size() const { return tensors().size(); }
  /// What errors call it.
  const std::string& file() const { return content_->name; }
  /// Keeps the tensors' bytes alive.
  std::shared_ptr<const void> owner() const { return content_; }
  /// Bytes of tensors that do not lie row by row in the file, and were copied.
  index_t copied_bytes() const { return content_->copies.bytes(); }

  /// As a checkpoint has it.
  weights_file as_weights() const { return {file(), tensors(), owner(), mapped_}; }

 private:
  struct content {
    std::string name;
    std::shared_ptr<const void> owner;
    arena copies;
    std::vector<stored_tensor> tensors;
  };
  torch_file() = default;

  std::shared_ptr<const content> content_;
  std::shared_ptr<const mapped_file> mapped_;
};

/// From here on this program reads pytorch_model.bin, too, wherever it opens a checkpoint: load, pipelines, verify. To
/// be called once, at its beginning; more often, and from any thread, does no harm.
inline void read_torch_files() {
  detail::torch_opener() = [](const std::filesystem::path& path) { return torch_file::open(path).as_weights(); };
}

}  // namespace weft
