// weft: models of Hugging Face files at the prompt. Exit codes: 0 all is well, 1 the input is unsound, a text could not
// be answered or a result is past tolerance, 2 the command line is wrong; of passport also 3, vectors agree to
// rounding, and 4, something differs.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <sstream>
#include <string_view>
#include <weft/base/version.hpp>
#include <weft/io/numeric_names.hpp>
#include <weft/io/shown.hpp>
#include <weft/program/failure.hpp>
#include <weft/program/printing.hpp>
#include <weft/program/suggestion.hpp>
#include <weft/simd/vector.hpp>

#include "children.hpp"
#include "commands.hpp"
#include "completion.hpp"
#include "torch.hpp"

namespace {

using namespace weft_program;
using weft::program::complain;
using weft::program::hold_standard_streams;
using action = std::function<int()>;

// A command with an example under its help.
CLI::App* add(CLI::App& app, const char* name, const char* what, const char* example) {
  auto* const command = app.add_subcommand(name, what);
  command->get_help_ptr()->group("");  // who reads the help knows it
  command->footer(std::string("Example:\n  ") + example);
  return command;
}

// The first page has a line for every command, and a screen has 24: it has none for its usage and none behind the
// commands, others none behind their usage.
struct page_formatter : CLI::Formatter {
  std::string make_usage(const CLI::App* app, std::string name) const override {
    if (!app->get_parent()) return "";
    auto usage = CLI::Formatter::make_usage(app, name);
    if (usage.ends_with('\n')) usage.pop_back();
    return usage;
  }
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override {
    auto all = CLI::Formatter::make_subcommands(app, mode);
    if (all.ends_with('\n')) all.pop_back();
    return all;
  }
};

// Validators that say nothing in the help.
CLI::Validator whole_number(int most) { return CLI::Range(1, most).description(""); }
CLI::Validator one_of(const std::vector<std::string>& words) {
  return CLI::IsMember(words).description("").name(CLI::detail::join(words, " "));
}

void add_numeric(CLI::App& command, std::string& numeric) {
  command.add_option("--numeric", numeric, "float32, bfloat16, bfloat16_weights, int8 or int8_7")
      ->check(one_of(weft::numeric_words()));
}

CLI::Option* add_family(CLI::App& command, std::string& family) {
  return command.add_option("--family", family, "the model_type, as bert, where config.json has none");
}

// Words with + between them.
CLI::Validator some_of(const std::vector<std::string>& words) {
  const auto check = [one = CLI::IsMember(words)](const std::string& text) {
    std::string fault;
    for (const auto& word : CLI::detail::split(text, '+'))
      if (fault.empty()) fault = one(word);
    return fault;
  };
  return CLI::Validator(check, "").name(CLI::detail::join(words, " "));
}

// The parser takes a text in brackets, as "[MASK]" or "[a, b]", for a list of texts. So such words come to it with a
// mark.
constexpr char bracketed = '\x01';
std::string marked(std::string word) {
  if (word.size() > 1 && word.front() == '[' && word.back() == ']') word.insert(0, 1, bracketed);
  return word;
}
void unmark(std::string& word) {
  if (word.starts_with(std::string{bracketed, '['})) word.erase(0, 1);
}

constexpr const char* model_words = "a directory, org/name in the local cache, or demo";

void add_model(CLI::App& command, std::string& where, const char* words = model_words) {
  auto* const option = command.add_option("MODEL", where, words)->type_name("")->required();
  const bool has_demo = std::string_view(words).ends_with("demo");
  option->check(completes_to(has_demo ? "demo FILE" : "FILE"));
}

void add_tokenize(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<tokenize_options>();
  auto* const command = add(app, "tokenize", "cut lines of standard input into tokens",
                            "echo \"golden retriever\" | weft tokenize demo --json");
  add_model(*command, o->where, "a directory, a tokenizer's file, org/name, or demo");
  command->add_flag("--json", o->json, "one object a line: ids, tokens, offsets in bytes");
  command->add_flag("--cased", o->cased, "keep upper case where vocab.txt stands alone");
  command->callback([&chosen, o] { chosen = [o] { return tokenize(*o); }; });
}

// Which part of a slimmable model runs. Texts: the shares are read where they are used.
std::array<CLI::Option*, 2> add_shares(CLI::App& command, std::string& width, std::string& depth) {
  return {command.add_option("--width", width, "the share of heads that run, as 0.5; --depth: of layers")
              ->type_name("S")
              ->check(CLI::Number.description("").name("")),
          command.add_option("--depth", depth, "the share of the layers that run, as 0.75")
              ->type_name("S")
              ->check(CLI::Number.description("").name(""))};
}

void add_bench(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<bench_options>();
  auto* const command = add(app, "bench", "time forward passes beside the machine's own limits",
                            "weft bench demo --work b1s8,b8s32 --seconds 0.2");
  add_model(*command, o->where);
  command->add_option("--work", o->work, "bNsM is N texts of M tokens, R 32 texts; b1s8,b8s128,R")->required();
  command->add_option("--threads", o->threads, "how many threads; 1 by default");
  command->add_option("--seconds", o->seconds, "for each workload; 1.5 by default");
  command->add_flag("--json", o->json, "one object a workload");
  add_numeric(*command, o->numeric);
  auto* const profile = command->add_flag("--profile", o->profile, "where the time goes, part by part");
  for (auto* const share : add_shares(*command, o->width, o->depth)) share->excludes(profile);
  command->callback([&chosen, o] { chosen = [o] { return bench(*o); }; });
}

// What the commands that answer texts have in common.
struct text_command {
  CLI::App* command;
  std::shared_ptr<text_options> options;
};

text_command add_texts(CLI::App& app, action& chosen, const std::string& name, const char* what, const char* example,
                       const char* models = model_words) {
  const auto o = std::make_shared<text_options>();
  auto* const command = add(app, name.c_str(), what, example);
  add_model(*command, o->where, models);
  command->add_option("TEXT", o->texts, "texts; without any, the lines of standard input")->type_name("");
  command->add_flag("--json", o->json, "JSON Lines: one object a text");
  command->add_option("--threads", o->threads, "how many threads; one a usable processor by default")
      ->check(whole_number(1024));
  command->add_option("--max-length", o->max_length, "tokens of a text at most; the model's limit by default")
      ->check(whole_number(1 << 20));
  add_numeric(*command, o->numeric);
  add_family(*command, o->family)->group("");  // refusals name it, and a screen has 24 lines
  command->add_flag("--quiet", o->quiet, "no progress, no notice of compiling");
  command->add_flag("--strict", o->strict, "end at the first line that cannot be answered");
  command->add_flag("--allow-nonfinite", o->allow_nonfinite, "NaN and infinity in weights and answers pass")
      ->group("");  // refusals name it, and a screen has 24 lines
  command->callback([&chosen, o, name] {
    for (auto& text : o->texts) unmark(text);
    for (auto* word : {&o->where, o->about ? &*o->about : nullptr})
      if (word) unmark(*word);
    chosen = [o, name] { return run_task(name, *o); };
  });
  return {command, o};
}

void add_truncate(const text_command& c) {
  c.command->add_flag("--truncate", c.options->truncate, "cut texts that are too long instead of refusing them");
}
void add_top(const text_command& c, const char* what) {
  c.command->add_option("--top", c.options->top, what)->check(whole_number(1 << 20));
}
void add_vectors(const text_command& c) {
  c.command->add_option("--pooling", c.options->pooling, "what the rows become a vector by, as mean or first+max")
      ->check(some_of({"mean", "first", "last", "max", "sqrt-mean", "weighted-mean"}));
  c.command->add_flag("--normalize", c.options->normalize, "vectors of length 1");
  c.command->add_option("--prompt", c.options->prompt, "the name of a prompt of the model, put before texts");
  c.command->add_option("--truncate-dim", c.options->truncate_dim, "keep that many values of a vector")
      ->check(whole_number(1 << 20));
}

void add_tasks(CLI::App& app, action& chosen) {
  auto c = add_texts(app, chosen, "embed", "turn texts into vectors", "weft embed demo \"golden retriever\" --json");
  add_truncate(c);
  add_vectors(c);
  add_shares(*c.command, c.options->width, c.options->depth)[1]->group("");  // a screen has 24 lines
  c.command->add_option("--out", c.options->out, "a .npy or .safetensors file; with --in: a folder");
  c.command->add_option("--in", c.options->in, "a file of texts, or a folder, which ranks share")
      ->check(completes_to("FILE"));
  add_top(c, "of SPLADE: how many of the heaviest words; all by default");
  // A screen has 24 lines; the pages say these.
  for (const char* name : {"--top", "--width"}) c.command->get_option(name)->group("");
  for (const auto& [name, value] : {std::pair("--rank", &c.options->rank), {"--ranks", &c.options->ranks}})
    c.command->add_option(name, *value, "which rank this is, from 0; of how many")->group("");
  c.command->get_option("--truncate-dim")->description("keep so many values; --top N: so many of SPLADE's words");
  c.command->add_option("--precision", c.options->precision, "float16, int8, uint8, binary or ubinary in that file")
      ->check(one_of({"float32", "float16", "int8", "uint8", "binary", "ubinary"}));
  c.command->parse_complete_callback([o = c.options] {
    if (o->json && !o->out.empty() && o->in.empty())
      throw CLI::ValidationError("--out", "it writes a file, not --json");
    if (o->out.empty() && !o->precision.empty())
      throw CLI::ValidationError("--precision", "it is of a file: say --out");
  });

  c = add_texts(app, chosen, "similar", "rank texts by how near in meaning they are to a query",
                "weft similar demo --query \"a big cat\" \"a tiger\" \"a cup of tea\"");
  c.command->add_option("--query", c.options->about, "what the texts are compared with")->required();
  c.command->add_option("--query-prompt", c.options->query_prompt, "the name of a prompt, put before the query");
  add_top(c, "how many of the nearest; 10 by default");
  add_truncate(c);
  for (auto* const share : add_shares(*c.command, c.options->width, c.options->depth)) share->group("");
  add_vectors(c);

  c = add_texts(app, chosen, "rerank", "rank texts by how well they answer a query",
                "hf download cross-encoder/ms-marco-MiniLM-L6-v2\n"
                "  weft rerank cross-encoder/ms-marco-MiniLM-L6-v2 --query \"cats?\" < lines.txt",
                "a directory, or org/name in the local cache");
  c.command->add_option("--query", c.options->about, "what the texts are to answer")->required();
  add_top(c, "how many of the best; 10 by default");
  add_truncate(c);

  c = add_texts(app, chosen, "classify", "sort texts into the classes of a model",
                "weft classify demo --top 2 \"a soft cheese\" \"walk very slowly\"");
  add_shares(*c.command, c.options->width, c.options->depth);
  add_truncate(c);
  add_top(c, "how many of the best classes; 1 by default");
  c.command->add_flag("--pairs", c.options->pairs, "a text is two, with a tab between");

  c = add_texts(app, chosen, "tag", "find the labelled parts of texts, as names",
                "hf download dslim/bert-base-NER\n"
                "  weft tag dslim/bert-base-NER \"Ann lives in Ghent.\"",
                "a directory, or org/name in the local cache");
  c.command->add_option("--join", c.options->join, "what becomes one span; tokens of one label by default")
      ->check(one_of({"none", "simple", "first", "average", "max"}));
  add_truncate(c);

  c = add_texts(app, chosen, "fill-mask", "guess the words that masks stand for",
                "hf download google-bert/bert-base-uncased\n"
                "  weft fill-mask google-bert/bert-base-uncased \"Paris is in [MASK].\"",
                "a directory, or org/name in the local cache");
  add_truncate(c);
  add_top(c, "how many guesses for each mask; 5 by default");

  c = add_texts(app, chosen, "answer", "find the answer to a question in texts",
                "hf download deepset/bert-base-cased-squad2\n"
                "  weft answer deepset/bert-base-cased-squad2 --question \"Who?\" \"Ann did.\"",
                "a directory, or org/name in the local cache");
  c.command->add_option("--question", c.options->about, "without it texts are QUESTION, a tab, CONTEXT");
  add_top(c, "how many of the best answers; 1 by default");
  c.command->add_flag("--absent", c.options->may_be_absent, "\"no answer\" is an answer too");
}

void add_files(CLI::App& app, action& chosen) {
  const auto where = std::make_shared<std::string>(), name = std::make_shared<std::string>(),
             numeric = std::make_shared<std::string>(), family = std::make_shared<std::string>();
  auto* command = add(app, "inspect", "print a checkpoint's tensors and say whether it is sound", "weft inspect demo");
  const auto looking = std::make_shared<inspect_options>();
  add_model(*command, looking->where, "a directory, .safetensors, config.json, org/name, demo");
  add_family(*command, looking->family);
  command->add_option("--numeric", looking->numeric, "int8 or int8_7: what it adds to each linear's output")
      ->check(one_of(weft::numeric_words()));
  command->add_option("--texts", looking->texts, "with --numeric: a text a line")->check(completes_to("FILE"));
  command->callback([&chosen, looking] { chosen = [looking] { return inspect(*looking); }; });

  command = add(app, "type", "write the C++ spec that a config.json describes", "weft type demo --name gloss");
  add_model(*command, *where, "a directory, a config.json, org/name, or demo");
  command->add_option("--name", *name, "the struct's name; the directory's by default");
  add_numeric(*command, *numeric);
  add_family(*command, *family);
  command->callback([&chosen, where, name, numeric, family] {
    chosen = [where, name, numeric, family] { return print_type(*where, *name, *numeric, *family); };
  });

  command = add(app, "verify", "compare with the results recorded in expected.safetensors", "weft verify demo");
  add_model(*command, *where, "a directory with expected.safetensors, org/name, demo");
  add_numeric(*command, *numeric);
  command->callback([&chosen, where, numeric] { chosen = [where, numeric] { return verify(*where, *numeric); }; });
}

void add_build(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<build_options>();
  auto* const command = add(app, "build", "compile a model into one program, or into a library for C",
                            "weft build demo -o gloss && ./gloss \"golden retriever\"");
  add_model(*command, o->where);
  command->add_option("-o,--output", o->out, "the file to write; named after the model by default");
  command->add_flag("--library", o->library, "a shared library with a C interface, and its header");
  auto* const packed = command->add_flag("--packed", o->packed, "copy the model too, to FILE.model beside the file");
  command->add_flag("--inside", o->inside, "put the model into the file itself")->excludes(packed);
  command->add_option("--task", o->task, "embed, classify, tag, fill-mask, answer; the model's own")
      ->check(one_of({"embed", "classify", "tag", "fill-mask", "answer"}));
  command->add_option("--prefix", o->prefix, "of the C interface's names; weft_c by default");
  add_numeric(*command, o->numeric);
  command->add_flag("--quiet", o->quiet, "no notice of compiling");
  command->add_flag("--allow-nonfinite", o->allow_nonfinite,
                    "build a model with NaN, which then runs with this option");
  command->callback([&chosen, o] { chosen = [o] { return build(*o); }; });
}

void add_passport(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<text_options>();
  auto* const command = add(app, "passport", "print what a model's vectors depend on, or compare it",
                            "weft passport demo --vectors > demo.json\n"
                            "  weft passport demo --against demo.json");
  add_model(*command, o->where);
  command->add_flag("--json", o->json, "what --against reads, with digests of vectors");
  command->add_flag("--vectors", o->vectors, "the same with the vectors, which can be measured");
  command->add_option("--against", o->about, "such a file; exit code 0 the same, 3 to rounding, 4 not")
      ->check(completes_to("FILE"));
  add_vectors({command, o});
  command->add_option("--max-length", o->max_length, "tokens of a text at most; the model's limit by default")
      ->check(whole_number(1 << 20));
  add_numeric(*command, o->numeric);
  add_family(*command, o->family)->group("");
  command->add_option("--threads", o->threads, "how many threads; one a usable processor by default")
      ->check(whole_number(1024));
  command->add_flag("--quiet", o->quiet, "no notice of compiling");
  command->add_flag("--allow-nonfinite", o->allow_nonfinite, "NaN and infinity in weights and vectors pass")->group("");
  command->callback([&chosen, o] {
    o->json = o->json || o->vectors;
    if (o->about && o->json) throw CLI::ValidationError("--against", "it prints a verdict, not --json or --vectors");
    chosen = [o] { return run_task("passport", *o); };
  });
}

void add_train(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<train_options>();
  auto* const command = add(app, "train", "fine-tune a model as a file of examples says",
                            "weft train demo --data mine.tsv --validation held.tsv --new-head --out mine");
  add_model(*command, o->where);
  command->add_option("--data", o->data, "TSV, whose first line names the columns, or JSON Lines")
      ->required()
      ->check(completes_to("FILE"));
  command->add_option("--validation", o->validation, "the same; the best epoch's weights are kept")
      ->check(completes_to("FILE"));
  command->add_option("--out", o->out, "the directory to write, which weft classify reads")->required();
  command->add_option("--recipe", o->recipe, "options in TOML; those given here win")->check(completes_to("FILE"));
  const auto value = [&](const char* name, const char* what, bool shown = true) {
    auto* const option = command->add_option_function<std::string>(
        name, [o, name](const std::string& text) { o->values.emplace_back(name, text); }, what);
    if (!shown) option->group("");  // the page says them all, and a screen has 24 lines
  };
  value("--task", "classify (by default), regress, tokens, answer or mlm");
  value("--text", "the column of texts; text by default");
  value("--label", "the column of labels; label by default");
  value("--epochs", "how often each text is seen; 3 by default");
  value("--rate", "the largest rate of learning; 1e-4 by default");
  value("--batch", "tokens of a step; 2048 by default");
  value("--piece", "tokens forwarded at once: memory, not results", false);
  for (const char* name : {"--second", "--targets", "--loss", "--stride", "--masked", "--max-length", "--schedule",
                           "--warm-up", "--decay", "--clip", "--dropout", "--smoothing"})
    value(name, "", false);
  for (const char* name : {"--seed", "--threads"}) value(name, "", false);
  for (const char* name : {"--save", "--keep", "--patience"}) value(name, "", false);
  const auto flag = [&](const char* name, const char* what, bool shown = true) {
    auto* const option = command->add_flag_callback(
        name, [o, name] { o->values.emplace_back(name, ""); }, what);
    if (!shown) option->group("");
  };
  flag("--whole-words", "", false);
  flag("--new-head", "a fresh head, for the labels of the file");
  flag("--fresh", "fresh weights everywhere, of the model's type");
  flag("--resume", "go on where the last checkpoint is");
  flag("--dry-run", "say what it would do, and stop");
  command->add_flag("--quiet", o->quiet, "no progress, no notice of compiling");
  command->callback([&chosen, o] { chosen = [o] { return train(*o); }; });
}

void add_calibrate(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<calibrate_options>();
  auto* const command = add(app, "calibrate", "write a RoBERTa as an I-BERT that runs on whole numbers",
                            "weft calibrate roberta --texts lines.txt --to whole");
  add_model(*command, o->where, "a directory, or org/name in the local cache");
  command->add_option("--texts", o->texts, "a text a line, like those that the model will read")
      ->required()
      ->check(completes_to("FILE"));
  command->add_option("--to", o->to, "the directory to write")->required();
  command->add_flag("--quiet", o->quiet, "no notice of compiling");
  command->callback([&chosen, o] { chosen = [o] { return calibrate(*o); }; });
}

// What rewrites a model has in common: the importances of its parts, and where it goes.
void add_rewriting(CLI::App& command, auto& o, const char* importances) {
  add_model(command, o.where, "a directory, or org/name in the local cache");
  command.add_option("--importance", o.importance, importances)->required()->check(completes_to("FILE"));
  command.add_option("--to", o.to, "the directory to write")->required();
}

void add_rewire(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<rewire_options>();
  auto* const command = add(app, "rewire", "put a model's most important heads and neurons first",
                            "weft rewire demo --importance scores.safetensors --to mine");
  add_rewriting(*command, *o, ".safetensors: importance.heads, importance.neurons");
  command->callback([&chosen, o] { chosen = [o] { return rewire(*o); }; });
}

void add_split(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<split_options>();
  auto* const command = add(app, "split-experts", "split a BERT's feed-forwards into experts by importance",
                            "weft split-experts bert --importance scores.safetensors --experts 2 \\\n"
                            "    --width 20 --shared 16 --to experts");
  add_rewriting(*command, *o, ".safetensors: importance.0 and on, one for each layer");
  command->add_option("--experts", o->experts, "how many; 4 by default");
  command->add_option("--width", o->width, "hidden values of each; 768 by default");
  command->add_option("--shared", o->shared, "neurons that all of them copy; 512 by default");
  command->add_option("--hash", o->tables, ".safetensors: which token goes where; drawn by default")
      ->check(completes_to("FILE"));
  command->callback([&chosen, o] { chosen = [o] { return split_experts(*o); }; });
}

void add_picture(CLI::App& app, action& chosen) {
  const auto o = std::make_shared<picture_options>();
  auto* const command = add(app, "picture", "draw a pattern as SVG, what a sentence attends to as HTML",
                            "weft picture bigbird_small --length 640 -o bigbird.svg\n"
                            "  weft picture demo \"a large feline of the savanna\" -o page.html");
  command->add_option("WHAT", o->what, "a pattern or a model; without it lists the patterns")
      ->type_name("")
      ->check(completes_to("demo " + pattern_names() + " FILE"));
  command->add_option("SENTENCE", o->sentence, "for a model; without it its pattern is drawn")->type_name("");
  command->add_option("-o,--output", o->out, "the file to write; standard output by default");
  command->add_option("--length", o->length, "tokens of a pattern; 512 by default");
  command->add_option("--head", o->head, "whose pattern; 0 by default");
  command->add_option("--layer", o->layer, "whose pattern; 0 by default");
  command->callback([&chosen, o] { chosen = [o] { return picture(*o); }; });
}

void add_completion(CLI::App& app, action& chosen) {
  const auto shell = std::make_shared<std::string>();
  auto* const command =
      add(app, "completion", "write a script that completes commands in a shell", "source <(weft completion bash)");
  command->add_option("SHELL", *shell, "bash or zsh")->type_name("")->required()->check(one_of({"bash", "zsh"}));
  command->callback([&chosen, shell, &app] { chosen = [shell, &app] { return print_completion(*shell, app); }; });
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (command->get_name() == name) return command;
  return nullptr;
}

// What is wrong with the first word that is no option; empty where nothing is. The parser would look at what follows
// first, and answer --help.
std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
  const auto first = std::find_if(words.begin(), words.end(), [](const auto& word) { return !word.starts_with('-'); });
  if (first == words.end() || find_command(app, *first)) return {};
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return "no such command: " + weft::detail::shown(*first) + weft::program::suggestion(*first, names) +
         "\nweft --help lists those that there are.";
}

