#include <weft/pipeline/quantized_vectors.hpp>

#include <cmath>
#include <limits>
#include <weft/io/npy_writer.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/program/vector_file.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace quantized_vectors_test {

using namespace weft_test;
using weft::vector_precision;

std::vector<int> codes(const std::vector<float>& rows, weft::index_t width, vector_precision how,
                       const weft::value_ranges& ranges = {}) {
  const weft::matrix<const float> of(rows.data(), static_cast<weft::index_t>(rows.size()) / width, width);
  const auto needed = how == vector_precision::int8 || how == vector_precision::uint8;
  std::vector<int> all;
  for (const auto b : weft::quantized(of, how, needed && ranges.low.empty() ? weft::ranges_of(of) : ranges))
    all.push_back(how == vector_precision::int8 || how == vector_precision::binary
                      ? static_cast<int>(static_cast<signed char>(b))
                      : std::to_integer<int>(b));
  return all;
}

TEST_CASE("vectors of steps and bits are those of sentence-transformers") {
  // What NumPy 2.4 gives by the formulas of quantize_embeddings.
  const std::vector<float> rows{0.5f,  -1,   0.25f, 3, 1e-3f, -1e-3f, 7, -7,  //
                                -0.5f, 1,    0.75f, 3, 2e-3f, 1e-3f,  5, -9,  //
                                0,     0.1f, 1,     3, 0,     -2e-3f, 6, -8};
  CHECK(codes(rows, 8, vector_precision::ubinary) == std::vector<int>{0b10111010, 0b01111110, 0b01110010});
  CHECK(codes(rows, 8, vector_precision::binary) ==
        std::vector<int>{0b10111010 - 128, 0b01111110 - 128, 0b01110010 - 128});
  CHECK(codes(rows, 8, vector_precision::int8) == std::vector<int>{126,  -128, -128, 0, 0,    -43,  126,  126,
                                                                   -128, 126,  42,   0, 127,  127,  -128, -128,
                                                                   0,    12,   127,  0, -128, -128, 0,    0});
  CHECK(codes(rows, 8, vector_precision::uint8) == std::vector<int>{254, 0,   0,   0, 127, 85,  254, 254,
                                                                    0,   254, 170, 0, 255, 255, 0,   0,
                                                                    127, 140, 255, 0, 0,   0,   127, 127});
  // Beyond the ranges of others values are cut.
  CHECK(codes({5, -5}, 1, vector_precision::uint8, {{0}, {1}}) == std::vector<int>{255, 0});
  CHECK(codes({5, -5}, 1, vector_precision::int8, {{0}, {1}}) == std::vector<int>{127, -128});
}

TEST_CASE("halves are the nearest") {
  for (const auto& [x, bits] : {std::pair(0.0f, 0x0000),
                                {-0.0f, 0x8000},
                                {1.0f, 0x3c00},
                                {-2.5f, 0xc100},
                                {65504.0f, 0x7bff},
                                {65519.0f, 0x7bff},
                                {65520.0f, 0x7c00},
                                {1e10f, 0x7c00},
                                {6.1035156e-5f, 0x0400},
                                {5.9604645e-8f, 0x0001},
                                {2.9802322e-8f, 0x0000},
                                {2.9802326e-8f, 0x0001},
                                {1e-10f, 0},
                                {1.0009765625f, 0x3c01},
                                {1.00048828125f, 0x3c00},
                                {1.00146484375f, 0x3c02}})
    CHECK(weft::to_float16(x) == bits);
  CHECK((weft::to_float16(std::numeric_limits<float>::quiet_NaN()) & 0x7fffu) > 0x7c00u);
  CHECK(weft::to_float16(-std::numeric_limits<float>::infinity()) == 0xfc00);
}

