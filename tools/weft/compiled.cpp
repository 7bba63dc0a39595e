// Compiles the type that config.json describes into a program, and keeps it by content under the user's cache
// directory.
#include "compiled.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <weft/io/spec_source.hpp>

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

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Changes whenever the source, the headers, the compiler or its flags do.
std::string fingerprint(const std::string& source, const fs::path& headers, const std::string& command) {
  auto hash = mix(mix(0xcbf29ce484222325u, source), command);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(headers / "weft"))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) hash = mix(mix(hash, file.string()), content_of(file));
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace

int run(const std::vector<std::string>& command, const fs::path& output_to) {
  const auto child = fork();
  if (child == 0) {
    if (!output_to.empty() && (!std::freopen(output_to.c_str(), "w", stdout) || dup2(1, 2) < 0)) _exit(127);
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

fs::path compiled(const weft::configuration& c, const model_program& wanted) {
  // The name and the path of the configuration are no part of the type, so equal types share one program.
  auto unnamed = c;
  unnamed.file = "config.json";
  if (!wanted.heads) unnamed.architectures.clear();
  const auto spec = weft::spec_of(unnamed, "checkpoint", wanted.random_plan);
  std::string arguments = spec.name;
  for (const auto& head : spec.heads) arguments += ", " + head;
  const auto at = wanted.call.find('@');
  const auto call = wanted.call.substr(0, at) + arguments + wanted.call.substr(at + 1);
  const auto source = spec.text + torch_include(c) + "#include <weft/" + wanted.header + R"(>
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

  const fs::path headers = from_environment("WEFT_INCLUDE", WEFT_HEADERS);
  if (!fs::exists(headers / "weft" / wanted.header))
    weft::fail({.file = headers.string(),
                .found = "no weft headers there",
                .wanted = "the folder that holds weft/" + wanted.header,
                .remedy = "set WEFT_INCLUDE to it"});
  std::vector<std::string> command{from_environment("CXX", WEFT_COMPILER),
                                   "-std=c++20",
                                   "-march=native",
                                   "-w",
                                   "-I",
                                   headers.string(),
                                   wanted.optimisation};
  std::istringstream flags(from_environment("CXXFLAGS", ""));
  for (std::string flag; flags >> flag;) command.push_back(flag);
  std::string joined;
  for (const auto& word : command) joined += word + ' ';
  const auto folder = cache_directory();
  const auto program = folder / (wanted.name + "-" + fingerprint(source, headers, joined));
  if (fs::exists(program)) return program;

  fs::create_directories(folder);
  const auto part = program.string() + "." + std::to_string(getpid());
  const fs::path text = part + ".cpp", log = part + ".log";
  std::ofstream(text) << source;
  std::cerr << "compiling the type of " << c.file << " ..." << std::endl;
  for (const auto& word : {text.string(), std::string("-o"), part, std::string("-lutf8proc"), std::string("-pthread")})
    command.push_back(word);
  for (const auto& library : torch_libraries(c)) command.push_back(library);
  if (const auto status = run(command, log); status != 0) {
    const auto said = content_of(log);
    weft::fail({.file = text.string(),
                .subject = command[0],
                .found = status == 127 || status == -1 ? "it could not be run"
                                                       : "it did not compile:\n" + said.substr(0, 2000),
                .remedy = "set CXX to a C++20 compiler; the source is kept"});
  }
  fs::rename(part, program);
  fs::remove(text);
  fs::remove(log);
  return program;
}

}  // namespace weft_program
