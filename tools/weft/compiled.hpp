#pragma once
// Programs that are compiled for one checkpoint's type.
#include <filesystem>
#include <string>
#include <vector>
#include <weft/io/configuration.hpp>

namespace weft_program {

/// A program that calls one function template of weft's headers.
struct model_program {
  std::string name;                  ///< begins the name of its file in the cache
  std::string header;                ///< below weft/
  std::string call;                  ///< "f<@>(arguments[1], std::cout)", where @ is the type and its heads
  std::string optimisation = "-O2";  ///< the compiler's; flags in CXXFLAGS follow it
  bool heads = true;                 ///< false: the encoder alone, whatever the checkpoint's class
  std::string random_plan = {};      ///< see weft::spec_of
};

/// The program of this model, compiled when it is not in the cache. Fails with what the compiler says.
std::filesystem::path compiled(const weft::configuration& c, const model_program& wanted);

/// Runs a program without a shell; its exit status, or -1. Its output goes to a file where one is named.
int run(const std::vector<std::string>& command, const std::filesystem::path& output_to = {});

}  // namespace weft_program
