#pragma once
// One safetensors file: 8 bytes of length N, N bytes of JSON header, the tensors' bytes end to end.
// https://github.com/huggingface/safetensors#format, read strictly: whatever two readers might understand in two ways
// is refused.
#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/list.hpp>
#include <weft/io/dtype.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/safetensors_header.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The tensors of one file, in the order of their bytes. Copies share the file.
class safetensors {
 public:
  /// Maps and checks a file. Throws weft::error that names the file, the tensor and the reason.
  static safetensors open(const std::filesystem::path& path) {
    auto file = mapped_file::open(path);
    auto name = std::shared_ptr<const std::string>(file, &file->name());
    const auto bytes = file->bytes();
    safetensors opened(bytes, std::move(name), file);
    opened.mapped_ = std::move(file);
    return opened;
  }

  /// Checks the bytes of a file in memory. They must outlive all views of tensors: `owner` may keep them alive.
  /// `name` stands for the file in errors.
  static safetensors parse(list<const std::byte> bytes, std::string name = "safetensors in memory",
                           std::shared_ptr<const void> owner = {}) {
    return safetensors(bytes, std::make_shared<const std::string>(std::move(name)), std::move(owner));
  }

  /// The tensor of this name, or null.
  const stored_tensor* find(std::string_view name) const {
    const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                     [this](std::size_t i, std::string_view n) { return tensors_[i].name < n; });
    return at != by_name_.end() && tensors_[*at].name == name ? &tensors_[*at] : nullptr;
  }

  /// The names of all tensors, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    all.reserve(by_name_.size());
    for (const auto i : by_name_) all.push_back(tensors_[i].name);
    return all;
  }

  list<const stored_tensor> tensors() const { return tensors_; }
  const stored_tensor* begin() const { return tensors().begin(); }
  const stored_tensor* end() const { return tensors().end(); }
  index_t size() const { return tensors().size(); }

  /// The pairs under "__metadata__", as {"format", "pt"}.
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }
  /// What errors call it.
  const std::string& file() const { return *name_; }
  /// Keeps the bytes alive.
  std::shared_ptr<const void> owner() const { return owner_; }
  /// See mapped_file::release_pages; nothing where the bytes were given.
  void release_pages() const {
    if (mapped_) mapped_->release_pages();
  }

 private:
  safetensors(list<const std::byte> bytes, std::shared_ptr<const std::string> name, std::shared_ptr<const void> owner)
      : name_(std::move(name)), owner_(std::move(owner)) {
    auto header = detail::safetensors_header(bytes, *name_);
    metadata_ = std::move(header.metadata);
    tensors_ = std::move(header.tensors);
    by_name_.resize(tensors_.size());
    std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
    std::sort(by_name_.begin(), by_name_.end(),
              [this](std::size_t a, std::size_t b) { return tensors_[a].name < tensors_[b].name; });
    for (std::size_t i = 1; i < by_name_.size(); ++i)
      if (const auto& n = tensors_[by_name_[i]].name; n == tensors_[by_name_[i - 1]].name)
        fail({.file = *name_, .subject = "tensor " + detail::shown(n), .found = "two entries", .wanted = "one"});
    for (auto& t : tensors_) t.file = *name_;
  }

  std::shared_ptr<const std::string> name_;
  std::shared_ptr<const mapped_file> mapped_;
  std::shared_ptr<const void> owner_;
  std::vector<stored_tensor> tensors_;
  std::vector<std::size_t> by_name_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

}  // namespace weft
