#pragma once
// The C interface of `weft build --library`: its header and its source.
#include <string>

namespace weft_program {

/// What the generated header is written for; weft::program::c_version is what a library has.
inline constexpr int c_interface_version = 1;

/// The functions that a library exports, around a task's type. `prefix` begins their names.
std::string c_interface_source(const std::string& type, const std::string& prefix);

/// The header that belongs to them.
std::string c_interface_header(const std::string& task, const std::string& prefix);

}  // namespace weft_program
