#pragma once
// Which model a command is about.
#include <filesystem>
#include <string>

namespace weft_program {

/// The directory or file that `where` names: a path, org/name in the local cache of Hugging Face, or `demo`, the small
/// classifier that comes with weft.
std::filesystem::path model_at(const std::string& where);

}  // namespace weft_program
