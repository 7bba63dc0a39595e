// Compiles the type that config.json describes into a program, and keeps it by content under the user's cache
// directory.
#include "compiled.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <weft/io/architecture.hpp>
#include <weft/io/expected_parameters.hpp>
#include <weft/io/spec_source.hpp>
#include <weft/program/printing.hpp>

#include "c_interface.hpp"
#include "children.hpp"
#include "torch.hpp"

namespace weft_program {

namespace fs = std::filesystem;

namespace {

// What -march=native depends on: machines that share a home directory may differ.
std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  std::string all;
  for (std::string line; std::getline(in, line) && !line.empty();)
    if (line.starts_with("flags") || line.starts_with("model name") || line.starts_with("Features")) all += line;
  return all;
}

// The headers: where WEFT_INCLUDE says, beside an installed program, or where this program was built.
fs::path headers_with(const std::string& header) {
  std::error_code ignored;
  const auto own = fs::read_symlink("/proc/self/exe", ignored).parent_path() / WEFT_INSTALLED_HEADERS;
  const auto installed = fs::exists(own / "weft" / "program" / "run.hpp", ignored);
  const auto headers =
      fs::absolute(from_environment("WEFT_INCLUDE", installed ? own.lexically_normal().c_str() : WEFT_HEADERS));
  if (!fs::exists(headers / "weft" / header, ignored))
    weft::fail({.file = headers.string(),
                .found = "no weft headers there",
                .wanted = "the folder that holds weft/" + header,
                .remedy = "set WEFT_INCLUDE to it"});
  return headers;
}

// Whether a disk has next to nothing left: a compiler that fails then may not have said why.
bool is_full(const fs::path& folder) {
  struct ::statvfs s {};
  return ::statvfs(folder.c_str(), &s) == 0 &&
         (s.f_bavail * s.f_frsize < (1u << 20) || (s.f_files > 0 && s.f_favail == 0));
}

// One translation unit, and what becomes of it.
struct unit {
  std::string name, source;
  std::vector<std::string> flags;
  bool object = false;  // to be linked later; otherwise a program
};

// The compiler, the headers and the cache. A file of the cache appears whole or not at all: it is made in a folder of
// its own, sealed and then renamed, so that two runs may make it at once, and an interrupted one leaves nothing.
class workshop {
 public:
  explicit workshop(const std::string& header) : headers_(headers_with(header)), cache_(open_cache()) {
    command_ = {from_environment("CXX", WEFT_COMPILER), "-std=c++20", "-march=native", "-w", "-I", headers_.string()};
    std::istringstream flags(from_environment("CXXFLAGS", ""));
    for (std::string flag; flags >> flag;) user_flags_.push_back(flag);
  }

  // Where the product of a unit is, or will be.
  fs::path place_of(const unit& u) {
    std::string joined;
    for (const auto& word : command_of(u)) joined += word + ' ';
    return folder() / (u.name + "-" + fingerprint(u.source, joined) + (u.object ? ".o" : ""));
  }

  // Compiles the units that are not whole in the cache, side by side. Before it does it calls `before` and says
  // `notice`.
  std::vector<fs::path> make(const std::vector<unit>& units, const std::function<void()>& before,
                             const std::string& notice) {
    struct job {
      fs::path place, text, part, log;
      pid_t child = 0;
    };
    std::vector<job> jobs;
    for (const auto& u : units) jobs.push_back({place_of(u), {}, {}, {}, 0});
    std::vector<fs::path> places;
    for (const auto& j : jobs) places.push_back(j.place);
    if (std::all_of(places.begin(), places.end(), is_sealed)) return places;
    if (before) before();
    if (!notice.empty()) weft::program::say(notice);
    for (std::size_t i = 0; i < units.size(); ++i) {
      auto& j = jobs[i];
      if (is_sealed(j.place)) continue;
      const auto base = part_folder() / units[i].name;
      j.text = base.string() + ".cpp", j.part = base.string() + ".out", j.log = base.string() + ".log";
      write_file(j.text, units[i].source);
      auto command = command_of(units[i]);
      command.insert(command.end(), {"-o", j.part.string(), j.text.string()});
      if (!units[i].object) add_libraries(command);
      j.child = start(command, {.output_to = j.log, .alone = true});
    }
    for (auto& j : jobs) {
      if (j.child == 0) continue;
      const auto ended = wait_for(j.child);
      check_interrupted();
      if (!ended.good()) refuse(ended, j.text, j.log);
      keep(j.part, j.place);
    }
    return places;
  }

