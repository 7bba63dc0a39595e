#include <weft/io/packed_files.hpp>

#include <fstream>
#include <weft/io/checkpoint.hpp>
#include <weft/io/configuration.hpp>
#include <weft/io/mapped_file.hpp>

#include "catch.hpp"
#include "temporary_folder.hpp"

namespace packed_files_test {

namespace fs = std::filesystem;
const fs::path model = fs::path(WEFT_TEST_DATA) / "models" / "bert_mlm";

// A "program" of 5,000 bytes with a model and a folder inside.
fs::path container(const char* name) {
  const auto folder = weft_test::temporary_folder() / "packed_files";
  fs::create_directories(folder / "model" / "1_Pooling");
  for (const char* file : {"config.json", "model.safetensors"})
    fs::copy_file(model / file, folder / "model" / file, fs::copy_options::overwrite_existing);
  std::ofstream(folder / "model" / "1_Pooling" / "config.json") << "{}";
  std::ofstream(folder / "model" / "empty.txt");
  const auto at = folder / name;
  std::ofstream(at, std::ios::binary) << std::string(5000, 'x');
  const std::vector<std::string> names{"config.json", "1_Pooling/config.json", "empty.txt", "model.safetensors"};
  weft::pack_files(at, folder / "model", names);
  return at;
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("packed files are found, and mapped from where they lie") {
  const auto at = container("found");
  CHECK(content(at).starts_with(std::string(5000, 'x')));
  const auto files = weft::packed_files(at);
  REQUIRE(files.size() == 4);
  for (const auto& file : files) CHECK(file.offset % 4096 == 0);
  CHECK(weft::is_folder(at));
  CHECK(weft::is_folder(at / "1_Pooling"));
  CHECK(!weft::is_folder(at / "config.json"));
  CHECK(!weft::is_folder(at / "1_Pool"));
  CHECK(weft::file_exists(at / "1_Pooling" / "config.json"));
  CHECK(!weft::file_exists(at / "vocab.txt"));
  for (const char* name : {"config.json", "model.safetensors"}) {
    const auto mapped = weft::mapped_file::open(at / name);
    CHECK(mapped->text() == content(model / name));
    CHECK(mapped->name() == (at / name).string());
    mapped->release_pages();
    CHECK(mapped->text() == content(model / name));
  }
  CHECK(weft::configuration::read(at).family == "bert");
  CHECK(weft::checkpoint::open(at).size() == weft::checkpoint::open(model).size());
  CHECK_THROWS_WITH(weft::mapped_file::open(at / "vocab.txt"), Catch::Contains("no such file"));
  CHECK_THROWS_WITH(weft::mapped_file::open(at / "empty.txt"), Catch::Contains("an empty file"));
}

TEST_CASE("a file with a damaged table has nothing inside, and directories are what they were") {
  const auto at = container("damaged");
  const auto whole = content(at);
  const auto rewritten = [&](const std::string& bytes) {
    std::ofstream(at, std::ios::binary) << bytes;
    for (const auto& file : weft::packed_files(at)) {  // whatever is found lies inside
      CHECK(file.offset >= 0);
      CHECK(file.size >= 0);
      CHECK(file.offset + file.size <= static_cast<weft::index_t>(bytes.size()));
    }
    return weft::packed_files(at).size();
  };
  CHECK(rewritten(whole) == 4);
  for (const std::size_t kept : {whole.size() - 1, whole.size() - 40, std::size_t{31}, std::size_t{0}})
    CHECK(rewritten(whole.substr(0, kept)) == 0);
  // Every byte of the table and of what follows it, with each bit turned.
  for (std::size_t i = whole.size() - 32; i < whole.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      CHECK(rewritten(bytes) == 0);
    }
  for (std::size_t i = whole.size() - 180; i < whole.size() - 32; ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      rewritten(bytes);
    }
  CHECK(weft::is_folder(model));
  CHECK(!weft::is_folder(model / "config.json"));
  CHECK(!weft::is_folder(model / "nothing"));
  CHECK(weft::file_exists(model / "config.json"));
  CHECK(!weft::file_exists(model / "config.json" / "more"));
  CHECK(weft::packed_files(model).empty());
  CHECK_THROWS_WITH(weft::mapped_file::open(model / "config.json" / "more"), Catch::Contains("no such file"));
}

}  // namespace packed_files_test
