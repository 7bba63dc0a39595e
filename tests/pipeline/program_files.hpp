#pragma once
// What `weft build` writes into a unit of its own: how a program reads its model's files.
#include <weft/program/files.hpp>

inline weft::program::model_files weft::program::files_of(const request& r, bool sentences) {
  return read_files(r, sentences);
}
