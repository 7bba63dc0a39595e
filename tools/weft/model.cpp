// Which model a command is about.
#include "model.hpp"

#include <weft/io/hub_cache.hpp>
#ifdef WEFT_HAS_SENTENCEPIECE
#include <weft/text/sentencepiece.hpp>
#endif

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

weft::tokenizer_reading with_every_library() {
  weft::tokenizer_reading how;
#ifdef WEFT_HAS_SENTENCEPIECE
  how.sentencepiece = weft::read_sentencepiece;
#endif
  return how;
}

}  // namespace weft_program
