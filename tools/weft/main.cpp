// weft: looks into checkpoints, cuts text into tokens, writes types, verifies results.
// Exit codes: 0 all is well, 1 the input is unsound or a result is past tolerance, 2 the command line is wrong.
#include <exception>
#include <iostream>
#include <weft/base/version.hpp>
#include <weft/simd/vector.hpp>

#include "commands.hpp"

int main(int argc, char** argv) {
  CLI::App app("weft: transformer encoders from Hugging Face files", "weft");
  app.set_version_flag("--version", std::string(weft::version) + " (" + weft::simd::name<>() + ")");
  app.require_subcommand(1);
  weft_program::action chosen;
  weft_program::add_inspect(app, chosen);
  weft_program::add_tokenize(app, chosen);
  weft_program::add_type(app, chosen);
  weft_program::add_verify(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    return chosen();
  } catch (const std::exception& e) {
    std::cerr << "weft: " << e.what() << '\n';
    return 1;
  }
}
