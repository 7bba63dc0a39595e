// What is compiled once for each architecture: a small encoder of random weights.
#include <weft/model/electra.hpp>
#include <weft/testing/random_weights.hpp>
#include <weft/weft.hpp>

namespace {
struct small : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 80};
  using embedding = weft::factorised<24>;
};
}  // namespace

extern "C" const char* vectors() { return weft::simd::name<>(); }

// Hidden states of 70 tokens, [70, 48].
extern "C" void encode(float* to) {
  using encoder_type = weft::encoder<small>;
  const weft::sizes sizes{.layers = 2, .vocabulary = 100, .positions = 128};
  const auto weights = weft::testing::random_weights<encoder_type>(sizes, 3);
  const encoder_type encoder(weights.record, sizes);
  weft::token_batch batch;
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 70; ++i) ids.push_back(i % 90);
  batch.add(ids);
  weft::row_buffer<48> hidden(batch.tokens());
  weft::workspace work(encoder.workspace_bytes(batch.size()));
  encoder.forward(batch, hidden, work);
  for (weft::index_t i = 0; i < batch.tokens(); ++i) std::copy_n(hidden.row(i), 48, to + i * 48);
}
