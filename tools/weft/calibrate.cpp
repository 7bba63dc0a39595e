// weft calibrate DIR: compiles the type that config.json describes, runs it over texts and writes the model on whole
// numbers.
#include <weft/io/configuration.hpp>

#include "children.hpp"
#include "commands.hpp"
#include "compiled.hpp"
#include "model.hpp"

namespace weft_program {

int calibrate(const calibrate_options& o) {
  const auto at = model_at(o.where);
  if (!std::filesystem::is_directory(at))
    weft::fail(
        {.file = o.where, .found = "no directory", .wanted = "a model's directory, with config.json and weights"});
  const auto c = weft::configuration::read(at);
  const auto program =
      compiled(c, {.name = "calibrate",
                   .header = "pipeline/calibrate.hpp",
                   .call = "weft::calibrate_and_print<@>(arguments[1], arguments[2], arguments[3], out)",
                   .heads = false,
                   .quiet = o.quiet,
                   .before = [&] { compare_encoder_tensors(at, c); }});
  return run({program.file.string(), at.string(), o.texts, o.to}).good() ? 0 : 1;
}

}  // namespace weft_program
