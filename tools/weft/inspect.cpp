// weft inspect FILE|DIR: the table of tensors; for a directory also whether its tensors are those that its type
// needs, and what the model costs: memory, and operations a token. With --numeric: what that adds to the output of each
// linear.
#include <cstdio>
#include <cstdlib>
#include <weft/io/checkpoint.hpp>
#include <weft/io/expected_parameters.hpp>
#include <weft/io/finite_tensors.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/numeric_names.hpp>
#include <weft/program/printing.hpp>
#include <weft/simd/same_bits.hpp>
#include <weft/simd/x86_level.hpp>

#include "children.hpp"
#include "commands.hpp"
#include "compiled.hpp"
#include "model.hpp"

namespace weft_program {

namespace fs = std::filesystem;
using weft::program::page;

namespace {

void print_table(const weft::checkpoint& stored) {
  page out;
  weft::index_t values = 0, bytes = 0;
  for (const auto& name : stored.names()) {
    const auto& t = *stored.find(name);
    out.padded(name, 72) << "  ";
    out.padded(weft::dtype_name(t.type), 5) << "  " << weft::shape_text(t.shape) << "\n";
    values += t.count();
    bytes += t.bytes.size();
  }
  out << stored.size() << " tensors, " << values << " values, " << bytes << " bytes\n";
  out.print();
}

// Whether programs that weft compiles on this machine keep the promise of the same bits. They are compiled for this
// processor; CXXFLAGS may say otherwise, and is then named.
void print_promise() {
  page out;
#if defined(__x86_64__)
  const bool fused = weft::simd::level_of(weft::simd::features_of_this_processor()) >= 3;
#else
  const bool fused = weft::simd::has_fma<>;
#endif
  const std::string bits = "bits of version " + std::to_string(weft::bits_version);
  out << "results on this machine: ";
  if (fused)
    out << bits << ", the same as on every processor with fused multiply-add";
  else
    out << "agree with " << bits << " to rounding: no fused multiply-add";
  if (const auto* flags = std::getenv("CXXFLAGS"); flags && *flags)
    out << ", unless CXXFLAGS, " << std::string_view(flags) << ", changes that";
  out << "\n";
  out.print();
}

// "12.3 M": three digits or four.
std::string with_unit(double number, const char* unit) {
  const char* const steps[] = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t step = 0;
  for (; number >= 999.5 && step + 1 < std::size(steps); ++step) number /= 1000;
  char text[48];
  std::snprintf(text, sizeof text, "%.*f %s%s", step == 0 || number >= 99.95 ? 0 : 1, number, steps[step], unit);
  return text;
}

// Of the encoder and the heads. A table stays as it is read; a head that is tied to it holds another copy, packed.
void add_memory(page& out, const std::vector<weft::tensor_request>& wanted) {
  double values = 0, products = 0;
  for (const auto& w : wanted) {
    double all = 1;
    for (const auto n : w.shape) all *= static_cast<double>(n);
    values += all;
    if (weft::bench::is_product({w.name, {w.shape.begin(), w.shape.end()}})) products += all;
    if (!w.tied_to.empty() && w.shape.size() >= 2) values += all, products += all;
  }
  out << "weights in memory: " << with_unit(4 * values, "B") << " as float32, "
      << with_unit(4 * values - 2 * products, "B") << " as bfloat16, " << with_unit(4 * values - 3 * products, "B")
      << " as int8\n";
}

// At two common lengths and at the longest, as far as the model reads.
void add_operations(page& out, const weft::bench::arithmetic& a, const weft::configuration& c) {
  const auto longest = weft::sizes_of(c).longest();
  std::string lengths;
  for (weft::index_t last = 0; const weft::index_t wanted : {weft::index_t{128}, weft::index_t{512}, longest}) {
    const auto length = std::min(wanted, longest);
    if (length <= last) continue;
    last = length;
    const double each = weft::bench::operations(a, {&length, 1}) / static_cast<double>(length);
    lengths += (lengths.empty() ? "" : ", ") + with_unit(each, "FLOP") + " in a text of " + std::to_string(length);
  }
  out << "operations a token, encoder without heads: " << lengths << "\n";
}

// What follows from the type is said by a program that is compiled for it, once, and kept. Without a compiler the table
// of tensors stands alone.
described_type asked_of_type(const weft::configuration& c) try { return describe_type(c); } catch (const weft::error&) {
  page out;
  out << "not compared with config.json, for want of a program of its type\n";
  out.print();
  throw;
}

void add_costs(page& out, const described_type& type, const weft::configuration& c) {
  add_memory(out, type.tensors);
  add_operations(out, type.arithmetic, c);
}

void compare_with_type(const weft::configuration& c, const weft::checkpoint& files) {
  weft::check_keys(files, c);
  const auto type = asked_of_type(c);
  const auto stored = weft::without_wrapper(files, type.tensors, type.prefix);
  const auto report = weft::check_tensors(stored, c, type.tensors, type.prefix);
  weft::index_t parameters = 0;
  for (const auto& w : type.tensors) parameters += weft::find_parameter(stored, w, type.prefix)->count();
  page out;
  out << "config.json: " << c.family << ", " << c.num_hidden_layers << " layers of width " << c.hidden_size << " with "
      << c.num_attention_heads << " heads; its " << type.tensors.size() << " tensors are there and well shaped, "
      << parameters << " parameters\n";
  if (!stored.passed_over().empty()) out << "their names are read behind " << stored.passed_over() << "\n";
  add_costs(out, type, c);
  for (const auto& name : report.unused) out << "not used by this model: " << name << "\n";
  out.print();
  print_promise();
}

void print_type(const weft::configuration& c) {
  const auto type = asked_of_type(c);
  page out;
  for (const auto& w : type.tensors) out.padded(w.name, 72) << "  " << weft::shape_text(w.shape) << "\n";
  add_costs(out, type, c);
  out.print();
  print_promise();
}

// What is wrong with the options is said before anything is compiled.
int print_losses(const inspect_options& o) {
  if (o.numeric.empty())
    weft::fail({.subject = "--texts", .found = "no --numeric", .wanted = "--numeric int8 or --numeric int8_7"});
  if (o.numeric != "int8" && o.numeric != "int8_7")
    weft::fail({.subject = "--numeric",
                .found = o.numeric,
                .wanted = "int8 or int8_7, whose losses depend on the inputs of each linear"});
  if (o.texts.empty())
    weft::fail({.subject = "--numeric",
                .found = "no --texts",
                .wanted = "--texts FILE, a text a line, like those that the model will read"});
  const auto at = model_at(o.where);
  if (!weft::is_folder(at))
    weft::fail({.file = o.where, .found = "no directory", .wanted = "a model's directory, with weights and tokenizer"});
  if (weft::mapped_file::open(o.texts)->text().find_first_not_of("\r\n") == std::string_view::npos)
    weft::fail({.file = o.texts, .found = "no text", .wanted = "a text a line, like those that the model will read"});
  const auto c = configuration_of(at, o.family);
  const auto call = "weft::numeric_losses_and_print<weft::" + std::string(weft::numeric_named(o.numeric).type) + ", @>";
  const auto program = compiled(c, {.name = "losses_" + o.numeric,
                                    .header = "pipeline/numeric_loss.hpp",
                                    .call = call + "(arguments[1], arguments[2], out)",
                                    .before = [&] { compare_tensors(at, c); }});
  return run({program.file.string(), at.string(), o.texts}).good() ? 0 : 1;
}

}  // namespace

int inspect(const inspect_options& options) {
  if (!options.numeric.empty() || !options.texts.empty()) return print_losses(options);
  const auto& [where, family, numeric, texts] = options;
  const auto at = model_at(where);
  if (weft::is_folder(at)) {
    const auto c = configuration_of(at, family);
    const auto stored = weft::checkpoint::open(at);
    print_table(stored);
    compare_with_type(c, stored);
    return 0;
  }
  if (at.extension() == ".json" && !at.string().ends_with(".index.json"))
    return print_type(configuration_of(at, family)), 0;
  const auto stored = weft::checkpoint::open(at);
  print_table(stored);
  page out;
  for (const auto& one : weft::nonfinite_tensors(stored)) out << "not finite: " << one << "\n";
  out.print();
  return 0;
}

}  // namespace weft_program
