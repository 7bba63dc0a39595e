#pragma once
// Weights saved by torch.save, in this program and in those that it compiles.
#include <filesystem>
#include <string>
#include <vector>
#include <weft/io/configuration.hpp>

namespace weft_program {

/// Whether the weights of a directory are pytorch_model.bin or its shards.
bool keeps_pickles(const std::filesystem::path& directory);

/// Every command reads pytorch_model.bin, where this program was built with libzip.
void read_torch_files();

/// What lets a compiled program do so, a line for its head and one for where it begins to read; empty where the model
/// has safetensors, or where this program itself was built without libzip.
std::string torch_include(const weft::configuration& c);
std::string torch_call(const weft::configuration& c);

/// What such a program links besides.
std::vector<std::string> torch_libraries(const weft::configuration& c);

}  // namespace weft_program
