// weft picture: a pattern by its name, the pattern of a checkpoint's type, or what a sentence attends to.
#include <fstream>
#include <iostream>
#include <weft/io/checkpoint.hpp>
#include <weft/picture/named_patterns.hpp>

#include "commands.hpp"
#include "compiled.hpp"
#include "model.hpp"

namespace weft_program {

namespace fs = std::filesystem;

namespace {

// A model's picture comes from a program that is compiled for its type.
int draw_model(const picture_options& o, const fs::path& at) {
  if (!fs::is_directory(at)) weft::fail({.file = o.what, .found = "a file", .wanted = "a model's directory"});
  const auto c = weft::configuration::read(at);
  if (!o.sentence.empty()) weft::checkpoint::open(at);  // an unsound file is refused before anything is compiled
  const auto program = compiled(c, {.name = "picture",
                                    .header = "program/picture.hpp",
                                    .call = "weft::program::draw_and_print<@>(arguments, std::cout)",
                                    .heads = false});
  std::vector<std::string> words{program.string(), at.string()};
  if (o.sentence.empty())
    words.insert(words.end(), {"pattern", std::to_string(o.length), std::to_string(o.head), std::to_string(o.layer)});
  else
    words.insert(words.end(), {"attention", o.sentence});
  if (o.out.empty()) return run(words) == 0 ? 0 : 1;
  const auto part = o.out + ".part";
  const auto status = run(words, part, false);
  if (status != 0) {
    fs::remove(part);
    return 1;
  }
  fs::rename(part, o.out);
  return 0;
}

}  // namespace

std::string pattern_names() {
  std::string names;
  for (const auto& p : weft::named_patterns) names.append(names.empty() ? "" : " ").append(p.name);
  return names;
}

int picture(const picture_options& o) {
  if (o.what.empty()) {
    for (const auto& p : weft::named_patterns) std::cout << p.name << ": " << p.words << '\n';
    return 0;
  }
  if (o.length < 1 || o.length > 16384 || o.head < 0 || o.layer < 0)
    weft::fail({.subject = "--length, --head, --layer",
                .found = std::to_string(o.length) + ", " + std::to_string(o.head) + ", " + std::to_string(o.layer),
                .wanted = "1 to 16384 tokens, and at least 0"});
  const auto* const pattern = fs::exists(o.what) ? nullptr : weft::find_pattern(o.what);
  if (!pattern) return draw_model(o, model_at(o.what));
  if (!o.sentence.empty())
    weft::fail({.subject = "SENTENCE", .found = "a sentence and a pattern", .wanted = "a model that reads it"});
  const auto svg = pattern->picture(o.length, o.head, o.layer);
  if (o.out.empty()) {
    std::cout << svg;
  } else if (std::ofstream file(o.out); !(file << svg) || !file.flush()) {
    weft::fail({.file = o.out, .found = "it cannot be written"});
  }
  return 0;
}

}  // namespace weft_program
