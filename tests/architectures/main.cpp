// Prints the architecture that was chosen, its vectors, and the hidden states; exit code 1 and a sentence on errors.
#include <cstdio>
#include <vector>
#include <weft_architectures/kernels.hpp>

int main() try {
  const auto& module = kernels::module();
  std::vector<float> hidden(70 * 48);
  module.function<void(float*)>("encode")(hidden.data());
  std::printf("%s %s\n", module.architecture().c_str(), module.function<const char*()>("vectors")());
  for (const float value : hidden) std::printf("%a\n", double{value});
  return 0;
} catch (const weft::error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
