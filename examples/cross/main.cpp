// BigBird's attention inside two models that never had it: ConvBERT's mixed block and MobileBERT's bottleneck. Each
// crossing is a changed line; the program times it against the model as published, on longer and longer texts.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <vector>
#include <weft/testing/random_weights.hpp>
#include <weft/weft.hpp>

// ConvBERT gives half of its heads to a convolution, which sees neighbours. What is left for its attending heads is to
// reach far: here through BigBird's global and random blocks, at a cost that grows with the text, not with its square.
// Two tokens anywhere meet within two layers.
struct convbert : weft::convbert_base {
  static constexpr weft::model_shape shape{.width = 128, .heads = 4, .hidden = 256};
};
struct long_convbert : convbert {
  using mixer = weft::mixed_attention<weft::bigbird_blocks<64, 3>, weft::span_convolution<9>>;
};

// MobileBERT attends in a bottleneck, where attention is a small part of a layer's work as long as texts are short. It
// grows with the square of the length, the four feed-forwards do not; BigBird's blocks keep a small model small. Query
// and key come from the shared bottleneck, value from the wide stream: a pattern does not notice.
struct mobilebert : weft::mobilebert {
  static constexpr weft::model_shape shape{.width = 128, .heads = 4, .hidden = 128};
  using embedding = weft::trigram<32>;
  using layout = weft::bottleneck<32, 4, weft::narrowed::query_key>;
};
struct long_mobilebert : mobilebert {
  using mixer = weft::attention<weft::bigbird_blocks<64, 3>>;
};

// Milliseconds of one forward pass over a text of that many tokens.
template <class Spec>
double time_of(weft::index_t length) {
  using model = weft::encoder<Spec>;
  const weft::sizes sizes{.layers = 2, .vocabulary = 1000, .positions = 4096};
  const auto weights = weft::testing::random_weights<model>(sizes, 1);
  const model encoder(weights.record, sizes);
  weft::token_batch batch;
  batch.add(std::vector<std::int32_t>(static_cast<std::size_t>(length), 7));
  weft::workspace work(encoder.workspace_bytes(batch.size()));
  weft::row_buffer<model::width> hidden(batch.tokens());
  const auto from = std::chrono::steady_clock::now();
  encoder.forward(batch, hidden, work);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - from).count();
}

int main() {
  std::cout << "tokens   ConvBERT  with BigBird   MobileBERT  with BigBird   (milliseconds)\n";
  for (const weft::index_t length : {512, 1024, 2048, 4096})
    std::cout << length << "\t " << time_of<convbert>(length) << "\t   " << time_of<long_convbert>(length) << "\t "
              << time_of<mobilebert>(length) << "\t     " << time_of<long_mobilebert>(length) << "\n";
}
