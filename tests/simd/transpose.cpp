#include <weft/simd/transpose.hpp>

#include <vector>

#include "catch.hpp"

namespace weft {
namespace {

TEST_CASE("four rows become four columns, and nothing else is read or written") {
  for (index_t columns = 0; columns <= 21; ++columns)
    for (const index_t spare : {0, 3}) {
      const index_t ldf = columns + spare, ldt = 4 + spare;
      // Of exact size, so that the address sanitizer sees a stray read or write.
      std::vector<float> from(static_cast<std::size_t>(columns > 0 ? 3 * ldf + columns : 0));
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i + 1);
      std::vector<float> to(static_cast<std::size_t>(columns > 0 ? (columns - 1) * ldt + 4 : 0), -1.0f);
      simd::transpose_four_rows<simd::native>(from.data(), ldf, columns, to.data(), ldt);
      for (std::size_t at = 0; at < to.size(); ++at) {
        const auto row = static_cast<index_t>(at) % ldt, column = static_cast<index_t>(at) / ldt;
        INFO(columns << " columns, row " << row << ", column " << column);
        CHECK(to[at] == (row < 4 ? from[static_cast<std::size_t>(row * ldf + column)] : -1.0f));
      }
    }
}

}  // namespace
}  // namespace weft
