// weft inspect FILE|DIR: the table of tensors; for a directory also whether its tensors are those that its type
// needs, and what the model costs: memory, and operations a token.
#include <cstdlib>
#include <optional>
#include <weft/io/checkpoint.hpp>
#include <weft/io/finite_tensors.hpp>
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

// What follows from the type is said by a program that is compiled for it, once, and kept. Without a compiler the table
// of tensors stands alone.
int inspect_type(const weft::configuration& c, const fs::path& at) {
  std::optional<kept_program> program;
  try {
    program = inspection_of(c);
  } catch (const weft::error&) {
    page out;
    out << "not compared with config.json, for want of a program of its type\n";
    out.print();
    throw;
  }
  if (!run({program->file.string(), at.string()}).good()) return 1;
  print_promise();
  return 0;
}

}  // namespace

int inspect(const std::string& where) {
  const auto at = model_at(where);
  if (weft::is_folder(at)) {
    const auto c = weft::configuration::read(at);
    print_table(weft::checkpoint::open(at));
    return inspect_type(c, at);
  }
  if (at.extension() == ".json" && !at.string().ends_with(".index.json"))
    return inspect_type(weft::configuration::read(at), at);
  const auto stored = weft::checkpoint::open(at);
  print_table(stored);
  page out;
  for (const auto& one : weft::nonfinite_tensors(stored)) out << "not finite: " << one << "\n";
  out.print();
  return 0;
}

}  // namespace weft_program
