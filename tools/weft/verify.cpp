// weft verify DIR: compiles the type that config.json describes, runs the recorded inputs of expected.safetensors and
// compares.
#include <weft/io/checkpoint.hpp>
#include <weft/verify/recorded_plan.hpp>

#include "children.hpp"
#include "commands.hpp"
#include "compiled.hpp"
#include "model.hpp"

namespace weft_program {

int verify(const std::string& where, const std::string& numeric) {
  const auto at = model_at(where);
  if (!std::filesystem::is_directory(at))
    weft::fail({.file = where, .found = "no directory", .wanted = "a model's directory with expected.safetensors"});
  if (!std::filesystem::exists(at / "expected.safetensors"))
    weft::fail({.file = where,
                .found = "no expected.safetensors",
                .wanted = "recorded inputs and results beside the weights"});
  const auto c = weft::configuration::read(at);
  const auto before = [&] {
    weft::safetensors::open(at / "expected.safetensors");
    compare_tensors(at, c, true);
  };
  const auto program = compiled(c, {.name = "verify",
                                    .header = "verify/verify.hpp",
                                    .call = "weft::verify_and_print<@>(arguments[1], out)",
                                    .random_plan = std::string(weft::random_plan_of(at)),
                                    .slimmable = weft::records_variants(at),
                                    .numeric = numeric,
                                    .before = before});
  return run({program.file.string(), at.string()}).good() ? 0 : 1;
}

}  // namespace weft_program
