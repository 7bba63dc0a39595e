#pragma once
// A file that says how a model is trained.
#include <string>
#include <utility>
#include <vector>

namespace weft_program {

/// The options of a TOML file, as {"--rate", "0.0001"}: its keys are those of weft train without the dashes, a flag is
/// true or false, a list becomes names with commas between. Fails where the file is none, and for a key that is no
/// option; where the program was built without a library for TOML it says so.
std::vector<std::pair<std::string, std::string>> read_recipe(const std::string& file);

}  // namespace weft_program