// Says what the parser has against the command line, which may hold anything, as names of files do.
int refuse_line(const CLI::App& app, const CLI::ParseError& e) {
  const auto chosen = app.get_subcommands();
  const auto* const command = chosen.empty() ? &app : chosen.front();
  std::string said = weft::detail::printable_whole(e.what());
  std::vector<std::string> options;
  for (const auto* option : command->get_options())
    for (const auto& name : option->get_lnames()) options.push_back("--" + name);
  for (const auto& word : app.remaining(true))
    if (word.starts_with("--")) said += weft::program::suggestion(word.substr(0, word.find('=')), options);
  const auto name = command == &app ? "weft" : "weft " + command->get_name();
  complain(said + "\n" + name + " --help says more.");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  read_torch_files();
  CLI::App app("weft: transformer encoders from Hugging Face files", "weft");
  app.set_version_flag("--version", std::string(weft::version) + " (" + weft::simd::name<>() + ")")
      ->group("");  // a screen has 24 lines
  app.require_subcommand(1);
  app.footer("weft COMMAND --help says more. Do not overwrite a model while it is in use.");
  const auto formatter = std::make_shared<page_formatter>();
  app.formatter(formatter);
  formatter->column_width(22);
  for (const auto& [label, shown] : {std::pair("INT", "N"), {"FLOAT", "S"}, {"REQUIRED", ""}})
    formatter->label(label, shown);
  action chosen;
  add_tasks(app, chosen);
  add_tokenize(app, chosen);
  add_files(app, chosen);
  add_train(app, chosen);
  add_calibrate(app, chosen);
  add_rewire(app, chosen);
  add_split(app, chosen);
  add_build(app, chosen);
  add_passport(app, chosen);
  add_picture(app, chosen);
  add_bench(app, chosen);
  add_completion(app, chosen);
  app.get_help_ptr()->group("");  // now that commands have inherited it
  hold_standard_streams();
  if (const auto mistake = unknown_command(app, {argv + std::min(argc, 1), argv + argc}); !mistake.empty()) {
    complain(mistake);
    return 2;
  }
  try {
    try {
      std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
      const auto* const command = words.empty() ? nullptr : find_command(app, words.front());
      if (command && command->get_option_no_throw("TEXT"))
        std::transform(words.begin(), words.end(), words.begin(), marked);
      std::reverse(words.begin(), words.end());  // as the parser wants them
      app.parse(std::move(words));
    } catch (const CLI::ParseError& e) {
      if (e.get_exit_code() != 0) return refuse_line(app, e);
      std::ostringstream help;
      app.exit(e, help);
      weft::program::page().trusted(help.str()).print();
      return 0;
    }
    return chosen();
  } catch (const interrupted&) {  // by a signal that has ended weft by now, or was ignored after all
    return 1;
  } catch (const said_already&) {
    return 1;
  } catch (...) {
    complain(weft::program::last_words());
    return 1;
  }
}
