#pragma once
#include <CLI/CLI.hpp>
#include <string>

namespace weft_program {

/// Prints a script for "bash" or "zsh" that completes the commands and options of `app`, and files.
int print_completion(const std::string& shell, const CLI::App& app);

}  // namespace weft_program
