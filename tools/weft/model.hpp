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

/// Whether a part of a model is asked for, by --width and --depth, empty where they were not given. Fails for shares of
/// which nothing is left, and for a type that runs as a whole.
bool wants_part(const weft::configuration& c, const std::string& width, const std::string& depth);

/// How this program reads tokenizers: with every library that it was built with.
weft::tokenizer_reading with_every_library();

}  // namespace weft_program
