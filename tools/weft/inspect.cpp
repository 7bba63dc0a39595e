// weft inspect FILE|DIR: the table of tensors; for a directory also whether its tensors are those that config.json
// promises.
#include <cstdio>
#include <weft/io/expected_parameters.hpp>

#include "commands.hpp"
#include "model.hpp"

namespace weft_program {
namespace {

void print_table(const weft::checkpoint& stored) {
  weft::index values = 0, bytes = 0;
  for (const auto& name : stored.names()) {
    const auto& t = *stored.find(name);
    std::printf("%-72s  %-5s  %s\n", name.c_str(), std::string(weft::dtype_name(t.type)).c_str(),
                weft::shape_text(t.shape).c_str());
    values += t.count();
    bytes += t.bytes.size();
  }
  std::printf("%td tensors, %td values, %td bytes\n", stored.size(), values, bytes);
}

void check_directory(const weft::checkpoint& stored, const weft::configuration& c) {
  const auto wanted = weft::expected_parameters(c);
  const auto report = weft::compare(stored, wanted, weft::name_prefix(c.family));
  if (!report.sound())
    weft::fail({.file = stored.file(), .subject = "the tensors do not fit " + c.file, .found = report.sentence()});
  weft::arena converted;  // reads every tensor that the model would read
  weft::index parameters = 0;
  for (const auto& w : wanted) {
    const auto& t = *weft::find_parameter(stored, w.name, weft::name_prefix(c.family));
    weft::as_floats(t, converted);
    parameters += t.count();
  }
  std::printf(
      "config.json: %s, %td layers of width %td with %td heads; its %zu tensors are there and well shaped, %td "
      "parameters\n",
      c.family.c_str(), c.num_hidden_layers, c.hidden_size, c.num_attention_heads, wanted.size(), parameters);
  for (const auto& name : report.unused) std::printf("not used by this model: %s\n", name.c_str());
}

}  // namespace

int inspect(const std::string& where) {
  const auto at = model_at(where);
  if (std::filesystem::is_directory(at)) {
    const auto c = weft::configuration::read(at);
    const auto stored = weft::checkpoint::open(at);
    print_table(stored);
    std::fflush(stdout);
    check_directory(stored, c);
    return 0;
  }
  if (at.extension() == ".json" && !at.string().ends_with(".index.json")) {
    const auto c = weft::configuration::read(at);
    for (const auto& w : weft::expected_parameters(c))
      std::printf("%-72s  %s\n", w.name.c_str(), weft::shape_text(w.shape).c_str());
    return 0;
  }
  print_table(weft::checkpoint::open(at));
  return 0;
}

}  // namespace weft_program
