#include <weft/io/safetensors.hpp>

#include <chrono>
#include <weft/io/json.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace safetensors_test {

using namespace weft;

const std::filesystem::path malformed = std::filesystem::path(WEFT_TEST_DATA) / "malformed";

std::string refusal_of_header(const std::string& header, std::size_t data = 0) {
  const auto file = safetensors_file(header, data);
  return refusal_of([&] { (void)safetensors::parse(bytes_of_text(file), "f"); });
}

TEST_CASE("every malformed file gets its verdict, in words") {
  const auto cases = parse_json(mapped_file::open(malformed / "index.json")->text(), "index.json");
  int seen = 0;
  for (const auto& c : cases) {
    if (c["kind"] != "safetensors") continue;
    ++seen;
    const auto path = malformed / c["file"].get<std::string>();
    const auto text = refusal_of([&] {
      const auto file = safetensors::open(path);
      const auto whole = mapped_file::open(path);
      for (const auto& t : file)  // every byte is there to be read, and the file's
        CHECK(whole->text().find({reinterpret_cast<const char*>(t.bytes.begin()),
                                  static_cast<std::size_t>(t.bytes.size())}) != std::string_view::npos);
    });
    INFO(c["file"] << ": " << c["reason"] << ": " << text);
    CHECK(text.empty() == (c["strict"] == "accept"));
    if (text.empty()) continue;
    CHECK(text.find(path.string() + ": ") == 0);
    CHECK(text.size() > path.string().size() + 10);
    CHECK(text.size() < path.string().size() + 500);
  }
  CHECK(seen == 59);
}

TEST_CASE("a refusal names the tensor and the reason") {
  const auto of = [](const char* name) {
    return refusal_of(
        [&] { (void)safetensors::open(malformed / "safetensors" / (std::string(name) + ".safetensors")); });
  };
  CHECK_THAT(of("duplicate_name"), mentions("tensor \"a\": found "));
  CHECK_THAT(of("unknown_dtype"), mentions("tensor \"a\": \"dtype\": found \"F33\", wanted a dtype"));
  CHECK_THAT(of("no_shape"), mentions("tensor \"a\": \"shape\": found no such field"));
  CHECK_THAT(of("duplicate_field"), mentions("tensor \"a\": \"dtype\": found the field twice"));
  CHECK_THAT(of("gap"), mentions("tensor \"b\": found bytes 20 to 36 of 36, wanted to begin at 16"));
  CHECK_THAT(of("overlap"), mentions("tensor \"b\""));
  CHECK_THAT(of("size_small"), mentions("data_offsets [0, 12], wanted 16 bytes for [4] F32"));
  CHECK_THAT(of("shape_overflow_64"), mentions("tensor \"a\""));
  CHECK_THAT(of("length_max"), mentions("18446744073709551615"));
  CHECK_THAT(of("trailing_garbage"), mentions("1 bytes that no tensor has"));
}

TEST_CASE("tensors are found by name and listed in the order of their bytes") {
  const auto file =
      safetensors_file(R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]},"__metadata__":{"format":"pt"},)"
                       R"("a":{"dtype":"I8","shape":[1,2],"data_offsets":[0,2]},)"
                       R"("none":{"dtype":"F32","shape":[0,7],"data_offsets":[10,10]}})",
                       10);
  const auto s = safetensors::parse(bytes_of_text(file), "f");
  REQUIRE(s.size() == 3);
  CHECK(s.tensors()[0].name == "a");
  CHECK(s.tensors()[2].name == "none");
  CHECK(s.names() == std::vector<std::string>{"a", "b", "none"});
  REQUIRE(s.find("b"));
  CHECK(s.find("b")->shape == std::vector<weft::index_t>{2});
  CHECK(s.find("b")->count() == 2);
  CHECK(s.find("b")->bytes.size() == 8);
  CHECK(s.find("b")->file == "f");
  CHECK(s.find("none")->count() == 0);
  CHECK(s.find("") == nullptr);
  CHECK(s.find("c") == nullptr);
  CHECK(s.metadata()[0].second == "pt");
  const auto copy = s;
  CHECK(copy.find("a")->file == "f");
}

TEST_CASE("an opened file lives as long as its owner") {
  std::shared_ptr<const void> owner;
  list<const std::byte> bytes;
  {
    const auto s = safetensors::open(malformed / "base/model.safetensors");
    owner = s.owner();
    bytes = s.tensors()[0].bytes;
  }
  CHECK(std::count(bytes.begin(), bytes.end(), std::byte{0xee}) <= bytes.size());
}

TEST_CASE("headers that the collection of files lacks") {
  const std::string good = R"("dtype":"U8","shape":[1],"data_offsets":[0,1])";
  CHECK(refusal_of_header("{\"a\":{" + good + "}}", 1).empty());
  CHECK(refusal_of_header("{\"\":{" + good + "}}", 1).empty());
  CHECK_THAT(refusal_of_header("{\"a\":{" + good + ",\"extra\":1}}", 1), mentions("\"extra\": found a field that"));
  CHECK_THAT(refusal_of_header("{\"a\":{" + good + "}}\n", 1), mentions("nothing but spaces"));
  CHECK_THAT(refusal_of_header("{\"__metadata__\":{},\"__metadata__\":{}}"),
             mentions("\"__metadata__\": found the key twice"));
  CHECK_THAT(refusal_of_header("{\"__metadata__\":[]}"), mentions("\"__metadata__\": found an array"));
  CHECK_THAT(refusal_of_header("{\"__metadata__\":{\"a\":{}}}"), mentions("__metadata__: \"a\": found an object"));
  CHECK_THAT(refusal_of_header("{\"a\":1}"), mentions("\"a\": found 1"));
  CHECK_THAT(refusal_of_header("{\"a\":{\"shape\":[[1]]}}"), mentions("found an array"));
  CHECK_THAT(refusal_of_header("{\"a\":{\"shape\":[1e2]}}"), mentions("found \"1e2\""));
  CHECK_THAT(refusal_of_header("{\"a\":{\"shape\":[18446744073709551615]}}"), mentions("found 18446744073709551615"));
  CHECK_THAT(refusal_of_header("{\"a\":{\"shape\":[-0]}}"), mentions("found 0"));
  CHECK_THAT(refusal_of_header("{\"a\":{\"data_offsets\":[1]}}"), mentions("found 1 offsets"));
  CHECK_THAT(refusal_of_header("{\"a\":{\"dtype\":null}}"), mentions("found null"));
  CHECK_THAT(refusal_of_header("{\"a\":{\"dtype\":true}}"), mentions("found true"));
  std::string ones = "1";
  for (int i = 0; i < 70; ++i) ones += ",1";
  CHECK_THAT(refusal_of_header("{\"a\":{\"shape\":[" + ones + "]}}"), mentions("more than 64 dimensions"));
  CHECK_THAT(refusal_of_header(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2),
             mentions("a part of a byte"));
  CHECK(refusal_of_header(R"({"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}})", 2).empty());
  CHECK(refusal_of_header(R"({"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}})").empty());
}

TEST_CASE("a hundred megabytes that are no header are refused at once") {
  const auto before = std::chrono::steady_clock::now();
  for (const std::string start : {"{", "[", "{\"a\":[[[[", "{}"})
    CHECK(!refusal_of_header(start + std::string(99'999'900, '[') + "}").empty());
  CHECK(!refusal_of_header("{" + std::string(99'999'900, '\x80') + "}").empty());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - before;
  CHECK(seconds.count() < 20);  // a fraction of a second, but sanitizers and busy machines are slow
}

}  // namespace safetensors_test
