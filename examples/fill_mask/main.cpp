// Which word is missing? Fills [MASK] with a masked language model of BERT's shape.
//   fill_mask DIRECTORY "The capital of France is [MASK]." ...
#include <iomanip>
#include <iostream>
#include <string>
#include <weft/model/bert.hpp>
#include <weft/pipeline/fill_mask.hpp>

namespace {

// A checkpoint's widths choose the type; another width is another line here.
struct tiny_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 64};
};

template <class Spec>
void fill(const std::string& directory, int texts, char** text) {
  weft::fill_mask<Spec> guess(directory);
  for (int i = 0; i < texts; ++i) {
    std::cout << text[i] << "\n";
    for (const auto& mask : guess(text[i])) {
      std::cout << "  at byte " << mask.begin << ":";
      for (const auto& [token, score, id] : mask.guesses) std::cout << "  " << token << " " << score;
      std::cout << "\n";
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "fill_mask: give a directory with config.json, model.safetensors and a tokenizer of a BERT that fills "
                 "masks (bert-base-uncased), and texts with [MASK] in them\n";
    return 2;
  }
  std::cout << std::fixed << std::setprecision(3);
  try {
    const auto width = weft::configuration::read(weft::resolve_model(argv[1])).hidden_size;
    if (width == tiny_bert::shape.width)
      fill<tiny_bert>(argv[1], argc - 2, argv + 2);
    else
      fill<weft::bert_base>(argv[1], argc - 2, argv + 2);
  } catch (const weft::error& e) {
    std::cerr << "fill_mask: " << e.what() << "\n";
    return 1;
  }
}
