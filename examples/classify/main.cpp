// What kind of thing is this? A small ELECTRA that reads a definition and names WordNet's class of what is defined.
//   classify                     its 1,000 test lines against the reference's answers, and ten readable ones
//   classify "a soft cheese"...  the classes of these texts
//   classify -                   the classes of the lines on standard input
//   classify --data DIRECTORY    where electra-gloss/ and test.tsv are (before anything else)
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/electra.hpp>
#include <weft/pipeline/classifier.hpp>

// The model: ELECTRA's parts, narrower. Its embeddings are as wide as its layers, so nothing is projected.
struct gloss_electra : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 128, .heads = 4, .hidden = 512};
  using embedding = weft::summed;
};

namespace {

void print(weft::classifier<gloss_electra>& sort, const std::vector<std::string>& texts) {
  const auto answers = sort.all(texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto best = sort.top(answers[i], 2);
    std::cout << "  " << texts[i] << "\n    " << best[0].label << " " << best[0].score << ", " << best[1].label << " "
              << best[1].score << "\n";
  }
}

struct test_line {
  std::string gloss, label, prediction;
  float logit = 0;
};

std::vector<test_line> read_lines(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) weft::fail({.file = path.string(), .found = "no file that can be read", .wanted = "the test lines"});
  std::vector<test_line> lines;
  std::string text;
  for (std::getline(in, text); std::getline(in, text);) {
    std::istringstream fields(text);
    test_line l;
    for (auto* field : {&l.gloss, &l.label, &l.prediction}) std::getline(fields, *field, '\t');
    if (!(fields >> l.logit))
      weft::fail({.file = path.string(),
                  .subject = "line " + std::to_string(lines.size() + 2),
                  .found = text,
                  .wanted = "gloss, label, prediction and logit, with tabs between"});
    lines.push_back(std::move(l));
  }
  return lines;
}

// Returns whether weft gives the reference's answer to every line.
bool compare(weft::classifier<gloss_electra>& sort, const std::vector<test_line>& lines) {
  std::vector<std::string> glosses;
  for (const auto& l : lines) glosses.push_back(l.gloss);
  sort.all(glosses);  // the first pass touches memory for the first time; the second is timed
  const auto start = std::chrono::steady_clock::now();
  const auto answers = sort.all(glosses);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  std::size_t right = 0, agreed = 0;
  float largest = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    right += answers[i].label == lines[i].label;
    agreed += answers[i].label == lines[i].prediction;
    const auto& labels = sort.labels();
    for (std::size_t j = 0; j < labels.size(); ++j)
      if (labels[j] == lines[i].prediction)
        largest = std::max(largest, std::abs(answers[i].logits[j] - lines[i].logit));
  }
  const auto n = static_cast<double>(lines.size());
  std::cout << "accuracy              " << 100 * static_cast<double>(right) / n << " % of " << lines.size()
            << " definitions\n"
            << "agreement             " << agreed << " of " << lines.size() << " with the reference's answers\n"
            << "largest difference    " << std::scientific << std::setprecision(1) << largest
            << " in a logit (the reference's have six decimals)\n"
            << std::fixed << std::setprecision(0) << "sentences per second  " << n / seconds.count() << "\n\n"
            << std::setprecision(2);
  return !lines.empty() && agreed == lines.size();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::filesystem::path data = WEFT_EXAMPLE_DATA;
  if (arguments.size() >= 2 && arguments[0] == "--data") {
    data = arguments[1];
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  try {
    weft::thread_pool pool;  // all cores
    weft::classifier<gloss_electra> sort(data / "electra-gloss", {.run = pool});
    std::cout << std::fixed << std::setprecision(2);
    if (arguments == std::vector<std::string>{"-"}) {
      arguments.clear();
      for (std::string line; std::getline(std::cin, line);) arguments.push_back(line);
    }
    if (argc > 1 && !arguments.empty()) {
      print(sort, arguments);
      return 0;
    }
    std::cout << "electra-gloss: " << sort.labels().size() << " classes, " << sort.model().limits().layers
              << " layers, " << weft::simd::name() << ", " << pool.workers()
              << (pool.workers() == 1 ? " thread\n\n" : " threads\n\n");
    const bool agrees = compare(sort, read_lines(data / "test.tsv"));
    print(sort, {"a small furry animal that chases mice and ignores its owner", "a library for running neural networks",
                 "the feeling of having forgotten something important", "walk very slowly and without any purpose",
                 "someone who writes compilers for fun", "a soft cheese made from the milk of goats",
                 "a town in Scotland famous for its rain", "the hour between lunch and coffee",
                 "in a loud and annoying manner", "golden retriever"});
    return agrees ? 0 : 1;
  } catch (const weft::error& e) {
    std::cerr << "classify: " << e.what() << "\n";
    return 1;
  }
}
