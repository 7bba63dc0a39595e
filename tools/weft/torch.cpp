#include "torch.hpp"

#include <weft/io/checkpoint.hpp>
#ifdef WEFT_HAS_TORCH
#include <weft/io/torch_file.hpp>
#endif

namespace weft_program {

bool keeps_pickles(const std::filesystem::path& directory) {
  return weft::checkpoint::file_in(directory).filename().string().starts_with("pytorch_model");
}

namespace {
bool needs_torch([[maybe_unused]] const weft::configuration& c) {
#ifdef WEFT_HAS_TORCH
  return keeps_pickles(std::filesystem::path(c.file).parent_path());
#else
  return false;
#endif
}
}  // namespace

void read_torch_files() {
#ifdef WEFT_HAS_TORCH
  weft::read_torch_files();
#endif
}

std::string torch_include(const weft::configuration& c) {
  return needs_torch(c) ? "#include <weft/io/torch_file.hpp>\n" : "";
}

std::string torch_call(const weft::configuration& c) { return needs_torch(c) ? "weft::read_torch_files();\n  " : ""; }

std::vector<std::string> torch_libraries(const weft::configuration& c) {
  return needs_torch(c) ? std::vector<std::string>{"-lzip"} : std::vector<std::string>{};
}

}  // namespace weft_program
