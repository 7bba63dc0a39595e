#include <weft/io/mapped_file.hpp>

#include <fstream>

#include "catch.hpp"
#include "temporary_folder.hpp"
#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif

namespace mapped_file_test {

std::filesystem::path scratch(const std::string& name) {
  const auto at = weft_test::temporary_folder() / "mapped_file";
  std::filesystem::create_directories(at);
  return at / name;
}
std::string refusal(const std::filesystem::path& path) {
  try {
    (void)weft::mapped_file::open(path);
  } catch (const weft::error& e) {
    CHECK(e.file == path.string());
    return e.what();
  }
  return "";
}

TEST_CASE("a mapped file shows the file's bytes") {
  std::ofstream(scratch("three"), std::ios::binary) << "a\0b" << std::string("x\0", 2);
  const auto file = weft::mapped_file::open(scratch("three"));
  CHECK(file->text() == std::string("ax\0", 3));
  CHECK(file->bytes().size() == 3);
  CHECK(file->bytes()[0] == std::byte{'a'});
  file->release_pages();
  CHECK(file->text() == std::string("ax\0", 3));
}

TEST_CASE("what cannot be mapped is refused with its name") {
  std::ofstream(scratch("empty"));
  CHECK(refusal(scratch("empty")).find("empty file") != std::string::npos);
  CHECK(refusal(scratch("absent")).find("no such file") != std::string::npos);
  CHECK(refusal(scratch("")).find("a directory") != std::string::npos);
#if defined(__unix__) || defined(__APPLE__)
  std::filesystem::remove(scratch("pipe"));
  REQUIRE(::mkfifo(scratch("pipe").c_str(), 0600) == 0);
  CHECK(refusal(scratch("pipe")).find("pipe") != std::string::npos);  // and does not wait for a writer
  CHECK(!refusal("/dev/zero").empty());
#endif
}

}  // namespace mapped_file_test
