#pragma once
// A task, ready to be compiled for a checkpoint.
#include <filesystem>
#include <string>
#include <weft/io/configuration.hpp>

#include "compiled.hpp"

namespace weft_program {

struct prepared_task {
  std::filesystem::path directory;  ///< absolute
  weft::configuration configuration;
  task_program program;
};

/// Finds the model and checks that it has what the command needs; `max_length` and `family` are the options', 0 and
/// empty without them.
prepared_task prepare_task(const std::string& where, const std::string& command, bool quiet, bool allow_nonfinite,
                           int max_length = 0, const std::string& family = {});

/// The command that a checkpoint's class was trained for: "classify" for ...ForSequenceClassification; else "embed".
std::string natural_task(const weft::configuration& c);

}  // namespace weft_program
