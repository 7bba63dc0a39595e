#pragma once
// Which model a command is about.
#include <filesystem>
#include <string>
#include <weft/io/checkpoint_report.hpp>
#include <weft/io/configuration.hpp>
#include <weft/io/tokenizer_reading.hpp>

namespace weft_program {

/// The directory or file that `where` names: a path, org/name in the local cache of Hugging Face, or `demo`, the small
/// classifier that comes with weft.
std::filesystem::path model_at(const std::string& where);

/// How this program reads tokenizers: with every library that it was built with.
weft::tokenizer_reading with_every_library();

/// Fails unless every tensor that the configuration promises is there and well shaped, the encoder's and those of the
/// heads of its class, and unless its values are finite, where they have to be. What nothing needs is in the report.
weft::checkpoint_report check_tensors(const weft::checkpoint& stored, const weft::configuration& c,
                                      bool allow_nonfinite = false);

}  // namespace weft_program
