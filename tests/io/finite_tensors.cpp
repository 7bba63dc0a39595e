#include <weft/io/finite_tensors.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace finite_tensors_test {

using namespace weft;

// What is not finite in a checkpoint of one tensor "a" of these bytes.
std::string found_in(const std::string& type, int elements, const std::string& bytes) {
  const auto file = safetensors_file(R"({"a":{"dtype":")" + type + R"(","shape":[)" + std::to_string(elements) +
                                     R"(],"data_offsets":[0,)" + std::to_string(bytes.size()) + "]}}") +
                    bytes;
  const auto lines = nonfinite_tensors(checkpoint::parse(bytes_of_text(file)));
  return lines.empty() ? "" : lines[0];
}

template <class Bits>
std::string bytes_of(std::initializer_list<Bits> values) {
  return {reinterpret_cast<const char*>(std::data(values)), values.size() * sizeof(Bits)};
}

TEST_CASE("values that are not finite are found in every type that weights have") {
  using half = std::uint16_t;
  CHECK(found_in("F32", 3, bytes_of<std::uint32_t>({0x7f7fffff, 0xff7fffff, 1})).empty());
  CHECK(found_in("F32", 3, bytes_of<std::uint32_t>({0x3f800000, 0xffc00000, 0x7f800000})) == "a: NaN as value 2 of 3");
  CHECK(found_in("F32", 1, bytes_of<std::uint32_t>({0xff800000})) == "a: infinity as value 1 of 1");
  CHECK(found_in("F32", 1, bytes_of<std::uint32_t>({0x7f800001})) == "a: NaN as value 1 of 1");  // a signalling one
  CHECK(found_in("F16", 2, bytes_of<half>({0x7bff, 0x03ff})).empty());
  CHECK(found_in("F16", 2, bytes_of<half>({0x3c00, 0xfc00})) == "a: infinity as value 2 of 2");
  CHECK(found_in("F16", 2, bytes_of<half>({0x7e00, 0x3c00})) == "a: NaN as value 1 of 2");
  CHECK(found_in("BF16", 2, bytes_of<half>({0x7f7f, 0xff7f})).empty());
  CHECK(found_in("BF16", 2, bytes_of<half>({0x7f7f, 0x7f80})) == "a: infinity as value 2 of 2");
  CHECK(found_in("BF16", 2, bytes_of<half>({0x7fc0, 0x7f80})) == "a: NaN as value 1 of 2");
  CHECK(found_in("F64", 2, bytes_of<double>({1, 3.4e38})).empty());
  CHECK(found_in("F64", 2, bytes_of<double>({1, -1e39})) == "a: a number past the range of float32 as value 2 of 2");
  CHECK(found_in("F64", 1, bytes_of<std::uint64_t>({0xfff0000000000000})) == "a: infinity as value 1 of 1");
  CHECK(found_in("F64", 1, bytes_of<std::uint64_t>({0x7ff8000000000000})) == "a: NaN as value 1 of 1");
  CHECK(found_in("I32", 1, bytes_of<std::uint32_t>({0x7f800000})).empty());
}

TEST_CASE("values are found wherever they stand, once for each tensor, and all are named") {
  constexpr weft::index_t size = (weft::index_t{1} << 18) + 1000;  // more than one piece
  std::vector<float> values(static_cast<std::size_t>(size));
  stored_tensor tensors[2];
  tensors[0].name = "a", tensors[1].name = "b";
  const auto found = [&] {
    return detail::nonfinite_of({{&tensors[0], values}, {&tensors[1], {}}, {&tensors[0], values}}, {});
  };
  CHECK(found().empty());
  for (const weft::index_t at : {weft::index_t{0}, weft::index_t{255}, weft::index_t{256}, (weft::index_t{1} << 18) - 1,
                                 weft::index_t{1} << 18, size - 1}) {
    auto& value = values[static_cast<std::size_t>(at)];
    value = not_a_number();
    REQUIRE(found().size() == 1);
    CHECK(detail::nonfinite_text(found()[0]) ==
          "NaN as value " + std::to_string(at + 1) + " of " + std::to_string(size));
    value = 0;
  }
  values.front() = values.back() = not_a_number();
  const auto both = detail::nonfinite_of({{&tensors[0], values}, {&tensors[1], values}}, {});
  CHECK(refusal_of([&] { detail::refuse_nonfinite("f", both); }) ==
        "f: tensors \"a\", \"b\": found NaN as value 1 of " + std::to_string(size) +
            " of the first, wanted finite numbers; allow_nonfinite, at the prompt --allow-nonfinite, loads them all "
            "the same");
}

}  // namespace finite_tensors_test
