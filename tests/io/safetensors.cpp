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
      for (const auto& t : file)  // every byte is there to be read
        CHECK(std::count(t.bytes.begin(), t.bytes.end(), std::byte{0}) <= t.bytes.size());
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
  CHECK(contains(of("duplicate_name"), "tensor \"a\": found "));
  CHECK(contains(of("unknown_dtype"), "tensor \"a\": \"dtype\": found \"F33\", wanted a dtype"));
  CHECK(contains(of("no_shape"), "tensor \"a\": \"shape\": found no such field"));
  CHECK(contains(of("duplicate_field"), "tensor \"a\": \"dtype\": found the field twice"));
  CHECK(contains(of("gap"), "tensor \"b\": found bytes 20 to 36 of 36, wanted to begin at 16"));
  CHECK(contains(of("overlap"), "tensor \"b\""));
  CHECK(contains(of("size_small"), "data_offsets [0, 12], wanted 16 bytes for [4] F32"));
  CHECK(contains(of("shape_overflow_64"), "tensor \"a\""));
  CHECK(contains(of("length_max"), "18446744073709551615"));
  CHECK(contains(of("trailing_garbage"), "1 bytes that no tensor has"));
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
  CHECK(contains(refusal_of_header("{\"a\":{" + good + ",\"extra\":1}}", 1), "\"extra\": found a field that"));
  CHECK(contains(refusal_of_header("{\"a\":{" + good + "}}\n", 1), "nothing but spaces"));
  CHECK(contains(refusal_of_header("{\"__metadata__\":{},\"__metadata__\":{}}"),
                 "\"__metadata__\": found the key twice"));
  CHECK(contains(refusal_of_header("{\"__metadata__\":[]}"), "\"__metadata__\": found an array"));
  CHECK(contains(refusal_of_header("{\"__metadata__\":{\"a\":{}}}"), "__metadata__: \"a\": found an object"));
  CHECK(contains(refusal_of_header("{\"a\":1}"), "\"a\": found 1"));
  CHECK(contains(refusal_of_header("{\"a\":{\"shape\":[[1]]}}"), "found an array"));
  CHECK(contains(refusal_of_header("{\"a\":{\"shape\":[1e2]}}"), "found \"1e2\""));
  CHECK(contains(refusal_of_header("{\"a\":{\"shape\":[18446744073709551615]}}"), "found 18446744073709551615"));
  CHECK(contains(refusal_of_header("{\"a\":{\"shape\":[-0]}}"), "found 0"));
  CHECK(contains(refusal_of_header("{\"a\":{\"data_offsets\":[1]}}"), "found 1 offsets"));
  CHECK(contains(refusal_of_header("{\"a\":{\"dtype\":null}}"), "found null"));
  CHECK(contains(refusal_of_header("{\"a\":{\"dtype\":true}}"), "found true"));
  std::string ones = "1";
  for (int i = 0; i < 70; ++i) ones += ",1";
  CHECK(contains(refusal_of_header("{\"a\":{\"shape\":[" + ones + "]}}"), "more than 64 dimensions"));
  CHECK(contains(refusal_of_header(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2), "a part of a byte"));
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