  // Links objects and a line that says where the model is.
  void link(const std::vector<fs::path>& objects, const std::string& built_from, const std::vector<std::string>& flags,
            const fs::path& out) {
    const auto text = part_folder() / "built_from.cpp", log = part_folder() / "link.log";
    write_file(text, "extern const char* const weft_built_from;\nconst char* const weft_built_from = \"" +
                         escaped(built_from) + "\";\n");
    auto command = command_;
    command.insert(command.end(), user_flags_.begin(), user_flags_.end());
    for (const auto& object : objects) command.push_back(object.string());
    command.insert(command.end(), {text.string(), "-s"});
    command.insert(command.end(), flags.begin(), flags.end());
    command.insert(command.end(), {"-o", out.string()});
    add_libraries(command);
    if (const auto ended = run(command, {.output_to = log, .alone = true}); !ended.good()) refuse(ended, text, log);
    seal(out, comment::script);
  }

  // Links into the cache.
  void link_kept(const std::vector<fs::path>& objects, const fs::path& place) {
    const auto part = part_folder() / "linked";
    link(objects, "", {}, part);
    move_to(part, place);
  }

  const fs::path& folder() const { return cache_.path; }
  const cache_folder& cache() const { return cache_; }
  void use(const std::vector<std::string>& libraries) {
    libraries_.insert(libraries_.end(), libraries.begin(), libraries.end());
  }
  // A file for the linker that lives as long as the workshop.
  fs::path scratch(const char* name, const std::string& content) {
    write_file(part_folder() / name, content);
    return part_folder() / name;
  }

 private:
  std::vector<std::string> command_of(const unit& u) const {
    auto command = command_;
    command.insert(command.end(), u.flags.begin(), u.flags.end());
    command.insert(command.end(), user_flags_.begin(), user_flags_.end());
    if (u.object) command.push_back("-c");
    return command;
  }
  void add_libraries(std::vector<std::string>& command) const {
    for (const auto& library : libraries_) command.push_back(library);
    for (const char* library : {"-lutf8proc", "-pthread"}) command.push_back(library);
  }

  // Changes whenever the source, the headers, the compiler or its flags do.
  std::string fingerprint(const std::string& source, const std::string& command) {
    if (headers_hash_ == 0) {
      std::vector<fs::path> files;
      for (const auto& entry : fs::recursive_directory_iterator(headers_ / "weft"))
        if (entry.is_regular_file()) files.push_back(entry.path());
      std::sort(files.begin(), files.end());
      headers_hash_ = mix(mix_start, processor());
      for (const auto& file : files) headers_hash_ = mix(mix(headers_hash_, file.string()), content_of(file));
    }
    return hexadecimal(mix(mix(headers_hash_, source), command));
  }

  const fs::path& part_folder() {
    if (!part_) {
      remove_abandoned(folder() / "part-");
      part_.emplace(folder() / "part-");
    }
    return part_->path();
  }

  static void move_to(const fs::path& part, const fs::path& place) {
    std::error_code problem;
    fs::rename(part, place, problem);
    if (problem) weft::fail({.file = place.string(), .found = problem.message(), .wanted = "a place in the cache"});
  }
  static void keep(const fs::path& part, const fs::path& place) {
    seal(part, comment::script);
    move_to(part, place);
  }

  static std::string escaped(const std::string& text) {
    std::string s;
    for (const unsigned char c : text) {
      char octal[5];
      std::snprintf(octal, sizeof octal, "\\%03o", unsigned{c});
      s += octal;
    }
    return s;
  }

  [[noreturn]] void refuse(const outcome& ended, const fs::path& text, const fs::path& log) {
    auto said = content_of(log);
    const fs::path temporary = from_environment("TMPDIR", "/tmp");
    bool full = is_full(folder()) || is_full(temporary);
    for (const int problem : {ENOSPC, EDQUOT}) full = full || said.find(std::strerror(problem)) != said.npos;
    if (full)
      weft::fail({.file = folder().string(),
                  .subject = command_[0],
                  .found = std::strerror(ENOSPC),
                  .wanted = "room there and in " + temporary.string(),
                  .remedy = "make room, or set WEFT_CACHE and TMPDIR to folders of another disk"});
    if (ended.signal != 0)
      weft::fail({.file = text.string(),
                  .subject = command_[0],
                  .found = std::string("it was ended: ") + strsignal(ended.signal),
                  .remedy = "see that there is memory enough, some 2 GB"});
    if (ended.status == 126 || ended.status == 127)
      weft::fail({.subject = command_[0], .found = "it could not be run", .remedy = "set CXX to a C++20 compiler"});
    part_->keep();
    if (said.size() > 2000) {
      std::size_t end = 2000;
      while (end > 0 && (static_cast<unsigned char>(said[end]) & 0xc0) == 0x80) --end;  // whole characters
      said.resize(end);
    }
    weft::fail(
        {.file = text.string(),
         .subject = command_[0],
         .found = "it did not compile",
         .details = "\n" + said,
         .remedy = cache_.fresh ? "set CXX to a C++20 compiler" : "set CXX to a C++20 compiler; the source is kept"});
  }

