#include <weft/memory/rows.hpp>

#include "catch.hpp"

TEST_CASE("rows lie a stride apart and columns share it") {
  std::vector<float> values(12);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const weft::rows<float, 4> all{values.data(), 3};
  const auto right = all.columns<2, 2>();
  CHECK(right.row(1)[0] == 6);
  CHECK(right.stride == 4);
  CHECK(all.part(1, 3).row(1)[3] == 11);
}

TEST_CASE("a row buffer converts to rows of its width") {
  weft::row_buffer<8> buffer(3);
  weft::rows<float, 8> view = buffer;
  CHECK(view.count == 3);
  CHECK(view.row(2) == buffer.row(2));
}
