// Compiles the type that config.json describes into a program, and keeps it by content under the user's cache
// directory.
#include "compiled.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <weft/io/spec_source.hpp>

#include "c_interface.hpp"
#include "torch.hpp"

namespace weft_program {

namespace fs = std::filesystem;

namespace {

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

fs::path cache_directory() {
  if (const auto own = from_environment("WEFT_CACHE", ""); !own.empty()) return own;
  if (const auto all = from_environment("XDG_CACHE_HOME", ""); !all.empty()) return fs::path(all) / "weft";
  if (const auto home = from_environment("HOME", ""); !home.empty()) return fs::path(home) / ".cache" / "weft";
  return fs::temp_directory_path() / ("weft-" + std::to_string(getuid()));
}

// FNV-1a, 64 bits.
std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

std::string hexadecimal(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

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
  const fs::path headers = from_environment("WEFT_INCLUDE", installed ? own.lexically_normal().c_str() : WEFT_HEADERS);
  if (!fs::exists(headers / "weft" / header, ignored))
    weft::fail({.file = headers.string(),
                .found = "no weft headers there",
                .wanted = "the folder that holds weft/" + header,
                .remedy = "set WEFT_INCLUDE to it"});
  return headers;
}

pid_t start(const std::vector<std::string>& command, const fs::path& output_to, bool errors_too = true) {
  std::cout.flush();
  const auto child = fork();
  if (child != 0) return child;
  if (!output_to.empty() && (!std::freopen(output_to.c_str(), "w", stdout) || (errors_too && dup2(1, 2) < 0)))
    _exit(127);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// One translation unit, and what becomes of it.
struct unit {
  std::string name, source;
  std::vector<std::string> flags;
  bool object = false;  // to be linked later; otherwise a program
};

// The compiler, the headers and the cache. A file of the cache appears whole or not at all: it is made in a folder of
// its own and then renamed, so that two runs may make it at once, and an interrupted one leaves nothing that counts.
class workshop {
 public:
  explicit workshop(const std::string& header) : headers_(headers_with(header)), folder_(cache_directory()) {
    command_ = {from_environment("CXX", WEFT_COMPILER), "-std=c++20", "-march=native", "-w", "-I", headers_.string()};
    std::istringstream flags(from_environment("CXXFLAGS", ""));
    for (std::string flag; flags >> flag;) user_flags_.push_back(flag);
  }
  ~workshop() {
    std::error_code ignored;
    if (!part_.empty() && !keep_) fs::remove_all(part_, ignored);
  }
  workshop(const workshop&) = delete;
  workshop& operator=(const workshop&) = delete;

  // Where the product of a unit is, or will be.
  fs::path place_of(const unit& u) {
    std::string joined;
    for (const auto& word : command_of(u)) joined += word + ' ';
    return folder_ / (u.name + "-" + fingerprint(u.source, joined) + (u.object ? ".o" : ""));
  }

  // Compiles the units that are not in the cache, side by side. Says `notice` if it has to.
  std::vector<fs::path> make(const std::vector<unit>& units, const std::string& notice) {
    struct job {
      fs::path place, text, part, log;
      pid_t child = 0;
    };
    std::vector<job> jobs;
    for (const auto& u : units) jobs.push_back({place_of(u), {}, {}, {}, 0});
    for (std::size_t i = 0; i < units.size(); ++i) {
      auto& j = jobs[i];
      if (fs::exists(j.place)) continue;
      if (part_.empty() && !notice.empty()) std::cerr << notice << std::endl;
      const auto base = part_folder() / units[i].name;
      j.text = base.string() + ".cpp", j.part = base.string() + ".out", j.log = base.string() + ".log";
      write(j.text, units[i].source);
      auto command = command_of(units[i]);
      command.insert(command.end(), {"-o", j.part.string(), j.text.string()});
      if (!units[i].object) add_libraries(command);
      j.child = start(command, j.log);
    }
    std::vector<int> statuses;
    for (const auto& j : jobs) statuses.push_back(j.child ? wait_for(j.child) : 0);
    std::vector<fs::path> places;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (statuses[i] != 0) refuse(statuses[i], jobs[i].text, jobs[i].log);
      if (jobs[i].child) fs::rename(jobs[i].part, jobs[i].place);
      places.push_back(jobs[i].place);
    }
    return places;
  }

  // Links objects and a line that says where the model is.
  void link(const std::vector<fs::path>& objects, const std::string& built_from, const std::vector<std::string>& flags,
            const fs::path& out) {
    const auto text = part_folder() / "built_from.cpp", log = part_folder() / "link.log";
    write(text, "extern const char* const weft_built_from;\nconst char* const weft_built_from = \"" +
                    escaped(built_from) + "\";\n");
    auto command = command_;
    command.insert(command.end(), user_flags_.begin(), user_flags_.end());
    for (const auto& object : objects) command.push_back(object.string());
    command.insert(command.end(), {text.string(), "-s"});
    command.insert(command.end(), flags.begin(), flags.end());
    // On the same disk, so that it can be renamed.
    const auto part = out.parent_path() == folder_ ? (part_folder() / "linked").string()
                                                   : out.string() + ".part" + std::to_string(getpid());
    command.insert(command.end(), {"-o", part});
    add_libraries(command);
    if (const auto status = wait_for(start(command, log)); status != 0) {
      std::error_code ignored;
      fs::remove(part, ignored);
      refuse(status, text, log);
    }
    fs::rename(part, out);
  }

  const fs::path& folder() const { return folder_; }
  void use(const std::vector<std::string>& libraries) {
    libraries_.insert(libraries_.end(), libraries.begin(), libraries.end());
  }
  // A file for the linker that lives as long as the workshop.
  fs::path scratch(const char* name, const std::string& content) {
    write(part_folder() / name, content);
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
      headers_hash_ = mix(0xcbf29ce484222325u, processor());
      for (const auto& file : files) headers_hash_ = mix(mix(headers_hash_, file.string()), content_of(file));
    }
    return hexadecimal(mix(mix(headers_hash_, source), command));
  }

