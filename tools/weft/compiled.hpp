#pragma once
// Programs that are compiled for one checkpoint's type.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>
#include <weft/bench/operations.hpp>
#include <weft/io/checkpoint_report.hpp>
#include <weft/io/configuration.hpp>

#include "cache.hpp"

namespace weft_program {

/// A program in the cache. Where the cache is for this run only, it goes with the last copy of this.
struct kept_program {
  std::filesystem::path file;
  cache_folder in;
};

/// A program that calls one function template of weft's headers.
struct model_program {
  std::string name;                   ///< begins the name of its file in the cache
  std::string header;                 ///< below weft/
  std::string call;                   ///< "f<@>(arguments[1], out)", where @ is the type and its heads
  std::string optimisation = "-O2";   ///< the compiler's; flags in CXXFLAGS follow it
  bool heads = true;                  ///< false: the encoder alone, whatever the checkpoint's class
  std::string random_plan = {};       ///< see weft::spec_of
  bool slimmable = false;             ///< see weft::spec_of
  std::string numeric = {};           ///< how weights are stored; empty: as the type says
  bool quiet = false;                 ///< says nothing while it compiles
  std::function<void()> before = {};  ///< called before anything is compiled: refuses unsound models
};

/// The program of this model, compiled when it is not whole in the cache. Fails with what the compiler says.
kept_program compiled(const weft::configuration& c, const model_program& wanted);

/// What the type of a configuration says of itself.
struct described_type {
  std::vector<weft::tensor_request> tensors;  ///< that a checkpoint has to store for it
  weft::bench::arithmetic arithmetic;         ///< of its encoder
  std::string prefix;                         ///< of its names
};

/// Asks the type of this configuration, and those of its heads that weft has, by a program that is compiled in a few
/// seconds, since it reads and computes nothing.
described_type describe_type(const weft::configuration& c);

/// Whether a tensor of this type has a row for every position, so that texts cannot be longer. Asks the same program.
bool has_position_table(const weft::configuration& c);

/// Compares a model's tensors with what the type of its configuration needs, so that unsound files are refused before
/// the type itself is compiled. Fails where they do not fit.
void compare_tensors(const std::filesystem::path& model, const weft::configuration& c, bool allow_nonfinite = false);

/// The same for the encoder alone, whatever the checkpoint's class.
void compare_encoder_tensors(const std::filesystem::path& model, weft::configuration c, bool allow_nonfinite = false);

/// A program, and a library with a C interface, around a task of weft/program.
struct task_program {
  std::string task;                   ///< of weft::program, as "fill_mask": the name of a class template and its header
  std::string head = {};              ///< of the type's tasks, where it is not the one that the task has; else empty
  std::string learns = {};            ///< what a training learns: a class of weft's pipelines, as "sort_texts"
  std::string numeric = {};           ///< how weights are stored; empty: as the type says
  std::string prefix = "weft_c";      ///< of the C interface's names
  bool slimmable = false;             ///< see weft::spec_of
  bool sentencepiece = false;         ///< links SentencePiece's library, and reads spiece.model
  bool quiet = false;                 ///< says nothing while it compiles
  std::function<void()> before = {};  ///< called before anything is compiled: refuses unsound models
};

/// The task's program in the cache, compiled when it is not whole there. It takes its model on its command line.
kept_program compiled(const weft::configuration& c, const task_program& wanted);

/// Links the task's program or library into a file of its own, sealed (see own_files.hpp). `built_from` is where it
/// finds its model; relative, in the file's own folder.
void link_into(const std::filesystem::path& out, const std::string& built_from, const weft::configuration& c,
               const task_program& wanted, bool library);

}  // namespace weft_program