  fs::path headers_;
  cache_folder cache_;
  std::optional<work_folder> part_;
  std::vector<std::string> command_, user_flags_, libraries_;
  std::uint64_t headers_hash_ = 0;
};

weft::spec_source spec_for(const weft::configuration& c, bool heads, const std::string& random_plan,
                           const std::string& numeric, bool slimmable = false) {
  // The name and the path of the configuration are no part of the type, so equal types share one program.
  auto unnamed = c;
  unnamed.file = "config.json";
  if (!heads) unnamed.architectures.clear();
  return weft::spec_of(unnamed, "checkpoint", random_plan, slimmable, numeric);
}

std::string notice_for(const weft::configuration& c) {
  return "compiling the type of " + weft::detail::printable_whole(c.file) + " ...";
}

// The two units of a task: the model, and the readers, which all types share.
std::vector<unit> units_of(workshop& shop, const weft::configuration& c, const task_program& wanted) {
  const auto spec = spec_for(c, false, "", wanted.numeric, wanted.slimmable);
  const auto type = "weft::program::" + wanted.task + "<" + spec.name +
                    (wanted.head.empty() ? "" : ", " + spec.name + "::tasks::" + wanted.head) + ">";
  unit model{wanted.task, spec.text + "#include <weft/program/" + wanted.task + ".hpp>\n", {"-O2"}, true};
  if (wanted.task == "passport" || wanted.task == "train") {  // which answer no texts
    model.source += "int main(int count, char** words) { return weft::program::" + wanted.task + "_main<" + spec.name +
                    (wanted.learns.empty() ? "" : ", weft::" + wanted.learns) + ">(count, words); }\n";
  } else {
    model.source +=
        "#include <weft/program/run.hpp>\nextern const char* const weft_built_from;\n"
        "int main(int count, char** words) {\n  return weft::program::main_of<" +
        type + ">(count, words, weft_built_from);\n}\n";
    if (wanted.task != "similar" && !wanted.task.ends_with("rerank"))
      model.source += c_interface_source(type, wanted.prefix);
  }
  std::string how;
  unit readers{"readers", torch_include(c) + "#include <weft/program/files.hpp>\n", {"-O2"}, true};
  shop.use(torch_libraries(c));
  if (wanted.sentencepiece) {
    readers.source += "#include <weft/text/sentencepiece.hpp>\n";
    how = ", {.sentencepiece = weft::read_sentencepiece}";
    shop.use({"-lsentencepiece"});
  }
  readers.source += "weft::program::model_files weft::program::files_of(const request& r, bool sentences) {\n  " +
                    torch_call(c) + "return read_files(r, sentences" + how + ");\n}\n";
  // Programs and libraries are linked from the same objects.
  for (auto* const u : {&model, &readers}) u->flags.insert(u->flags.end(), {"-fPIC", "-fvisibility=hidden"});
  return {model, readers};
}

std::vector<fs::path> objects_of(workshop& shop, const weft::configuration& c, const task_program& wanted) {
  return shop.make(units_of(shop, c, wanted), wanted.before, wanted.quiet ? "" : notice_for(c));
}

}  // namespace

kept_program compiled(const weft::configuration& c, const model_program& wanted) {
  const auto spec = spec_for(c, wanted.heads, wanted.random_plan, wanted.numeric, wanted.slimmable);
  std::string arguments = spec.name;
  for (const auto& head : spec.heads) arguments += ", " + head;
  const auto at = wanted.call.find('@');
  const auto call = wanted.call.substr(0, at) + arguments + wanted.call.substr(at + 1);
  const auto source = torch_include(c) + spec.text + "#include <weft/" + wanted.header + R"(>
#include <weft/program/printing.hpp>

int main(int, char** arguments) {
  )" + torch_call(c) + R"(return weft::program::guarded_main([&]([[maybe_unused]] std::ostream& out) { return )" +
                      call + R"(; });
}
)";
  workshop shop(wanted.header);
  shop.use(torch_libraries(c));
  return {shop.make({{wanted.name, source, {wanted.optimisation}}}, wanted.before, wanted.quiet ? "" : notice_for(c))
              .front(),
          shop.cache()};
}

