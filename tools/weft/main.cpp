// weft: looks into checkpoints, cuts text into tokens, writes types, verifies results, times forward passes.
// Exit codes: 0 all is well, 1 the input is unsound or a result is past tolerance, 2 the command line is wrong.
#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <weft/base/version.hpp>
#include <weft/simd/vector.hpp>

#include "commands.hpp"

int main(int argc, char** argv) {
  CLI::App app("weft: transformer encoders from Hugging Face files", "weft");
  app.set_version_flag("--version", std::string(weft::version) + " (" + weft::simd::name<>() + ")");
  app.require_subcommand(1);
  std::function<int()> chosen;
  std::string where, name;
  weft_program::tokenize_options tokenize;

  auto* command = app.add_subcommand("inspect", "print a checkpoint's tensors and say whether it is sound");
  command->add_option("where", where, "a .safetensors file, a directory, a config.json, or org/name in the local cache")
      ->required();
  command->callback([&] { chosen = [&] { return weft_program::inspect(where); }; });

  command = app.add_subcommand("type", "write the C++ spec that a config.json describes");
  command->add_option("where", where, "a model's directory or a config.json")->required();
  command->add_option("--name", name, "the struct's name; the directory's by default");
  command->callback([&] { chosen = [&] { return weft_program::print_type(where, name); }; });

  command = app.add_subcommand("tokenize", "cut lines of standard input into tokens");
  command->add_option("where", tokenize.where, "a model's directory, a tokenizer.json, a vocab.txt or a spiece.model")
      ->required();
  command->add_flag("--json", tokenize.json,
                    "one object a line: ids, tokens, offsets [begin, end] in bytes of the line");
  command->add_flag("--cased", tokenize.cased, "keep upper case; a vocab.txt alone is uncased otherwise");
  command->callback([&] { chosen = [&] { return weft_program::tokenize(tokenize); }; });

  command = app.add_subcommand("verify", "run the recorded inputs of a checkpoint's expected.safetensors and compare");
  command->add_option("directory", where, "config.json, weights and expected.safetensors")->required();
  command->callback([&] { chosen = [&] { return weft_program::verify(where); }; });

  weft_program::bench_options bench;
  command = app.add_subcommand("bench", "time forward passes of a checkpoint beside the machine's own limits");
  command->add_option("directory", bench.where, "config.json and weights, or org/name in the local cache")->required();
  command
      ->add_option("--work", bench.work,
                   "bNsM: N texts of M tokens; R: 32 texts of different lengths; or a list, as b1s8,b8s128,R")
      ->required();
  command->add_option("--threads", bench.threads, "how many threads, the calling one included; 1 by default");
  command->add_option("--seconds", bench.seconds, "for each workload; 1.5 by default");
  command->add_flag("--json", bench.json, "one object a workload instead of a table");
  command->callback([&] { chosen = [&] { return weft_program::bench(bench); }; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    return chosen();
  } catch (const std::exception& e) {
    std::cerr << "weft: " << e.what() << '\n';
    return 1;
  }
}
