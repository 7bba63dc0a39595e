// weft bench DIR: compiles the type that config.json describes and times its forward passes.
#include <weft/bench/workload.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/program/output.hpp>

#include "children.hpp"
#include "commands.hpp"
#include "compiled.hpp"
#include "model.hpp"

namespace weft_program {
namespace {

namespace fs = std::filesystem;

// What is wrong with the options is said before anything is compiled.
void check(const bench_options& options, const weft::configuration& c) {
  const auto at_least = [](const char* option, const std::string& found, const char* wanted) {
    weft::fail({.subject = option, .found = found, .wanted = wanted});
  };
  if (options.threads < 1 || options.threads > 1024)
    at_least("--threads", std::to_string(options.threads), "1 to 1024 threads, the calling one included");
  if (!(options.seconds >= 0 && options.seconds <= 3600))
    at_least("--seconds", std::to_string(options.seconds), "0 to 3600 seconds a workload");
  for (const auto& work : weft::bench::workloads_of(options.work)) {
    const auto longest = *std::max_element(work.lengths.begin(), work.lengths.end());
    if (longest > c.max_position_embeddings)
      weft::fail({.file = c.file,
                  .subject = "max_position_embeddings",
                  .found = std::to_string(c.max_position_embeddings),
                  .wanted = "at least " + std::to_string(longest) + ", the longest text of " + work.name,
                  .remedy = "choose shorter work"});
  }
}

// The directory's name; org/name where the model comes from the cache of Hugging Face.
std::string model_name(const std::string& where, const fs::path& at) {
  return at == where ? fs::weakly_canonical(at / "config.json").parent_path().filename().string() : where;
}

}  // namespace

int bench(const bench_options& options) {
  const auto at = model_at(options.where);
  if (!fs::is_directory(at) || !fs::exists(at / "config.json"))
    weft::fail({.file = options.where,
                .found = fs::is_directory(at) ? "no config.json" : "no directory",
                .wanted = "a model's directory with config.json and weights"});
  const auto c = weft::configuration::read(at);
  check(options, c);
  const bool slimmable = wants_part(c, options.width, options.depth);
  const std::string what = options.profile ? "profile" : "bench";
  const auto program = compiled(c, {.name = what,
                                    .header = options.profile ? "bench/profile_report.hpp" : "bench/bench.hpp",
                                    .call = "weft::bench::" + what + "_and_print<@>(arguments, out)",
                                    .optimisation = "-O3",
                                    .heads = false,
                                    .slimmable = slimmable,
                                    .numeric = options.numeric,
                                    .before = [&] { compare_encoder_tensors(at, c); }});
  std::string name;
  weft::program::append_string(name, model_name(options.where, at));
  std::vector<std::string> words{program.file.string(),
                                 at.string(),
                                 name,
                                 options.work,
                                 std::to_string(options.threads),
                                 std::to_string(options.seconds),
                                 options.json ? "json" : "table"};
  for (const auto* share : {&options.width, &options.depth})
    if (slimmable) words.push_back(share->empty() ? "1" : *share);
  return run(words).good() ? 0 : 1;
}

}  // namespace weft_program
