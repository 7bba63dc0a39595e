#pragma once
// Weights saved by torch.save, in this program and in those that it compiles.
#include <filesystem>
#include <string>
#include <vector>
#include <weft/io/configuration.hpp>

namespace weft_program {

/// Whether the weights of a directory are pytorch_model.bin or its shards.
bool keeps_pickles(const std::filesystem::path& directory);

/// The line that lets a compiled program read pytorch_model.bin; empty where the model has safetensors, or where this
/// program itself was built without libzip.
std::string torch_include(const weft::configuration& c);

/// What such a program links besides.
std::vector<std::string> torch_libraries(const weft::configuration& c);

}  // namespace weft_program
