// The extended encoder allocates nothing in a forward pass.
#include <weft/memory/record_laws.hpp>
#include <weft/model/etc.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "counted_allocations.hpp"

namespace extended_encoder_test {
namespace {
struct small_etc : weft::etc_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 2, .hidden = 64};
  using mixer = weft::two_stream_attention<weft::two_stream_reach{.radius = 5, .distance = 3, .vocabulary = 12}>;
};
using encoder = weft::extended_encoder<small_etc>;
static_assert(weft::broken_record_law<encoder::embedding>().empty());
static_assert(weft::broken_record_law<encoder::stack>().empty());
static_assert(weft::broken_record_law<encoder::stack::mixer>().empty());
}  // namespace

TEST_CASE("the extended encoder allocates nothing in a forward pass") {
  const weft::sizes sizes{.layers = 2, .vocabulary = 50, .segments = 2};
  const auto weights = weft::testing::random_weights<encoder>(sizes, 1);
  const encoder model(weights.record, sizes);
  weft::extended_token_batch batch;
  batch.add_in_blocks(std::vector<std::int32_t>(100, 7), 16);
  batch.add_in_blocks(std::vector<std::int32_t>(1, 8), 16);
  const weft::extended_batch in = batch;
  weft::row_buffer<32> long_out(in.long_input.tokens()), global_out(in.global_input.tokens());
  weft::workspace work(model.workspace_bytes(in.size()));
  const auto before = allocations_so_far();
  model.forward(in, long_out, global_out, work);
  CHECK(allocations_so_far() == before);
}

}  // namespace extended_encoder_test
