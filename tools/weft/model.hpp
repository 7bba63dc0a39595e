#pragma once
// Which model a command is about.
#include <filesystem>
#include <string>
#include <weft/io/configuration.hpp>
#include <weft/io/tokenizer_reading.hpp>

namespace weft_program {

/// The directory or file that `where` names: a path, org/name in the local cache of Hugging Face, or `demo`, the small
/// classifier that comes with weft.
std::filesystem::path model_at(const std::string& where);

/// The configuration of a directory or a file. `family`, if it is not empty, is the model_type where the file has none;
/// a file that has another one is refused.
weft::configuration configuration_of(const std::filesystem::path& path, const std::string& family);

/// Whether a part of a model is asked for, by --width and --depth, empty where they were not given. Fails for shares of
/// which nothing is left, and for a type that runs as a whole.
bool wants_part(const weft::configuration& c, const std::string& width, const std::string& depth);

/// How this program reads tokenizers: with every library that it was built with.
weft::tokenizer_reading with_every_library();

}  // namespace weft_program
