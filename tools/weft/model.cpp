// Which model a command is about.
#include "model.hpp"

#include <weft/io/hub_cache.hpp>

namespace weft_program {

namespace fs = std::filesystem;

fs::path model_at(const std::string& where) {
  std::error_code ignored;
  if (where == "demo" && !fs::exists(where, ignored)) {
    const auto own = fs::read_symlink("/proc/self/exe", ignored).parent_path() / WEFT_INSTALLED_DEMO;
    for (const fs::path& demo : {own.lexically_normal(), fs::path(WEFT_DEMO)})
      if (fs::exists(demo / "config.json", ignored)) return demo;
  }
  return weft::resolve_model(where);
}

}  // namespace weft_program
