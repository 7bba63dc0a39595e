// What kind of thing is this? A BertBiLSTM, distilled from an ELECTRA, that says whether a definition belongs to a
// word.
//   relevance                            the test lines against the reference's scores, right ones beside the
//   teacher's,
//                                        and the time of both
//   relevance WORD DEFINITION...         the definitions, the best first
//   relevance --data DIRECTORY           where student/ and test.tsv are (before anything else)
// examples/relevance/distil.py made the student.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/bert_bilstm.hpp>
#include <weft/model/electra.hpp>
#include <weft/pipeline/reranker.hpp>

struct student : weft::bert_bilstm_of<weft::bert_bilstm_numbers{
                     .hidden_size = 128, .lstm_hidden_size = 64, .classifier_hidden_size = 64}> {};

// The teacher's type, with the weights of the gloss classifier: its time does not depend on what the weights are.
struct teacher : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 128, .heads = 4, .hidden = 512};
  using embedding = weft::summed;
};

namespace {

struct test_line {
  std::string word, definition;
  bool belongs = false;
  float teacher = 0, student = 0;  // logits
};

std::vector<test_line> read_lines(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) weft::fail({.file = path.string(), .found = "no file that can be read", .wanted = "the test lines"});
  std::vector<test_line> lines;
  std::string text;
  for (std::getline(in, text); std::getline(in, text);) {
    std::istringstream fields(text);
    test_line l;
    for (auto* field : {&l.word, &l.definition}) std::getline(fields, *field, '\t');
    if (!(fields >> l.belongs >> l.teacher >> l.student))
      weft::fail({.file = path.string(),
                  .subject = "line " + std::to_string(lines.size() + 2),
                  .found = text,
                  .wanted = "word, definition, 1 or 0, the teacher's and the student's logit, with tabs between"});
    lines.push_back(std::move(l));
  }
  return lines;
}

// Microseconds a pair, the best of five passes over all.
template <class Classifier>
double time_of(Classifier& sort, const std::vector<weft::text_input>& pairs) {
  double best = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < 5; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    sort.all(pairs);
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count() / static_cast<double>(pairs.size()));
  }
  return best;
}

// Returns whether weft gives the reference's score to every line.
bool compare(const std::filesystem::path& data, weft::thread_pool& pool) {
  const auto lines = read_lines(data / "test.tsv");
  std::vector<weft::text_input> pairs;
  for (const auto& l : lines) pairs.emplace_back(l.word, l.definition);
  weft::classifier<student> judge(data / "student", {.run = pool});
  const auto answers = judge.all(pairs);
  std::size_t right = 0, taught = 0;
  float largest = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    right += (answers[i].logits[0] > 0) == lines[i].belongs;
    taught += (lines[i].teacher > 0) == lines[i].belongs;
    largest = std::max(largest, std::abs(answers[i].logits[0] - lines[i].student));
  }
  const auto share = [&](std::size_t n) { return 100 * static_cast<double>(n) / static_cast<double>(lines.size()); };
  std::cout << std::fixed << std::setprecision(1) << lines.size() << " pairs of a word and a definition, "
            << pool.workers() << (pool.workers() == 1 ? " thread\n" : " threads\n") << "right: teacher "
            << share(taught) << " %, student " << share(right) << " %\n"
            << "largest difference from the reference's logits: " << std::scientific << largest << "\n"
            << std::fixed;
  const auto student_time = time_of(judge, pairs);
  std::cout << "microseconds a pair, text to score: student " << student_time;
  if (const auto gloss = data / ".." / "classify" / "electra-gloss"; std::filesystem::exists(gloss)) {
    weft::classifier<teacher> slow(gloss, {.run = pool});
    const auto teacher_time = time_of(slow, pairs);
    std::cout << ", teacher " << teacher_time << " (" << teacher_time / student_time << " times)";
  }
  std::cout << "\n";
  return !lines.empty() && largest < 1e-4f;
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
    if (arguments.empty()) return compare(data, pool) ? 0 : 1;
    weft::reranker<student> rank(data / "student", {.run = pool});
    const std::vector<std::string> definitions(arguments.begin() + 1, arguments.end());
    for (const auto& [row, score] : rank(arguments[0], definitions, static_cast<weft::index_t>(definitions.size())))
      std::cout << score << "\t" << definitions[static_cast<std::size_t>(row)] << "\n";
    return 0;
  } catch (const weft::error& e) {
    std::cerr << "relevance: " << e.what() << "\n";
    return 1;
  }
}
