#include <weft/io/mapped_file.hpp>

#include <fstream>

#include "catch.hpp"
#include "refusal.hpp"
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
  const auto error = error_of([&] { (void)weft::mapped_file::open(path); });
  if (!error) return "";
  CHECK(error->file == path.string());
  return error->what();
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
  CHECK_THAT(refusal(scratch("empty")), mentions("empty file"));
  CHECK_THAT(refusal(scratch("absent")), mentions("no such file"));
  CHECK_THAT(refusal(scratch("")), mentions("a directory"));
#if defined(__unix__) || defined(__APPLE__)
  std::filesystem::remove(scratch("pipe"));
  REQUIRE(::mkfifo(scratch("pipe").c_str(), 0600) == 0);
  CHECK_THAT(refusal(scratch("pipe")), mentions("pipe"));  // and does not wait for a writer
  CHECK(!refusal("/dev/zero").empty());
#endif
}

}  // namespace mapped_file_test
