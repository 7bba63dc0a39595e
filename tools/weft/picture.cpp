// weft picture: a pattern by its name, the pattern of a checkpoint's type, or what a sentence attends to.
#include <weft/io/checkpoint.hpp>
#include <weft/picture/named_patterns.hpp>
#include <weft/program/printing.hpp>

#include "children.hpp"
#include "commands.hpp"
#include "compiled.hpp"
#include "model.hpp"
#include "own_files.hpp"

namespace weft_program {

namespace fs = std::filesystem;

namespace {

// A model's picture comes from a program that is compiled for its type.
int draw_model(const picture_options& o, const fs::path& at, const fs::path& to) {
  if (!fs::is_directory(at)) weft::fail({.file = o.what, .found = "a file", .wanted = "a model's directory"});
  const auto c = weft::configuration::read(at);
  const auto before = [&] {
    if (!o.sentence.empty()) compare_encoder_tensors(at, c);
  };
  const auto program = compiled(c, {.name = "picture",
                                    .header = "program/picture.hpp",
                                    .call = "weft::program::draw_and_print<@>(arguments, out)",
                                    .heads = false,
                                    .before = before});
  std::vector<std::string> words{program.file.string(), at.string()};
  if (o.sentence.empty())
    words.insert(words.end(), {"pattern", std::to_string(o.length), std::to_string(o.head), std::to_string(o.layer)});
  else
    words.insert(words.end(), {"attention", o.sentence});
  return run(words, {.output_to = to, .errors_too = false}).good() ? 0 : 1;
}

int draw_pattern(const picture_options& o, const weft::named_pattern& pattern, const fs::path& to) {
  if (!o.sentence.empty())
    weft::fail({.subject = "SENTENCE", .found = "a sentence and a pattern", .wanted = "a model that reads it"});
  const auto svg = pattern.picture(o.length, o.head, o.layer);
  if (to.empty())
    weft::program::page().trusted(svg).print();
  else
    write_file(to, svg);
  return 0;
}

int draw(const picture_options& o, const fs::path& to) {
  const auto* const pattern = fs::exists(o.what) ? nullptr : weft::find_pattern(o.what);
  return pattern ? draw_pattern(o, *pattern, to) : draw_model(o, model_at(o.what), to);
}

// Pipes and devices, as /dev/stdout, are written to; they keep nothing that could be replaced.
bool is_stream(const fs::path& at) {
  std::error_code ignored;
  const auto type = fs::status(at, ignored).type();
  return type == fs::file_type::character || type == fs::file_type::fifo || type == fs::file_type::socket;
}

}  // namespace

std::string pattern_names() {
  std::string names;
  for (const auto& p : weft::named_patterns) names.append(names.empty() ? "" : " ").append(p.name);
  return names;
}

int picture(const picture_options& o) {
  if (o.what.empty()) {
    weft::program::page all;
    for (const auto& p : weft::named_patterns) all << p.name << ": " << p.words << "\n";
    all.print();
    return 0;
  }
  if (o.length < 1 || o.length > 16384 || o.head < 0 || o.layer < 0)
    weft::fail({.subject = "--length, --head, --layer",
                .found = std::to_string(o.length) + ", " + std::to_string(o.head) + ", " + std::to_string(o.layer),
                .wanted = "1 to 16384 tokens, and at least 0"});
  if (o.out.empty() || is_stream(o.out)) return draw(o, o.out);
  check_replaceable(o.out);
  const work_folder made(o.out + ".part-");
  const auto part = made.path() / "picture";
  const auto status = draw(o, part);
  if (status != 0) return status;
  seal(part, comment::markup);
  put(part, o.out);
  return 0;
}

}  // namespace weft_program
