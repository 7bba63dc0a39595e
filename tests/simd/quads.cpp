#include <weft/simd/quads.hpp>

#include <weft/simd/each.hpp>

#include "catch.hpp"
#include "kernel/random.hpp"

namespace weft::quads_test {
namespace {

using arch = simd::native;
constexpr index_t lanes = simd::lanes<arch>;

// A vector of quads of columns times one quad of a row, in all its parts.
template <int Bits>
void product(test::source& from, bool extreme) {
  using kernel = simd::quads<arch, Bits>;
  constexpr std::int32_t top = Bits == 8 ? 127 : 63;
  std::uint32_t words[lanes];
  std::int32_t code[lanes][4], row[4], wanted[lanes];
  float x[lanes];
  for (int k = 0; k < 4; ++k) row[k] = extreme ? 255 : static_cast<std::int32_t>(from.below(256));
  for (index_t c = 0; c < lanes; ++c) {
    wanted[c] = -7;
    for (int k = 0; k < 4; ++k) {
      code[c][k] = extreme ? (c % 2 == 0 ? top : -top) : static_cast<std::int32_t>(from.below(2 * top + 1)) - top;
      wanted[c] += (row[k] - kernel::taken_off) * code[c][k];
    }
    const auto half = [&](int k) { return static_cast<float>(code[c][k]) / 2; };
    words[c] = kernel::pack(half(0), half(1), half(2), half(3), 2);
    REQUIRE(kernel::sum_of(words[c]) == code[c][0] + code[c][1] + code[c][2] + code[c][3]);
  }
  // The row's codes as store() writes them, from whole numbers: zero is 5.
  for (index_t i = 0; i < lanes; ++i) x[i] = i < 4 ? static_cast<float>(row[i] - 5) : 0.0f;
  std::byte codes[static_cast<std::size_t>(lanes * kernel::code_bytes)];
  kernel::store(simd::load<arch>(x), simd::set<arch>(1.0f), 5, codes);
  auto sum = simd::set_whole<arch>(static_cast<std::uint32_t>(-7));
  const auto add = [&](auto part) {
    std::uint32_t element;
    std::memcpy(&element, codes + 4 * part, 4);
    sum = kernel::add(kernel::row(element), kernel::column(words, part), sum);
  };
  simd::each<kernel::parts>(add);
  std::int32_t is[lanes];
  sum.store_unaligned(is);
  for (index_t c = 0; c < lanes; ++c) REQUIRE(is[c] == wanted[c]);
}

}  // namespace

TEST_CASE("products of quads are exact") {
  test::source from(9);
  for (int i = 0; i < 300; ++i) product<8>(from, i % 10 == 0), product<7>(from, i % 10 == 0);
}

TEST_CASE("codes of a row are the nearest whole numbers, within a byte") {
  using kernel = simd::quads<arch, 8>;
  const auto code = [](float x, float inverse, std::int32_t zero) {
    std::byte to[static_cast<std::size_t>(lanes * kernel::code_bytes)];
    kernel::store(simd::set<arch>(x), simd::set<arch>(inverse), zero, to);
    return (std::to_integer<std::int32_t>(to[0]) + kernel::taken_off) % 256;
  };
  CHECK(code(0.5f, 1, 0) == 0);
  CHECK(code(1.5f, 1, 0) == 2);
  CHECK(code(2.5f, 1, 0) == 2);
  CHECK(code(-3, 1, 10) == 7);
  CHECK(code(-300, 1, 0) == 0);
  CHECK(code(300, 1, 0) == 255);
  CHECK(code(100, 2, 100) == 255);
  CHECK(code(0.1f, 255, 3) == 29);
}

TEST_CASE("whole numbers become floats") {
  std::uint32_t some[lanes];
  float floats[lanes];
  for (index_t i = 0; i < lanes; ++i) some[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(1000003 * i - 5));
  simd::store(floats, simd::to_float<arch>(simd::load_whole<arch>(some)));
  for (index_t i = 0; i < lanes; ++i) CHECK(floats[i] == Approx(1000003.0 * double(i) - 5).epsilon(1e-7));
}

}  // namespace weft::quads_test
