// weft build MODEL: one native program, or a library with a C interface, for one checkpoint.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <weft/io/checkpoint.hpp>
#include <weft/program/run.hpp>

#include "c_interface.hpp"
#include "commands.hpp"
#include "model.hpp"
#include "task.hpp"

namespace weft_program {

namespace fs = std::filesystem;

namespace {

// "all-MiniLM-L6-v2" of a directory, of org/name, of a folder of the cache.
std::string name_of(const std::string& where, const fs::path& directory) {
  const auto base = where != "demo" && !fs::exists(where) ? fs::path(where) : fs::weakly_canonical(directory);
  auto name = base.filename().string();
  return name.empty() ? "model" : name;
}

// The weights of a folder that are read: one file, or an index and what it names.
std::set<std::string> weights_of(const fs::path& folder) {
  const auto file = weft::checkpoint::file_in(folder);
  if (file.empty()) return {};
  std::set<std::string> names{file.filename().string()};
  if (file.extension() == ".json")
    for (const auto& [tensor, shard] : weft::read_shard_index(file).tensors) names.insert(shard);
  return names;
}

bool is_needed(const std::string& name, const std::set<std::string>& weights) {
  if (weights.count(name)) return true;
  if (name.ends_with(".index.json")) return false;
  for (const char* ending : {".json", ".txt", ".model"})
    if (name.ends_with(ending)) return true;
  return name.starts_with("LICENSE") || name.starts_with("NOTICE");
}

// What a model is made of, in an order that does not depend on the disk's.
std::vector<std::string> needed_files(const fs::path& directory) {
  std::vector<std::string> names;
  const auto add_folder = [&](const fs::path& folder) {
    const auto weights = weights_of(directory / folder);
    for (const auto& entry : fs::directory_iterator(directory / folder))
      if (const auto name = entry.path().filename(); entry.is_regular_file() && is_needed(name.string(), weights))
        names.push_back((folder / name).generic_string());
  };
  add_folder("");
  // The modules of sentence-transformers: 0_Transformer, 1_Pooling, 2_Normalize.
  if (fs::exists(directory / "modules.json"))
    for (const auto& entry : fs::directory_iterator(directory))
      if (entry.is_directory() && std::isdigit(static_cast<unsigned char>(entry.path().filename().string()[0])))
        add_folder(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// Copies what a model is made of. The copy appears whole or not at all.
void pack_beside(const fs::path& directory, const fs::path& out) {
  const fs::path part = out.string() + ".part";
  fs::remove_all(part);
  for (const auto& name : needed_files(directory)) {
    fs::create_directories((part / name).parent_path());
    fs::copy_file(directory / name, part / name);
  }
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

  const auto directory = ready.directory.lexically_normal();
  const fs::path beside = out.string() + ".model";
  if (o.packed) pack_beside(directory, beside);
  const auto link = [&](const fs::path& to, const std::string& built_from) {
    link_into(to, built_from, ready.configuration, ready.program, o.library);
  };
  if (o.inside) {  // the file appears with its model or not at all
    const fs::path part = out.string() + ".whole" + std::to_string(getpid());
    try {
      link(part, weft::program::inside);
      weft::pack_files(part, directory, needed_files(directory));
      fs::rename(part, out);
    } catch (...) {
      std::error_code ignored;
      fs::remove(part, ignored);
      throw;
    }
  } else {
    link(out, o.packed ? beside.filename().string() : directory.string());
  }
  std::cout << out.string() << ": " << fs::file_size(out) / 1024 << " KiB, " << ready.program.task << "; its model is "
            << (o.inside   ? "inside"
                : o.packed ? beside.string()
                           : directory.string())
            << '\n';
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
