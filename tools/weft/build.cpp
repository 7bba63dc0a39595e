// weft build MODEL: one native program, or a library with a C interface, for one checkpoint.
#include <algorithm>
#include <set>
#include <weft/io/checkpoint.hpp>
#include <weft/program/printing.hpp>
#include <weft/program/run.hpp>

#include "c_interface.hpp"
#include "commands.hpp"
#include "model.hpp"
#include "own_files.hpp"
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
  if (name == packed_list) return false;
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

// Where the parts of a build go. All places are looked at before anything is compiled, everything is made aside, and
// only then put there.
struct places {
  fs::path out, header, model;  // those that are not wanted are empty

  void check() const {
    check_replaceable(out);
    if (!header.empty()) check_replaceable(header);
    if (!model.empty()) check_replaceable_folder(model);
  }
};

// Whether a folder is, or is in, another one.
bool is_within(const fs::path& inner, const fs::path& outer) {
  std::error_code ignored;
  for (auto at = fs::canonical(inner, ignored); !ignored && !at.empty(); at = at.parent_path()) {
    std::error_code absent;
    if (fs::equivalent(at, outer, absent)) return true;
    if (at == at.root_path()) break;
  }
  return false;
}

places places_of(const build_options& o, const fs::path& named, const fs::path& directory) {
  places at{named, {}, {}};
  if (fs::is_directory(at.out))
    weft::fail({.subject = "-o", .found = at.out.string() + ", a directory", .wanted = "a file to write"});
  if (at.out.has_parent_path() && !fs::is_directory(at.out.parent_path()))
    weft::fail({.subject = "-o", .found = at.out.string(), .wanted = "a file in a directory that exists"});
  if (o.library) {
    at.header = fs::path(at.out).replace_extension(".h");
    if (at.header == at.out)
      weft::fail({.subject = "-o",
                  .found = at.out.string() + ", which is the name of the library's header too",
                  .wanted = "another ending, as .so"});
  }
  if (o.packed) {
    at.model = at.out.string() + ".model";
    std::error_code absent;
    if (fs::equivalent(at.model, directory, absent))
      at.model.clear();  // it lies there already
    else if (is_within(directory, at.model))
      weft::fail({.subject = "-o",
                  .found = at.model.string() + ", which the model itself lies in",
                  .wanted = "another place for its copy"});
  }
  at.check();
  return at;
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
    if (!o.task.empty()) return prepare_task(o.where, o.task, o.quiet, o.allow_nonfinite);
    auto vectors = prepare_task(o.where, "embed", o.quiet, o.allow_nonfinite);
    if (vectors.program.task != "embed") return vectors;  // of words, which modules.json asks for
    return prepare_task(o.where, natural_task(vectors.configuration), o.quiet, o.allow_nonfinite);
  }();
  ready.program.prefix = o.prefix;
  ready.program.numeric = o.numeric;
  fs::path out = o.out;
  if (out.empty()) {
    const auto name = name_of(o.where, ready.directory);
    out = o.library ? "lib" + name + ".so" : name;
    if (!o.library && fs::is_directory(out)) out += ".weft";  // not into the model's own folder
  }
  const auto directory = ready.directory.lexically_normal();
  const auto place = places_of(o, out, directory);
  ready.program.before();  // also where its type is compiled already
  ready.program.before = {};
  const fs::path beside = out.string() + ".model";
  const work_folder aside(out.string() + ".part-");
  const auto part = aside.path() / "program", model = aside.path() / "model", header = aside.path() / "header";
  link_into(part,
            o.inside   ? weft::program::inside
            : o.packed ? beside.filename().string()
                       : directory.string(),
            ready.configuration, ready.program, o.library);
  if (o.inside) weft::pack_files(part, directory, needed_files(directory));
  if (!place.model.empty()) pack_folder(directory, needed_files(directory), model);
  if (o.library) write_file(header, sealed(c_interface_header(ready.program.task, o.prefix), comment::c));
  place.check();
  if (!place.model.empty()) put_folder(model, place.model);
  put(part, out);
  if (o.library) put(header, place.header);
  weft::program::page said;
  said << out.string() << ": " << fs::file_size(out) / 1024 << " KiB, " << ready.program.task << "; its model is "
       << (o.inside   ? "inside"
           : o.packed ? beside.string()
                      : directory.string())
       << "\n";
  if (o.library) said << place.header.string() << ": its C interface\n";
  said.print();
  return 0;
}

}  // namespace weft_program
