#pragma once
// The commands of the program weft. Each returns the exit code and throws weft::error in words; main.cpp alone knows
// how the command line is written.
#include <string>

namespace weft_program {

struct tokenize_options {
  std::string where;  ///< a model's directory, a tokenizer.json or a vocab.txt
  bool json = false, cased = false;
};

struct bench_options {
  std::string where, work;  ///< a model's directory; names of workloads with commas between them
  int threads = 1;
  double seconds = 1.5;  ///< for each workload
  bool json = false;
};

int inspect(const std::string& where);
int tokenize(const tokenize_options& options);
int print_type(const std::string& where, const std::string& name);
int verify(const std::string& where);
int bench(const bench_options& options);

}  // namespace weft_program
