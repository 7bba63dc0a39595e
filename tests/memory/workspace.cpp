#include <weft/memory/rows.hpp>
#include <weft/memory/workspace.hpp>

#include "catch.hpp"

namespace {
struct scratch {
  weft::frame from;
  weft::rows<float, 5> a{from}, b{from};
  float* c = from.take(3);
};
}  // namespace

TEST_CASE("the same struct measures and borrows the same bytes") {
  const weft::extent e{7, 7, 1};
  const auto bytes = weft::bytes_of<scratch>(e);
  CHECK(bytes == 2 * weft::round_up(7 * 5 * 4, 64) + 64);
  weft::workspace work(bytes);
  {
    const scratch s{weft::frame(e, work)};
    CHECK(work.used() == bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(s.b.data) % 64 == 0);
  }
  CHECK(work.used() == 0);
  CHECK(work.peak() == bytes);
}

TEST_CASE("a workspace that is too small says how much is wanted") {
  weft::workspace work(64);
  CHECK_THROWS_WITH(scratch{weft::frame({7, 7, 1}, work)}, mentions("workspace: found 64 bytes, wanted at least"));
  // What a pass asks for at its beginning was there; a part that nobody counted takes more.
  CHECK_THROWS_WITH(scratch{weft::frame({7, 7, 1}, work)}, mentions("a part takes scratch that is not declared"));
}
