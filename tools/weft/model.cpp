// Which model a command is about.
#include "model.hpp"

#include <weft/io/expected_parameters.hpp>
#include <weft/io/finite_tensors.hpp>
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

weft::checkpoint_report check_tensors(const weft::checkpoint& stored, const weft::configuration& c,
                                      bool allow_nonfinite) {
  const auto wanted = weft::expected_parameters(c);
  const auto prefix = weft::name_prefix(c.family);
  auto report = weft::compare(stored, wanted, prefix);
  if (!report.sound())
    weft::fail({.file = stored.file(), .subject = "the tensors do not fit " + c.file, .details = report.sentence()});
  weft::arena converted;  // reads every tensor that the model would read
  std::vector<weft::detail::float_tensor> values;
  for (const auto& w : wanted) {
    const auto* const t = weft::find_parameter(stored, w, prefix);
    values.push_back({t, weft::as_floats(*t, converted)});
    if (w.tied_to.empty()) continue;
    if (const auto* other = weft::find_parameter(stored, w.tied_to, prefix); other && other != t)
      values.push_back({other, weft::as_floats(*other, converted)});
  }
  if (!allow_nonfinite)
    if (const auto odd = weft::detail::nonfinite_of(values, {}); !odd.empty())
      weft::detail::refuse_nonfinite(stored.file(), odd);
  return report;
}

}  // namespace weft_program
