#pragma once
// Where tests write: a folder of this process alone, so that two builds' suites may run at once.
#include <filesystem>
#include <random>
#include <string>
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace weft_test {

namespace own_folder {
class own_folder {
 public:
  own_folder() {
    std::random_device random;
    do path = std::filesystem::temp_directory_path() / ("weft_test_" + std::to_string(random()));
    while (!std::filesystem::create_directory(path));
  }
  ~own_folder() {
    std::error_code ignored;
    if (process_ == process()) std::filesystem::remove_all(path, ignored);  // not in the child of a fork
  }
  own_folder(const own_folder&) = delete;
  own_folder& operator=(const own_folder&) = delete;

  std::filesystem::path path;

 private:
  static long process() {
#if defined(__unix__) || defined(__APPLE__)
    return static_cast<long>(::getpid());
#else
    return 0;
#endif
  }
  long process_ = process();
};
}  // namespace own_folder

/// It exists, and is removed when the process ends.
inline const std::filesystem::path& temporary_folder() {
  static const own_folder::own_folder folder;
  return folder.path;
}

}  // namespace weft_test