  const fs::path& part_folder() {
    if (!part_.empty()) return part_;
    std::error_code problem;
    fs::create_directories(folder_, problem);
    // What runs that were interrupted left behind.
    for (const auto& entry : fs::directory_iterator(folder_, problem))
      if (entry.path().filename().string().starts_with("part-") &&
          fs::last_write_time(entry.path(), problem) < fs::file_time_type::clock::now() - std::chrono::hours(24))
        fs::remove_all(entry.path(), problem);
    auto part = folder_ / ("part-" + std::to_string(getpid()));
    fs::create_directories(part, problem);
    if (problem)
      weft::fail({.file = folder_.string(),
                  .found = problem.message(),
                  .wanted = "a folder to keep compiled programs in",
                  .remedy = "set WEFT_CACHE to one"});
    return part_ = part;
  }

  static void write(const fs::path& file, const std::string& content) {
    std::ofstream out(file, std::ios::binary);
    if (!(out << content) || !out.flush())
      weft::fail({.file = file.string(), .found = "it cannot be written", .remedy = "make room, or set WEFT_CACHE"});
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

  [[noreturn]] void refuse(int status, const fs::path& text, const fs::path& log) {
    keep_ = true;
    auto said = content_of(log);
    if (said.size() > 2000) {
      std::size_t end = 2000;
      while (end > 0 && (static_cast<unsigned char>(said[end]) & 0xc0) == 0x80) --end;  // whole characters
      said.resize(end);
    }
    weft::fail({.file = text.string(),
                .subject = command_[0],
                .found = status == 127 || status == -1 ? "it could not be run" : "it did not compile:\n" + said,
                .remedy = "set CXX to a C++20 compiler; the source is kept"});
  }

  fs::path headers_, folder_, part_;
  std::vector<std::string> command_, user_flags_, libraries_;
  std::uint64_t headers_hash_ = 0;
  bool keep_ = false;
};

weft::spec_source spec_for(const weft::configuration& c, bool heads, const std::string& random_plan) {
  // The name and the path of the configuration are no part of the type, so equal types share one program.
  auto unnamed = c;
  unnamed.file = "config.json";
  if (!heads) unnamed.architectures.clear();
  return weft::spec_of(unnamed, "checkpoint", random_plan);
}

std::string notice_for(const weft::configuration& c) { return "compiling the type of " + c.file + " ..."; }

// The two units of a task: the model, and the readers, which all types share.
std::vector<fs::path> objects_of(workshop& shop, const weft::configuration& c, const task_program& wanted) {
  const auto type = "weft::program::" + wanted.task + "<checkpoint>";
  unit model{
      wanted.task, spec_for(c, false, "").text + "#include <weft/program/" + wanted.task + ".hpp>\n", {"-O2"}, true};
  model.source +=
      "#include <weft/program/run.hpp>\nextern const char* const weft_built_from;\n"
      "int main(int count, char** words) {\n  return weft::program::main_of<" +
      type + ">(count, words, weft_built_from);\n}\n";
  if (wanted.task != "similar") model.source += c_interface_source(type, wanted.prefix);
  std::string how;
  unit readers{"readers", torch_include(c) + "#include <weft/program/files.hpp>\n", {"-O2"}, true};
  shop.use(torch_libraries(c));
  if (wanted.sentencepiece) {
    readers.source += "#include <weft/text/sentencepiece.hpp>\n";
    how = ", {.sentencepiece = weft::read_sentencepiece}";
    shop.use({"-lsentencepiece"});
  }
  readers.source +=
      "weft::program::model_files weft::program::files_of(const request& r, bool sentences) {\n  return read_files(r, "
      "sentences" +
      how + ");\n}\n";
  // Programs and libraries are linked from the same objects.
  for (auto* const u : {&model, &readers}) u->flags.insert(u->flags.end(), {"-fPIC", "-fvisibility=hidden"});
  if (wanted.before && !fs::exists(shop.place_of(model))) wanted.before(wanted.model);
  return shop.make({model, readers}, wanted.quiet ? "" : notice_for(c));
}

}  // namespace

int run(const std::vector<std::string>& command, const fs::path& output_to, bool errors_too) {
  return wait_for(start(command, output_to, errors_too));
}

fs::path compiled(const weft::configuration& c, const model_program& wanted) {
  const auto spec = spec_for(c, wanted.heads, wanted.random_plan);
  std::string arguments = spec.name;
  for (const auto& head : spec.heads) arguments += ", " + head;
  const auto at = wanted.call.find('@');
  const auto call = wanted.call.substr(0, at) + arguments + wanted.call.substr(at + 1);
  const auto source = torch_include(c) + spec.text + "#include <weft/" + wanted.header + R"(>
#include <exception>
#include <iostream>

int main(int, char** arguments) {
  try {
    return )" + call + R"(;
  } catch (const std::exception& e) {
    std::cerr << "weft: " << e.what() << '\n';
    return 1;
  }
}
)";
  workshop shop(wanted.header);
  shop.use(torch_libraries(c));
  return shop.make({{wanted.name, source, {wanted.optimisation}}}, notice_for(c)).front();
}

fs::path compiled(const weft::configuration& c, const task_program& wanted) {
  workshop shop("program/" + wanted.task + ".hpp");
  const auto objects = objects_of(shop, c, wanted);
  const auto both = mix(mix(0xcbf29ce484222325u, objects[0].filename().string()), objects[1].filename().string());
  const auto program = shop.folder() / (wanted.task + "-" + hexadecimal(both));
  if (!fs::exists(program)) shop.link(objects, "", {}, program);
  return program;
}

void link_into(const fs::path& out, const std::string& built_from, const weft::configuration& c,
               const task_program& wanted, bool library) {
  workshop shop("program/" + wanted.task + ".hpp");
  const auto objects = objects_of(shop, c, wanted);
  std::vector<std::string> flags;
  if (library) {  // nothing but the C interface is seen from outside
    const auto names = shop.scratch("names", "{ global: " + wanted.prefix + "_*; local: *; };\n");
    flags = {"-shared", "-Wl,--version-script=" + names.string()};
  }
  shop.link(objects, built_from, flags, out);
}

}  // namespace weft_program
