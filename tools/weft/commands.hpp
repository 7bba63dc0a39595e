#pragma once
// The commands of the program weft. Each adds itself to the parser; its exit code is what it returns.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace weft_program {

/// What to do once the arguments are parsed.
using action = std::function<int()>;

void add_inspect(CLI::App& app, action& chosen);
void add_tokenize(CLI::App& app, action& chosen);
void add_type(CLI::App& app, action& chosen);
void add_verify(CLI::App& app, action& chosen);

}  // namespace weft_program
