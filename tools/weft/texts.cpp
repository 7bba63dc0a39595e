// weft embed, classify, fill-mask, answer, similar, rerank, tag, passport, train: compile the task's program for the
// checkpoint's type and become it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <weft/io/architecture.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/late_interaction_modules.hpp>
#include <weft/io/load.hpp>
#include <weft/io/passport.hpp>
#include <weft/io/sentence_modules.hpp>
#include <weft/io/sparse_modules.hpp>
#include <weft/io/tokenizer_json.hpp>
#include <weft/pipeline/labelled_texts.hpp>
#include <weft/pipeline/model_source.hpp>
#include <weft/program/train_request.hpp>

#include "children.hpp"
#include "commands.hpp"
#include "compiled.hpp"
#include "model.hpp"
#include "recipe.hpp"
#include "task.hpp"

namespace weft_program {

namespace fs = std::filesystem;

namespace {

struct task_kind {
  std::string_view command, task, head;  // head: which one the checkpoint must have; empty: none
};
constexpr task_kind kinds[] = {
    {"embed", "embed", ""},
    {"similar", "similar", ""},
    {"classify", "classify", "sequence_classification"},
    {"rerank", "rerank", "sequence_classification"},
    {"tag", "tag", "token_classification"},
    {"fill-mask", "fill_mask", "masked_lm"},
    {"answer", "answer", "question_answering"},
    {"passport", "passport", ""},
    {"train", "train", ""},
};

// `weft embed` of a directory that lists SpladePooling.
constexpr task_kind sparse_kind{"embed", "sparse_embed", "masked_lm"};
// `weft rerank` of a directory of PyLate or of ColBERT.
constexpr task_kind late_kind{"rerank", "late_rerank", ""};

const task_kind& kind_of(std::string_view command) {
  for (const auto& kind : kinds)
    if (kind.command == command) return kind;
  weft::fail({.subject = "task", .found = command, .wanted = "embed, classify, tag, fill-mask or answer"});
}

bool has(const weft::configuration& c, std::string_view head) {
  const auto tasks = weft::tasks_of(c);
  return head.empty() || (tasks && std::find(tasks->begin(), tasks->end(), head) != tasks->end());
}

// The head of a masked language model that was trained behind a decoder of its own, where the checkpoint has that one's
// table of positions, which its encoder does not read; else none.
std::string decoder_of(const fs::path& model, const weft::configuration& c) {
  const auto& tasks = c.facts().tasks;
  if (std::find(tasks.begin(), tasks.end(), "enhanced_masked_lm") == tasks.end()) return {};
  const auto rows = weft::detail::rows_stored(weft::checkpoint::open(model), c, c.facts().prefix,
                                              "embeddings.position_embeddings.weight");
  return rows >= 0 ? "enhanced_masked_lm" : "";
}

// How Hugging Face's classes with a head end.
std::string ending_of(std::string_view head) {
  for (const auto& e : weft::class_endings)
    if (e.task == head) return std::string(e.ending);
  return {};
}

// An unsound model is refused before its type is compiled. `ending` is that of the class that has the one head it must
// have; empty: none.
void check_files(const fs::path& model, weft::configuration c, const std::string& ending, bool allow_nonfinite,
                 int max_length) {
  weft::checkpoint::open(model);
  auto how = with_every_library();
  how.family = c.model_type;
  const auto words = weft::read_tokenizer(model, how);
  auto limits = weft::sizes_of(c);
  c.architectures.clear();
  if (!ending.empty()) c.architectures.push_back(ending);
  if (max_length > limits.longest() && !has_position_table(c)) limits.positions = max_length + limits.first_position;
  weft::check_fits(words, c, limits, max_length);
  compare_tensors(model, c, allow_nonfinite);
}

}  // namespace

std::string natural_task(const weft::configuration& c) {
  for (const auto& kind : kinds)
    if (!kind.head.empty() && has(c, kind.head)) return std::string(kind.command);
  return "embed";
}

prepared_task prepare_task(const std::string& where, const std::string& command, bool quiet, bool allow_nonfinite,
                           int max_length, const std::string& family) {
  const auto at = model_at(where);
  if (!fs::is_directory(at))
    weft::fail(
        {.file = where, .found = "a file", .wanted = "a model's directory, with config.json, weights and a tokenizer"});
  const bool sparse = command == "embed" && weft::detail::lists_splade_pooling(at);
  const bool late = command == "rerank" && weft::detail::is_late_interaction(at);
  const auto& kind = sparse ? sparse_kind : late ? late_kind : kind_of(command);
  // A sentence-transformers directory may keep its model in a folder.
  const bool vectors = !late && kind.head.empty() && fs::exists(at / "modules.json");
  const auto model = late      ? weft::late_interaction_modules::read(at).text.model
                     : sparse  ? weft::sparse_modules::read(at).text.model
                     : vectors ? weft::sentence_modules::read(at).model
                               : at;
  const auto c = configuration_of(model, family);
  if (!has(c, kind.head) && !c.architectures.empty())
    weft::fail({.file = c.file,
                .subject = "architectures",
                .found = c.architectures.front(),
                .wanted = "a class that ends in " + ending_of(kind.head),
                .remedy = "weft " + natural_task(c) + " runs this model"});
  if (command == "rerank" && !late && c.labels.size() != 1)
    weft::fail({.file = c.file,
                .subject = "id2label",
                .found = std::to_string(c.labels.size()) + " labels",
                .wanted = "one, how well a text answers a query",
                .remedy = "weft classify --pairs gives the scores of all labels"});
  const auto ending = ending_of(kind.head);
  return {fs::absolute(at),
          c,
          {.task = std::string(kind.task),
           .head = kind.head == "masked_lm" ? decoder_of(model, c) : "",
           .sentencepiece = weft::needs_sentencepiece(model, family),
           .quiet = quiet,
           .before = [=] { check_files(model, c, ending, allow_nonfinite, max_length); }}};
}

namespace {
// Goes on as that program; its first word is its file.
[[noreturn]] void become(kept_program kept, std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (kept.in.fresh) {  // a cache of this run only: it goes first, and the program lives on while it is open
    const auto open = ::open(words.front().c_str(), O_RDONLY);
    kept.in.fresh.reset();
    fexecve(open, arguments.data(), environ);
  } else {
    execv(words.front().c_str(), arguments.data());
  }
  weft::fail({.file = words.front(), .found = std::strerror(errno), .wanted = "a program that can be run"});
}

// What a training learns, by the name of its task, and the head that it has.
struct learnt_task {
  std::string_view name, learns, head;
};
constexpr learnt_task learnt_tasks[] = {{"classify", "sort_texts", "sequence_classification"},
                                        {"regress", "estimate_values", "sequence_classification"},
                                        {"tokens", "tag_words", "token_classification"},
                                        {"answer", "find_answers", "question_answering"},
                                        {"mlm", "mask_words", "masked_lm"}};
}  // namespace

int run_task(const std::string& command, const text_options& o) {
  if (command == "passport" && o.about) weft::passport::read(*o.about);  // refused before anything is compiled
  auto ready = prepare_task(o.where, command, o.quiet, o.allow_nonfinite, o.max_length, o.family);
  ready.program.numeric = o.numeric;
  ready.program.slimmable = wants_part(ready.configuration, o.width, o.depth);
  auto kept = compiled(ready.configuration, ready.program);
  std::vector<std::string> words{kept.file.string(), "--model", ready.directory.string()};
  const auto flag = [&](bool set, const char* name) {
    if (set) words.emplace_back(name);
  };
  const auto number = [&](long value, const char* name) {
    if (value > 0) words.push_back(name + ("=" + std::to_string(value)));
  };
  flag(o.json, "--json");
  flag(o.quiet, "--quiet");
  flag(o.strict, "--strict");
  flag(o.truncate, "--truncate");
  flag(o.pairs, "--pairs");
  flag(o.normalize, "--normalize");
  flag(o.may_be_absent, "--absent");
  flag(o.vectors, "--vectors");
  flag(o.allow_nonfinite, "--allow-nonfinite");
  number(o.threads, "--threads");
  number(o.max_length, "--max-length");
  number(o.top, "--top");
  number(o.truncate_dim, "--truncate-dim");
  for (const auto& [name, value] : {std::pair("--pooling=", o.pooling),
                                    {"--prompt=", o.prompt},
                                    {"--query-prompt=", o.query_prompt},
                                    {"--join=", o.join},
                                    {"--family=", o.family},
                                    {"--width=", o.width},
                                    {"--depth=", o.depth},
                                    {"--in=", o.in},
                                    {"--out=", o.out},
                                    {"--rank=", o.rank},
                                    {"--ranks=", o.ranks},
                                    {"--precision=", o.precision}})
    if (!value.empty()) words.push_back(name + value);
  const char* about = command == "similar" || command == "rerank" ? "--query="
                      : command == "passport"                     ? "--against="
                                                                  : "--question=";
  if (o.about) words.push_back(about + *o.about);
  words.emplace_back("--");
  words.insert(words.end(), o.texts.begin(), o.texts.end());
  become(std::move(kept), std::move(words));
}

int train(const train_options& o) {
  std::error_code ignored;
  std::vector<std::string> words{"weft", "--data=" + o.data, "--out=" + o.out};
  if (!o.validation.empty()) words.push_back("--validation=" + o.validation);
  auto values = o.recipe.empty() ? decltype(o.values)() : read_recipe(o.recipe);
  values.insert(values.end(), o.values.begin(), o.values.end());
  for (const auto& [name, value] : values) words.push_back(value.empty() ? name : name + "=" + value);
  if (o.quiet) words.emplace_back("--quiet");
  std::vector<const char*> said;
  for (const auto& word : words) said.push_back(word.c_str());
  const auto request = weft::program::read_train_request(static_cast<int>(said.size()), said.data());
  for (const auto& file : {o.data, o.validation})
    if (!file.empty() && request.task == "mlm")
      weft::mapped_file::open(file);
    else if (!file.empty())
      weft::read_labelled_texts(file, request.columns);  // refused before anything is compiled
  if (fs::exists(fs::symlink_status(o.out, ignored)))
    weft::fail({.file = o.out, .found = "something that exists", .wanted = "a new directory"});
  auto ready = prepare_task(o.where, "train", o.quiet, false);
  for (const auto& task : learnt_tasks) {
    if (task.name != request.task) continue;
    const auto& tasks = ready.configuration.facts().tasks;
    if (std::find(tasks.begin(), tasks.end(), task.head) == tasks.end())
      weft::fail({.file = ready.configuration.file,
                  .subject = "--task " + request.task,
                  .found = "a family without this head",
                  .wanted = std::string(task.head)});
    ready.program.learns = task.learns;
  }
  const bool vectors = fs::exists(ready.directory / "modules.json");
  const auto model = vectors ? weft::sentence_modules::read(ready.directory).model : ready.directory;
  auto kept = compiled(ready.configuration, ready.program);
  words.front() = kept.file.string();
  words.push_back("--model=" + model.string());
  become(std::move(kept), std::move(words));
}

}  // namespace weft_program