namespace {
// A number that the program of a type said, with a blank behind it.
double take_number(const char*& at) {
  char* behind = nullptr;
  const double number = std::strtod(at, &behind);
  if (behind == at || *behind != ' ')
    weft::fail({.subject = "what the program of a type said", .found = at, .wanted = "its tensors, a line each"});
  at = behind + 1;
  return number;
}

// What weft::program::print_type prints.
described_type read_description(const std::string& said) {
  described_type type;
  std::istringstream in(said);
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find('\t'), second = line.find('\t', first + 1);
    if (second == line.npos) {
      const char* at = line.c_str();
      type.arithmetic.weights = take_number(at);
      type.arithmetic.attention_width = take_number(at);
      while (*at != '\t') {
        weft::bench::seen_keys seen;
        for (auto* number : {&seen.layers, &seen.reach, &seen.block, &seen.random_blocks})
          *number = static_cast<weft::index_t>(take_number(at));
        type.arithmetic.seen.push_back(seen);
      }
      type.prefix = at + 1;
      return type;
    }
    const auto third = std::min(line.find('\t', second + 1), line.size());
    type.tensors.push_back({line.substr(0, first),
                            {},
                            line.substr(first + 1, second - first - 1),
                            line.substr(second + 1, third - second - 1)});
    std::istringstream shape(line.substr(std::min(third + 1, line.size())));
    for (weft::index_t n; shape >> n;) type.tensors.back().shape.push_back(n);
    if (char slash = 0; shape.clear(), shape >> slash) shape >> type.tensors.back().values;
  }
  weft::fail(
      {.subject = "what the program of a type said", .found = "no last line", .wanted = "its tensors, a line each"});
}
}  // namespace

namespace {
described_type describe_type(const weft::configuration& c, const weft::sizes& sizes) {
  const auto spec = spec_for(c, weft::tasks_of(c).has_value(), "", "");
  std::string arguments = spec.name;
  for (const auto& head : spec.heads) arguments += ", " + head;
  workshop shop("program/inspection.hpp");
  const auto source =
      spec.text +
      "#include <weft/program/inspection.hpp>\n\nint main(int, char** arguments) { return weft::program::print_type<" +
      arguments + ">(arguments); }\n";
  std::vector<std::string> words{shop.make({{"describe", source, {"-O0"}}}, {}, "").front().string()};
  for (const auto n : std::bit_cast<weft::detail::sizes_as_numbers>(sizes)) words.push_back(std::to_string(n));
  words.emplace_back(c.tie_word_embeddings ? "1" : "0");
  const auto said = shop.scratch("said", "");
  if (!run(words, {.output_to = said}).good())
    weft::fail({.file = words.front(),
                .found = "it failed: " + content_of(said),
                .wanted = "a description of the type of " + c.file,
                .remedy = "remove it, and it is made again"});
  return read_description(content_of(said));
}
}  // namespace

described_type describe_type(const weft::configuration& c) { return describe_type(c, weft::sizes_of(c)); }

bool has_position_table(const weft::configuration& c) {
  auto longer = weft::sizes_of(c);
  ++longer.positions;
  const auto as_it_is = describe_type(c).tensors, as_longer = describe_type(c, longer).tensors;
  return !std::equal(as_it_is.begin(), as_it_is.end(), as_longer.begin(), as_longer.end(),
                     [](const auto& a, const auto& b) { return a.shape == b.shape; });
}

void compare_tensors(const fs::path& model, const weft::configuration& c, bool allow_nonfinite) {
  const auto stored = weft::checkpoint::open(model);
  weft::check_keys(stored, c);
  const auto type = describe_type(c);
  weft::check_tensors(stored, c, type.tensors, type.prefix, allow_nonfinite);
}

void compare_encoder_tensors(const fs::path& model, weft::configuration c, bool allow_nonfinite) {
  c.architectures.clear();
  compare_tensors(model, c, allow_nonfinite);
}

kept_program compiled(const weft::configuration& c, const task_program& wanted) {
  workshop shop("program/" + wanted.task + ".hpp");
  const auto units = units_of(shop, c, wanted);
  auto both = mix_start;
  for (const auto& u : units) both = mix(both, shop.place_of(u).filename().string());
  const auto program = shop.folder() / (wanted.task + "-" + hexadecimal(both));
  if (!is_sealed(program)) shop.link_kept(objects_of(shop, c, wanted), program);
  return {program, shop.cache()};
}

void link_into(const fs::path& out, const std::string& built_from, const weft::configuration& c,
               const task_program& wanted, bool library) {
  workshop shop("program/" + wanted.task + ".hpp");
  const auto objects = objects_of(shop, c, wanted);
  std::vector<std::string> flags;
  if (library) {  // nothing but the C interface is seen from outside
    const auto names = shop.scratch("names", "{ global: " + wanted.prefix + "_*; local: *; };\n");
    flags = {"-shared", "-Xlinker", "--version-script=" + names.string()};  // -Wl would cut the path at commas
  }
  shop.link(objects, built_from, flags, out);
}

}  // namespace weft_program
