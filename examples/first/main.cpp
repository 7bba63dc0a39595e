// A transformer encoder in a dozen lines: a composition of its own, random weights, two sequences of different length.
#include <cmath>
#include <cstdint>
#include <iostream>
#include <vector>
#include <weft/encoder/describe.hpp>
#include <weft/model/bert.hpp>
#include <weft/testing/random_weights.hpp>

// A model is a struct that names its parts; what it does not name it inherits.
struct my_encoder : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 128, .heads = 4, .hidden = 256};
  using feed_forward = weft::dense<weft::relu>;
};

int main() {
  using model = weft::encoder<my_encoder>;
  const weft::sizes sizes{.layers = 3, .vocabulary = 1000, .positions = 64};
  const auto weights = weft::testing::random_weights<model>(sizes, 1);
  const model encoder(weights.record, sizes);

  // Sequences lie end to end; there is no padding.
  weft::token_batch batch;
  batch.add(std::vector<std::int32_t>{2, 17, 42, 3});
  batch.add(std::vector<std::int32_t>{2, 100, 200, 300, 400, 500, 3});

  weft::workspace work(encoder.workspace_bytes(batch.size()));  // the only memory that a forward pass uses
  weft::row_buffer<model::width> hidden(batch.tokens());
  encoder.forward(batch, hidden, work);

  double squares = 0;
  for (weft::index_t i = 0; i < hidden.count(); ++i)
    for (weft::index_t j = 0; j < model::width; ++j) squares += double{hidden.row(i)[j]} * double{hidden.row(i)[j]};
  const auto parameters = weft::describe<model>(sizes);
  std::cout << parameters.size() << " parameters, the first is " << parameters[0].name << " [" << parameters[0].shape[0]
            << ", " << parameters[0].shape[1] << "]\n"
            << batch.sequences() << " sequences of " << batch.tokens() << " tokens in all -> " << hidden.count()
            << " rows of " << model::width << " floats\n"
            << "computed for " << weft::simd::name() << ", in " << work.capacity() << " bytes of workspace\n"
            << "root mean square " << std::sqrt(squares / static_cast<double>(hidden.count() * model::width)) << "\n";
}
