// Which model a command is about.
#include "model.hpp"

#include <weft/encoder/active.hpp>
#include <weft/io/hub_cache.hpp>
#include <weft/program/request.hpp>
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

weft::configuration configuration_of(const fs::path& path, const std::string& family) {
  const auto c = weft::configuration::read(path, family);
  if (!family.empty() && c.model_type != family)
    weft::fail({.file = c.file,
                .subject = "model_type",
                .found = c.model_type,
                .wanted = family + ", as --family says, or no such key",
                .remedy = "leave --family out"});
  return c;
}

bool wants_part(const weft::configuration& c, const std::string& width, const std::string& depth) {
  if (width.empty() && depth.empty()) return false;
  const auto share = [](const char* option, const std::string& text) {
    return text.empty() ? 1 : weft::program::detail::number(option, text);
  };
  const auto wide = share("--width", width), deep = share("--depth", depth);
  if (!c.facts().slims)
    weft::fail({.file = c.file,
                .subject = "model_type",
                .found = c.family + ", which runs as a whole",
                .wanted = "a type of attention and dense feed-forwards, of which a part can run: one of " +
                          weft::detail::listed(weft::families, [](auto* f) { return f->slims ? f->family : ""; }),
                .remedy = "leave --width and --depth out"});
  const weft::model_shape shape{.width = c.hidden_size, .heads = c.num_attention_heads, .hidden = c.intermediate_size};
  weft::active::of(wide, deep, shape, c.num_hidden_layers);
  return true;
}

weft::tokenizer_reading with_every_library() {
  weft::tokenizer_reading how;
#ifdef WEFT_HAS_SENTENCEPIECE
  how.sentencepiece = weft::read_sentencepiece;
#endif
  return how;
}

}  // namespace weft_program
