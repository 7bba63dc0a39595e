// Where in this text is the answer? Extractive question answering with a model of BERT's shape.
//   answer DIRECTORY "Who was a puppeteer?" "Jim Henson was a puppeteer."      or - for a context on standard input
#include <iomanip>
#include <iostream>
#include <iterator>
#include <string>
#include <weft/model/bert.hpp>
#include <weft/pipeline/answer.hpp>

namespace {

// A checkpoint's widths choose the type; another width is another line here.
struct tiny_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 64};
};

template <class Spec>
void find(const std::string& directory, const std::string& question, const std::string& context) {
  weft::answer<Spec> ask(directory);
  auto answers = ask.best(question, context);
  if (answers.size() > 3) answers.resize(3);
  for (const auto& a : answers)
    std::cout << a.score << "  bytes " << a.begin << " to " << a.end << "  " << (a.empty() ? "(no answer)" : a.text)
              << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "answer: give a directory with config.json, model.safetensors and a tokenizer of a BERT trained on "
                 "questions (SQuAD), a question, and a text (- reads it from standard input)\n";
    return 2;
  }
  std::string context = argv[3];
  if (context == "-") context.assign(std::istreambuf_iterator<char>(std::cin), {});
  std::cout << std::fixed << std::setprecision(3);
  try {
    const auto width = weft::configuration::read(weft::resolve_model(argv[1])).hidden_size;
    if (width == tiny_bert::shape.width)
      find<tiny_bert>(argv[1], argv[2], context);
    else
      find<weft::bert_base>(argv[1], argv[2], context);
  } catch (const weft::error& e) {
    std::cerr << "answer: " << e.what() << "\n";
    return 1;
  }
}