TEST_CASE("what cannot be stored so is refused") {
  const std::vector<float> odd{1, 2, 3}, nan{1, std::nanf(""), 3};
  const weft::matrix<const float> rows(odd.data(), 1, 3), none(nan.data(), 1, 3);
  CHECK_THAT(refusal_of([&] { weft::quantized(rows, vector_precision::binary); }),
             mentions("found 3 values, wanted a multiple of 8"));
  CHECK_THAT(refusal_of([&] { weft::quantized(rows, vector_precision::int8); }), mentions("found 0, wanted 3"));
  CHECK_THAT(refusal_of([&] { weft::quantized(none, vector_precision::uint8, weft::ranges_of(rows)); }),
             mentions("not finite"));
  CHECK(weft::quantized(none, vector_precision::float16).size() == 6);
}

TEST_CASE("a .npy file appears whole or not at all") {
  const auto folder = empty_directory("npy");
  const auto at = folder / "rows.npy";
  const std::vector<std::byte> rows(16, std::byte{7});
  {
    weft::npy_writer out(at, "<f4", 2, 8);
    out.add(rows);
    CHECK(!fs::exists(at));
    CHECK(refusal_of([&] { out.add(weft::list<const std::byte>(rows).part(0, 7)); }) != "");
  }
  CHECK(fs::is_empty(folder));
  weft::npy_writer out(at, "<f4", 2, 8);
  out.add(rows), out.add(rows);
  out.finish();
  std::ifstream in(at, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  REQUIRE(all.size() == 128 + 32);
  CHECK(all.substr(1, 5) == "NUMPY");
  CHECK(all.find("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }") == 10);
  CHECK(all[127] == '\n');
  CHECK_THAT(refusal_of([&] { weft::npy_writer(folder / "no" / "rows.npy", "<f4", 2, 8); }), mentions("rows.npy"));
}

TEST_CASE("vectors are written as NumPy's or as a safetensors file, whose rows are the same bytes") {
  const auto folder = empty_directory("vector_files");
  const std::vector<float> values{1, -2, 3.5f, 4, 0, 6, -7, 8, 9, 10, -11, 12, 13, 14, 15, 16};
  const weft::matrix<const float> rows(values.data(), 2, 8);
  for (const auto& [word, type, bytes, width] : {std::tuple("float32", weft::dtype::f32, 64, 8),
                                                 {"float16", weft::dtype::f16, 32, 8},
                                                 {"int8", weft::dtype::i8, 16, 8},
                                                 {"uint8", weft::dtype::u8, 16, 8},
                                                 {"binary", weft::dtype::i8, 2, 1},
                                                 {"ubinary", weft::dtype::u8, 2, 1}}) {
    INFO(word);
    const auto at = folder / "rows.safetensors";
    weft::program::vector_file out(at.string(), word, 8);
    out.add(rows);
    out.finish();
    const auto file = weft::safetensors::open(at);
    const auto* const t = file.find("embeddings");
    REQUIRE(t);
    CHECK(t->type == type);
    CHECK(t->shape == std::vector<weft::index_t>{2, width});
    CHECK(t->bytes.size() == bytes);
    weft::program::vector_file numpy((folder / "rows.npy").string(), word, 8);
    numpy.add(rows);
    numpy.finish();
    std::ifstream in(folder / "rows.npy", std::ios::binary);
    const std::string same{std::istreambuf_iterator<char>(in), {}};
    REQUIRE(same.size() == 128 + static_cast<std::size_t>(bytes));
    CHECK(std::equal(same.begin() + 128, same.end(), reinterpret_cast<const char*>(t->bytes.data())));
  }
  weft::program::vector_file none((folder / "none.safetensors").string(), "", 8);
  none.finish();
  CHECK(weft::safetensors::open(folder / "none.safetensors").find("embeddings")->shape ==
        std::vector<weft::index_t>{0, 8});
  CHECK_THAT(refusal_of([&] { weft::program::vector_file("rows.txt", "", 8); }),
             mentions("--out: found rows.txt, wanted a name that ends in .npy, NumPy's format, or in .safetensors"));
}

}  // namespace quantized_vectors_test
