#include "torch.hpp"

#include <filesystem>
#ifdef WEFT_HAS_TORCH
#include <weft/io/torch_file.hpp>  // with it, every command of this program reads pytorch_model.bin
#endif

namespace weft_program {

namespace {
bool needs_torch([[maybe_unused]] const weft::configuration& c) {
#ifdef WEFT_HAS_TORCH
  const auto at = std::filesystem::path(c.file).parent_path();
  return !std::filesystem::exists(at / "model.safetensors") &&
         !std::filesystem::exists(at / "model.safetensors.index.json");
#else
  return false;
#endif
}
}  // namespace

std::string torch_include(const weft::configuration& c) {
  return needs_torch(c) ? "#include <weft/io/torch_file.hpp>\n" : "";
}

std::vector<std::string> torch_libraries(const weft::configuration& c) {
  return needs_torch(c) ? std::vector<std::string>{"-lzip"} : std::vector<std::string>{};
}

}  // namespace weft_program
