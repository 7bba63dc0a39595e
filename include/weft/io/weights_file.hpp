#pragma once
// One opened file of weights, whatever its format, and who opens those that are no safetensors.
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <weft/base/list.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/stored_tensor.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What a checkpoint needs of a file.
struct weights_file {
  std::string name;
  list<const stored_tensor> tensors;          ///< no name is there twice
  std::shared_ptr<const void> owner;          ///< keeps the tensors alive, and the bytes that they point into
  std::shared_ptr<const mapped_file> mapped;  ///< null where the bytes were given
};

namespace detail {

/// Opens a file of torch.save; null until the program calls read_torch_files() of weft/io/torch_file.hpp.
inline std::atomic<weights_file (*)(const std::filesystem::path&)>& torch_opener() {
  static std::atomic<weights_file (*)(const std::filesystem::path&)> opener{nullptr};
  return opener;
}

}  // namespace detail

}  // namespace weft
