#pragma once
// The commands of the program weft. Each returns the exit code and throws weft::error in words; main.cpp alone knows
// how the command line is written.
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft_program {

struct tokenize_options {
  std::string where;  ///< a model's directory, a tokenizer.json or a vocab.txt
  bool json = false, cased = false;
};

struct inspect_options {
  std::string where, family;   ///< a model; the model_type where config.json has none
  std::string numeric, texts;  ///< what this adds to the outputs of linears, over the lines of a file; or neither
};

struct bench_options {
  std::string where, work;  ///< a model's directory; names of workloads with commas between them
  int threads = 1;
  double seconds = 1.5;  ///< for each workload
  bool json = false;
  std::string numeric = "float32";
  bool profile = false;      ///< where the time goes, part by part
  std::string width, depth;  ///< as text_options has them
};

/// What embed, classify, fill-mask, answer and similar take; see weft/program/request.hpp.
struct text_options {
  std::string where;               ///< a model's directory, or org/name
  std::vector<std::string> texts;  ///< none: lines of standard input
  bool json = false, quiet = false, strict = false, truncate = false, pairs = false, normalize = false,
       may_be_absent = false, allow_nonfinite = false, vectors = false;
  int threads = 0, max_length = 0, top = 0, truncate_dim = 0;  ///< 0: the default
  std::string pooling, prompt, query_prompt, join, in, out, precision;
  std::string rank, ranks;           ///< which share of `in` this program takes; empty: what mpirun says
  std::string width, depth;          ///< shares of a slimmable type that run; empty: all of it
  std::string family;                ///< the model_type where config.json has none
  std::string numeric;               ///< how weights are stored; empty: as the type says
  std::optional<std::string> about;  ///< a question, a query, or the file that a passport is compared with
};

/// What train takes; see weft/program/train.hpp, which reads numbers and says their defaults.
struct train_options {
  std::string where, data, validation, out;
  std::string recipe;                                       ///< a file of options; those of the command line win
  std::vector<std::pair<std::string, std::string>> values;  ///< other options that were given, as {"--rate", "1e-4"}
  bool quiet = false;
};

/// What rewire takes: a model's directory, a file of importances, a new directory.
struct rewire_options {
  std::string where, importance, to;
};

/// What calibrate takes: a model's directory, a file of texts, a new directory.
struct calibrate_options {
  std::string where, texts, to;
  bool quiet = false;
};

/// What split-experts takes beside those; see weft::expert_split.
struct split_options {
  std::string where, importance, to, tables;  ///< no tables: drawn
  int experts = 4, width = 768, shared = 512;
};

struct build_options {
  std::string where, out, task;  ///< empty: named after the model; what its class is for
  std::string prefix = "weft_c";
  bool library = false, packed = false, inside = false, quiet = false, allow_nonfinite = false;
  std::string numeric = {};  ///< how weights are stored; empty: as the type says
};

struct picture_options {
  std::string what, sentence, out;  ///< what: a pattern's name or a model; empty: list the patterns
  int length = 512, head = 0, layer = 0;
};

int build(const build_options& options);
int picture(const picture_options& options);
std::string pattern_names();  ///< of those that picture draws without a model, with spaces between
int inspect(const inspect_options& options);
int tokenize(const tokenize_options& options);
int print_type(const std::string& where, const std::string& name, const std::string& numeric,
               const std::string& family);
int verify(const std::string& where, const std::string& numeric);
int bench(const bench_options& options);
int train(const train_options& options);
int rewire(const rewire_options& options);
int split_experts(const split_options& options);
int calibrate(const calibrate_options& options);
int run_task(const std::string& command, const text_options& options);

}  // namespace weft_program
