// weft type DIR|config.json: the C++ spec that a configuration describes.
#include <weft/io/spec_source.hpp>
#include <weft/program/printing.hpp>

#include "commands.hpp"
#include "model.hpp"

namespace weft_program {

int print_type(const std::string& where, const std::string& name, const std::string& numeric,
               const std::string& family) {
  const auto at = model_at(where);
  const auto c = configuration_of(at, family);
  auto called = name;
  if (called.empty()) {
    const auto full = std::filesystem::weakly_canonical(at);
    called = (std::filesystem::is_directory(full) ? full : full.parent_path()).filename().string();
  }
  const auto source = weft::spec_of(c, called, "", false, numeric);
  weft::program::page().trusted(source.text).trusted("\n// " + source.model() + "\n").print();
  return 0;
}

}  // namespace weft_program
