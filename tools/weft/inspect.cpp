// weft inspect FILE|DIR: the table of tensors; for a directory also whether its tensors are those that config.json
// promises, and what the model costs: memory, and operations a token.
#include <cstdio>
#include <cstdlib>
#include <weft/bench/operations.hpp>
#include <weft/io/expected_parameters.hpp>
#include <weft/io/finite_tensors.hpp>
#include <weft/program/printing.hpp>
#include <weft/simd/same_bits.hpp>
#include <weft/simd/x86_level.hpp>

#include "commands.hpp"
#include "model.hpp"

namespace weft_program {

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

// "12.3 M": three digits or four.
std::string shown(double number, const char* unit) {
  const char* const steps[] = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t step = 0;
  for (; number >= 999.5 && step + 1 < std::size(steps); ++step) number /= 1000;
  char text[48];
  std::snprintf(text, sizeof text, "%.*f %s%s", step == 0 || number >= 99.95 ? 0 : 1, number, steps[step], unit);
  return text;
}

// Of the encoder and the heads. A table stays as it is read; a head that is tied to it holds another copy, packed.
void add_memory(page& out, const weft::configuration& c, const std::vector<weft::tensor_request>& wanted) {
  double values = 0, products = 0;
  for (const auto& w : wanted) {
    double all = 1;
    for (const auto n : w.shape) all *= static_cast<double>(n);
    values += all;
    if (weft::bench::is_product({w.name, {w.shape.begin(), w.shape.end()}})) products += all;
  }
  if (const auto heads = weft::tasks_of(c);
      c.tie_word_embeddings && heads && std::count(heads->begin(), heads->end(), "masked_lm")) {
    const auto tied = static_cast<double>(c.vocab_size) * static_cast<double>(c.embedding_size);
    values += tied, products += tied;
  }
  out << "weights in memory: " << shown(4 * values, "B") << " as float32, " << shown(4 * values - 2 * products, "B")
      << " as bfloat16\n";
}

// At two common lengths and at the longest, as far as the model reads.
void add_operations(page& out, const weft::configuration& c) {
  const auto a = weft::bench::arithmetic_of(c, weft::encoder_parameters(c));
  const auto longest = weft::sizes_of(c).longest();
  std::string lengths;
  for (weft::index_t last = 0; const weft::index_t wanted : {weft::index_t{128}, weft::index_t{512}, longest}) {
    const auto length = std::min(wanted, longest);
    if (length <= last) continue;
    last = length;
    const double each = weft::bench::operations(a, {&length, 1}) / static_cast<double>(length);
    lengths += (lengths.empty() ? "" : ", ") + shown(each, "FLOP") + " in a text of " + std::to_string(length);
  }
  out << "operations a token, encoder without heads: " << lengths << "\n";
}

// Whether programs that weft compiles on this machine keep the promise of the same bits. They are compiled for this
// processor; CXXFLAGS may say otherwise, and is then named.
void add_promise(page& out) {
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
}

void check_directory(const weft::checkpoint& stored, const weft::configuration& c) {
  const auto wanted = weft::expected_parameters(c);
  const auto report = check_tensors(stored, c);
  weft::index_t parameters = 0;
  for (const auto& w : wanted) parameters += weft::find_parameter(stored, w, weft::name_prefix(c.family))->count();
  page out;
  out << "config.json: " << c.family << ", " << c.num_hidden_layers << " layers of width " << c.hidden_size << " with "
      << c.num_attention_heads << " heads; its " << wanted.size() << " tensors are there and well shaped, "
      << parameters << " parameters\n";
  add_memory(out, c, wanted);
  add_operations(out, c);
  add_promise(out);
  for (const auto& name : report.unused) out << "not used by this model: " << name << "\n";
  out.print();
}

}  // namespace

int inspect(const std::string& where) {
  const auto at = model_at(where);
  if (weft::is_folder(at)) {
    const auto c = weft::configuration::read(at);
    const auto stored = weft::checkpoint::open(at);
    print_table(stored);
    check_directory(stored, c);
    return 0;
  }
  if (at.extension() == ".json" && !at.string().ends_with(".index.json")) {
    const auto c = weft::configuration::read(at);
    const auto wanted = weft::expected_parameters(c);
    page out;
    for (const auto& w : wanted) out.padded(w.name, 72) << "  " << weft::shape_text(w.shape) << "\n";
    add_memory(out, c, wanted);
    add_operations(out, c);
    out.print();
    return 0;
  }
  const auto stored = weft::checkpoint::open(at);
  print_table(stored);
  page out;
  for (const auto& one : weft::nonfinite_tensors(stored)) out << "not finite: " << one << "\n";
  out.print();
  return 0;
}

}  // namespace weft_program
