#pragma once
// Where compiled programs are kept from one run to the next.
#include <filesystem>
#include <memory>

#include "own_files.hpp"

namespace weft_program {

/// A folder whose content only this user, and root, can change: programs in it are run.
struct cache_folder {
  std::filesystem::path path;                ///< absolute
  std::shared_ptr<const work_folder> fresh;  ///< set where it is of this run only and goes with the last copy of this
};

/// WEFT_CACHE, else weft/ in XDG_CACHE_HOME, else .cache/weft/ in HOME, made where it is missing. Where others could
/// write there, or none of them is set, a fresh folder for this run, which a sentence on standard error says.
cache_folder open_cache();

/// An environment variable; `otherwise` where it is not set or empty.
std::string from_environment(const char* name, const char* otherwise);

}  // namespace weft_program
