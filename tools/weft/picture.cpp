// weft picture: a pattern by its name, the pattern of a checkpoint's type, or what a sentence attends to.
#include <fstream>
#include <iostream>
#include <string_view>
#include <weft/io/checkpoint.hpp>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/dilated_window.hpp>
#include <weft/pattern/full.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/window.hpp>
#include <weft/picture/pattern_picture.hpp>

#include "commands.hpp"
#include "compiled.hpp"
#include "model.hpp"

namespace weft_program {

namespace fs = std::filesystem;

namespace {

template <class Pattern>
std::string draw(weft::index length, const weft::pattern_picture_options& options) {
  return weft::pattern_picture(Pattern{}, length, options);
}

struct drawable {
  std::string_view name, words;
  std::string (*draw)(weft::index length, const weft::pattern_picture_options& options);
};
const drawable patterns[] = {
    {"full", "every token sees every token", draw<weft::full>},
    {"causal", "a token sees what stands before it", draw<weft::causal>},
    {"window", "64 neighbours on each side", draw<weft::window<64>>},
    {"dilated_window", "every fourth of 128 neighbours on each side", draw<weft::dilated_window<32, 4>>},
    {"landmarks", "16 tokens for all, and a window of 64", draw<weft::landmarks<16>>},
    {"bigbird", "blocks of 64, 3 random, evaluation", draw<weft::bigbird_blocks<64, 3>>},
    {"bigbird_training", "blocks of 64, 3 random, drawn", draw<weft::bigbird_blocks<64, 3, weft::hugging_face_plan>>},
    {"bigbird_small", "blocks of 16, 2 random, drawn", draw<weft::bigbird_blocks<16, 2, weft::hugging_face_plan>>},
};

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

int picture(const picture_options& o) {
  if (o.what.empty()) {
    for (const auto& p : patterns) std::cout << p.name << ": " << p.words << '\n';
    return 0;
  }
  if (o.length < 1 || o.length > 16384 || o.head < 0 || o.layer < 0)
    weft::fail({.subject = "--length, --head, --layer",
                .found = std::to_string(o.length) + ", " + std::to_string(o.head) + ", " + std::to_string(o.layer),
                .wanted = "1 to 16384 tokens, and at least 0"});
  for (const auto& p : patterns) {
    if (p.name != o.what || fs::exists(o.what)) continue;
    if (!o.sentence.empty())
      weft::fail({.subject = "SENTENCE", .found = "a sentence and a pattern", .wanted = "a model that reads it"});
    // Patterns that are drawn at random need the number of heads of their model.
    const auto svg = p.draw(o.length, {.title = std::string(p.name) + ": " + std::string(p.words),
                                       .head = o.head,
                                       .layer = o.layer,
                                       .model = {.layers = 12, .positions = o.length, .heads = 12}});
    if (o.out.empty()) {
      std::cout << svg;
    } else if (std::ofstream file(o.out); !(file << svg) || !file.flush()) {
      weft::fail({.file = o.out, .found = "it cannot be written"});
    }
    return 0;
  }
  return draw_model(o, model_at(o.what));
}

}  // namespace weft_program
