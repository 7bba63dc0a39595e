#pragma once
#include <CLI/CLI.hpp>
#include <string>

namespace weft_program {

/// Words that complete an option or argument; FILE among them stands for files. As a validator it accepts anything.
CLI::Validator completes_to(const std::string& words);

/// Prints a script for "bash" or "zsh" that completes the commands and options of `app`, their values, and files.
int print_completion(const std::string& shell, const CLI::App& app);

}  // namespace weft_program
