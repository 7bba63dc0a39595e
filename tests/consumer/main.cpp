#include <weft/base/version.hpp>
#include <weft/io/load.hpp>
#ifdef CONSUME_TORCH
#include <weft/io/torch_file.hpp>
#endif
#include <weft_model/my_model.hpp>

// The head is the one of the checkpoint's class, and the width is printed so that a changed config.json shows.
static_assert(std::is_same_v<my_model_model, weft::model<my_model, my_model::tasks::sequence_classification>>);

int main(int count, char** arguments) try {
  std::printf("%d\n", static_cast<int>(my_model::shape.width));
  if (count > 1) weft::load<my_model>(arguments[1]);
#ifdef CONSUME_TORCH
  weft::read_torch_files();
  if (count > 2) weft::checkpoint::open(arguments[2]);  // throws where nothing reads pytorch_model.bin
#endif
  return weft::version_major;
} catch (const weft::error& e) {
  return std::puts(e.what()), 1;
}
