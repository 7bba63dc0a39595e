// One of two units of a program, each compiled for instructions of its own; NAME is in the names of its functions. It
// uses what floors 0 to 11 offer, and what refuses.
#include <cstring>
#include <weft/encoder/describe.hpp>
#include <weft/io/as_floats.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/testing/random_weights.hpp>
#include <weft/weft.hpp>

#define JOINED2(a, b) a##b
#define JOINED(a, b) JOINED2(a, b)

// Shared by the units, as a user's spec in a header is.
struct shared_spec : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 96};
  using pattern = weft::bigbird_blocks<4, 1, weft::hugging_face_plan>;
  using mixer = weft::attention<pattern, weft::soft_cap<50, weft::relative_bias<>>>;
};

float JOINED(run_, NAME)() {
  using model = weft::model<shared_spec, weft::pooled_classification<>>;
  const weft::sizes s{.layers = 1, .vocabulary = 100, .positions = 64, .labels = 3};
  auto [weights, store] = weft::testing::random_weights<model>(s, 1);
  const model m(weights, s, std::move(store));
  std::int32_t ids[48];
  for (int i = 0; i < 48; ++i) ids[i] = 1 + i % 7;
  weft::token_batch batch;
  batch.add(ids);
  weft::thread_pool pool(2);
  weft::workspace work(m.workspace_bytes(batch.size(), pool.workers()));
  float out[3];
  weft::observe_attention seen({0}, {1, 2});
  m.forward(batch, {out, 1, 3}, work, pool, seen);
  weft::row_buffer<48> rows(2);
  weft::index_t values = rows.count();
  for (const auto& p : weft::describe<model>(s)) values += p.shape[0];
  const std::uint16_t halves[64] = {};
  float floats[64];
  weft::convert_to_float(weft::dtype::f16, reinterpret_cast<const std::byte*>(halves), 64, floats);
  return out[0] + seen.of(0, 0, 1).row(0)[0] + floats[3] + static_cast<float>(values > 0);
}

void JOINED(refuse_, NAME)() {
  const std::int32_t ids[] = {1, 2, 3};
  weft::token_batch batch;
  batch.add(ids);
  weft::check(batch, {.layers = 1, .vocabulary = 3, .positions = 64});
}

// What this unit catches of what a function throws: 2 for the parts of an error, a copy of which outlives it.
int JOINED(caught_, NAME)(void (*throws)()) {
  std::exception_ptr kept;
  try {
    throws();
  } catch (const weft::error& e) {
    kept = std::current_exception();
    if (weft::error(e).found != "3") return 0;
  }
  try {
    if (kept) std::rethrow_exception(kept);
  } catch (const std::exception& e) {
    return std::strncmp(e.what(), "batch: id 2 of sequence 0: found 3, wanted 0 to 2", 49) == 0 ? 2 : 1;
  }
  return 0;
}
