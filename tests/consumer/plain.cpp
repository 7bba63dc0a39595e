// A program of somebody else's without CMake: through pkg-config, or with all of weft in one header of this name.
#include <weft/io/load.hpp>
#if __has_include(<weft/model/bert.hpp>)
#include <weft/model/bert.hpp>
#endif
#include <cstdio>

struct small : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 64};
};

int main(int, char** arguments) {
  const auto encoder = weft::load<small>(arguments[1]);
  weft::token_batch batch;
  batch.add(std::vector<std::int32_t>{2, 5, 3});
  weft::row_buffer<32> hidden(batch.tokens());
  weft::workspace work(encoder.workspace_bytes(batch.size()));
  encoder.forward(batch, hidden, work);
  std::printf("%.6f\n", double{hidden.row(0)[0]});
}
