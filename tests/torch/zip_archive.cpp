#include <weft/io/zip_archive.hpp>

#include <weft/io/mapped_file.hpp>

#include "../io/refusal.hpp"
#include "catch.hpp"

namespace zip_archive_test {

using namespace weft;

const std::filesystem::path data = std::filesystem::path(WEFT_TEST_DATA) / "torch";
std::string content(const std::string& name) { return std::string(mapped_file::open(data / name)->text()); }
std::string refusal(const std::string& bytes) {
  return refusal_of([&] { (void)zip_archive::parse(bytes_of_text(bytes), "f"); });
}
// The place of the n-th signature, as "PK\1\2" of a central header.
std::size_t nth(const std::string& bytes, const std::string& signature, int n) {
  auto at = bytes.find(signature);
  while (n-- > 0) at = bytes.find(signature, at + 1);
  return at;
}
const std::string local = "PK\3\4", central = "PK\1\2";
std::string patched(std::string bytes, std::size_t at, const std::string& with) {
  return bytes.replace(at, with.size(), with);
}
std::string everywhere(std::string bytes, const std::string& from, const std::string& to) {
  for (auto at = bytes.find(from); at != bytes.npos; at = bytes.find(from, at + to.size()))
    bytes.replace(at, from.size(), to);
  return bytes;
}

TEST_CASE("entries are viewed where they lie, and are what the library reads") {
  const auto bytes = content("float32.bin");
  const auto archive = zip_archive::parse(bytes_of_text(bytes), "f");
  CHECK(archive.entries().size() == 9);
  CHECK(archive.find("float32/data/7") == nullptr);
  zip_error_t error;
  auto* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  const std::unique_ptr<zip_t, detail::zip_closer> whole(zip_open_from_source(source, ZIP_RDONLY, &error));
  REQUIRE(whole);
  for (const auto& entry : archive.entries()) {
    INFO(entry.name);
    CHECK(archive.find(entry.name) == &entry);
    const std::unique_ptr<zip_file_t, detail::zip_closer> opened(zip_fopen(whole.get(), entry.name.c_str(), 0));
    REQUIRE(opened);
    std::string read(static_cast<std::size_t>(entry.bytes.size()) + 1, '\0');
    CHECK(zip_fread(opened.get(), read.data(), read.size()) == entry.bytes.size());
    CHECK(std::memcmp(read.data(), entry.bytes.data(), static_cast<std::size_t>(entry.bytes.size())) == 0);
    CHECK(entry.bytes.data() > reinterpret_cast<const std::byte*>(bytes.data()));
  }
}

TEST_CASE("an archive that is cut short is refused at any length") {
  const auto bytes = content("float32.bin");
  CHECK(refusal(bytes).empty());
  for (std::size_t n = 0; n < bytes.size(); ++n)
    if (refusal(bytes.substr(0, n)).empty()) FAIL(n);
  CHECK(!refusal(bytes + "x").empty());
  CHECK(!refusal("x" + bytes).empty());
}

TEST_CASE("an archive that costs its reader more than its bytes is refused before it is read") {
  const std::string end = "PK\5\6" + std::string(18, '\0');
  std::string ends;
  for (int i = 0; i < 17; ++i) ends += end;
  CHECK_THAT(refusal(ends), mentions("found more than 16 ends of a directory"));
  CHECK_THAT(refusal(patched(end, 10, "\x21\x4e")), mentions("found 20001 entries"));
  // With 64-bit numbers: the record, where it lies, and the end that refers to it.
  std::string record = "PK\6\6" + std::string(52, '\0'), place = "PK\6\7" + std::string(16, '\0');
  record = patched(record, 32, "\xff\xff\xff\xff");
  CHECK_THAT(refusal(record + place + patched(end, 10, "\xff\xff")), mentions("found 4294967295 entries"));
}

TEST_CASE("directory and local headers that disagree are refused") {
  const auto bytes = content("compressed.bin");  // its local headers state their sizes
  CHECK_THAT(refusal(bytes), mentions("compressed bytes (method 8)"));
  const auto good = content("float32.bin");
  const auto first = nth(good, central, 0), storage = nth(good, central, 4);
  REQUIRE(good.substr(storage + 46, 14) == "float32/data/0");
  CHECK(!refusal(patched(good, nth(good, local, 4) + 30, "X")).empty());       // the local name
  CHECK(!refusal(patched(good, storage + 46, "X")).empty());                   // the central name
  CHECK(!refusal(patched(good, storage + 24, "\xff\xff\xff\x7f")).empty());    // the size
  CHECK(!refusal(patched(good, storage + 20, "\xff\xff\xff\x7f")).empty());    // the compressed size
  CHECK(!refusal(patched(good, storage + 42, "\xff\xff\xff\x7f")).empty());    // the place of the local header
  CHECK(!refusal(patched(good, storage + 42, std::string(4, '\0'))).empty());  // another's local header
  CHECK(!refusal(patched(good, storage + 10, "\x08")).empty());                // the method, in the directory only
  CHECK(!refusal(patched(good, storage + 8, "\x09")).empty());                 // encrypted
  CHECK(!refusal(patched(good, first + 28, "\xff\xff")).empty());              // the length of the name
  CHECK(!refusal(patched(good, nth(good, local, 4), "XX")).empty());
  CHECK(!refusal(patched(good, good.size() - 2, "\x01")).empty());  // a comment beyond the end
  CHECK(!refusal(patched(good, good.size() - 2, "\x01") + "c").empty());
}

TEST_CASE("sizes that reach into other entries are refused") {
  const auto good = content("float32.bin");
  const auto storage = nth(good, central, 4);
  std::string longer = good;
  longer[storage + 20] = longer[storage + 24] = static_cast<char>(255);  // 255 bytes for 60
  CHECK(!refusal(longer).empty());
}

TEST_CASE("names are plain relative paths, each once") {
  const auto good = content("float32.bin");
  CHECK_THAT(refusal(everywhere(good, "float32/data/1", "float32/data/0")), mentions("two entries of one name"));
  for (const std::string bad : {"../at32/data/1", "/loat32/data/1", "float32/../../", "float32\\data\\1",
                                "C:oat32/data/1", "float32//ata/1", "float32/./ta/1", "float32/data1/"}) {
    INFO(bad);
    CHECK_THAT(refusal(everywhere(good, "float32/data/1", bad)), mentions("no plain relative path"));
  }
  CHECK(!refusal(everywhere(good, "float32/data/1", "float32/data/\x01")).empty());
  CHECK(!detail::is_plain_entry_name("a/\x1b[2J"));
}

TEST_CASE("any byte of an archive may be wrong") {
  const auto good = content("float32.bin");
  int refused = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    const auto bad = patched(good, at, std::string(1, static_cast<char>(good[at] ^ 0x55)));
    refused += !refusal(bad).empty();
  }
  CHECK(refused > 400);  // most of the rest are the entries' own bytes, and padding
}

}  // namespace zip_archive_test
