// weft build MODEL: one native program, or a library with a C interface, for one checkpoint.
#include <fstream>
#include <iostream>
#include <weft/io/sentence_modules.hpp>

#include "c_interface.hpp"
#include "commands.hpp"
#include "model.hpp"
#include "task.hpp"
#include "torch.hpp"

namespace weft_program {

namespace fs = std::filesystem;

namespace {

// "all-MiniLM-L6-v2" of a directory, of org/name, of a folder of the cache.
std::string name_of(const std::string& where, const fs::path& directory) {
  const auto base = where != "demo" && !fs::exists(where) ? fs::path(where) : fs::weakly_canonical(directory);
  auto name = base.filename().string();
  return name.empty() ? "model" : name;
}

bool is_needed(const fs::path& file) {
  const auto name = file.filename().string();
  for (const char* ending : {".json", ".txt", ".model", ".safetensors"})
    if (name.ends_with(ending)) return true;
  return name.starts_with("LICENSE") || name.starts_with("NOTICE") ||
         (name.starts_with("pytorch_model") && keeps_pickles(file.parent_path()));
}

// Copies what a model is made of. The copy appears whole or not at all.
void pack(const fs::path& directory, const fs::path& out) {
  const fs::path part = out.string() + ".part";
  fs::remove_all(part);
  fs::create_directories(part);
  const auto copy_folder = [&](const fs::path& from, const fs::path& to) {
    fs::create_directories(to);
    for (const auto& entry : fs::directory_iterator(from))
      if (entry.is_regular_file() && is_needed(entry.path()))
        fs::copy_file(entry.path(), to / entry.path().filename(), fs::copy_options::overwrite_existing);
  };
  copy_folder(directory, part);
  // The modules of sentence-transformers: 0_Transformer, 1_Pooling, 2_Normalize.
  if (fs::exists(directory / "modules.json"))
    for (const auto& entry : fs::directory_iterator(directory))
      if (entry.is_directory() && std::isdigit(static_cast<unsigned char>(entry.path().filename().string()[0])))
        copy_folder(entry.path(), part / entry.path().filename());
  fs::remove_all(out);
  fs::rename(part, out);
}

void check_prefix(const std::string& prefix) {
  bool plain = !prefix.empty() && !std::isdigit(static_cast<unsigned char>(prefix[0]));
  for (const unsigned char c : prefix) plain = plain && c < 128 && (std::isalnum(c) || c == '_');
  if (!plain)
    weft::fail({.subject = "--prefix", .found = prefix, .wanted = "letters, digits and _, no digit at the beginning"});
}

}  // namespace

int build(const build_options& o) {
  check_prefix(o.prefix);
  auto ready = [&] {
    if (!o.task.empty()) return prepare_task(o.where, o.task, o.quiet);
    auto vectors = prepare_task(o.where, "embed", o.quiet);
    return prepare_task(o.where, natural_task(vectors.configuration), o.quiet);
  }();
  ready.program.prefix = o.prefix;
  fs::path out = o.out;
  if (out.empty()) {
    const auto name = name_of(o.where, ready.directory);
    out = o.library ? "lib" + name + ".so" : name;
    if (!o.library && fs::is_directory(out)) out += ".weft";  // not into the model's own folder
  }
  if (fs::is_directory(out))
    weft::fail({.subject = "-o", .found = out.string() + ", a directory", .wanted = "a file to write"});
  if (out.has_parent_path() && !fs::is_directory(out.parent_path()))
    weft::fail({.subject = "-o", .found = out.string(), .wanted = "a file in a directory that exists"});

  auto built_from = ready.directory.lexically_normal().string();
  const fs::path beside = out.string() + ".model";
  if (o.packed) {
    pack(ready.directory, beside);
    built_from = beside.filename().string();
  }
  link_into(out, built_from, ready.configuration, ready.program, o.library);
  std::cout << out.string() << ": " << fs::file_size(out) / 1024 << " KiB, " << ready.program.task << "; its model is "
            << (o.packed ? beside.string() : built_from) << '\n';
  if (o.library) {
    const auto header = fs::path(out).replace_extension(".h");
    std::ofstream file(header);
    if (!(file << c_interface_header(ready.program.task, o.prefix)) || !file.flush())
      weft::fail({.file = header.string(), .found = "it cannot be written"});
    std::cout << header.string() << ": its C interface\n";
  }
  return 0;
}

}  // namespace weft_program
