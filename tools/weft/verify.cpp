// weft verify DIR: compiles the type that config.json describes, runs the recorded inputs of expected.safetensors and
// compares. The compiled program is kept by content under the user's cache directory.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <weft/io/checkpoint.hpp>
#include <weft/io/hub_cache.hpp>
#include <weft/io/recorded_plan.hpp>
#include <weft/io/spec_source.hpp>

#include "commands.hpp"

namespace weft_program {
namespace {

namespace fs = std::filesystem;

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

// Runs a program without a shell; its exit status, or -1.
int run(const std::vector<std::string>& command, const fs::path& output_to = {}) {
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

// The program that runs this model, compiled when it is not in the cache.
fs::path compiled(const weft::configuration& c, std::string_view random_plan, std::string_view body) {
  // The name and the path of the configuration are no part of the type, so equal types share one program.
  auto unnamed = c;
  unnamed.file = "config.json";
  const auto spec = weft::spec_of(unnamed, "checkpoint", random_plan);
  std::string arguments = spec.name;
  for (const auto& head : spec.heads) arguments += ", " + head;
  std::string source = spec.text;
  const auto at = body.find("@");
  source.append(body.substr(0, at)).append(arguments).append(body.substr(at + 1));

  const fs::path headers = from_environment("WEFT_INCLUDE", WEFT_HEADERS);
  if (!fs::exists(headers / "weft" / "io" / "verify.hpp"))
    weft::fail({.file = headers.string(),
                .found = "no weft headers there",
                .wanted = "the folder that holds weft/io/verify.hpp",
                .remedy = "set WEFT_INCLUDE to it"});
  std::vector<std::string> command{
      from_environment("CXX", WEFT_COMPILER), "-std=c++20", "-O2", "-march=native", "-w", "-I", headers.string()};
  std::string joined;
  for (const auto& word : command) joined += word + ' ';
  const auto folder = cache_directory();
  const auto program = folder / ("verify-" + fingerprint(source, headers, joined));
  if (fs::exists(program)) return program;

  fs::create_directories(folder);
  const auto part = program.string() + "." + std::to_string(getpid());
  const fs::path text = part + ".cpp", log = part + ".log";
  std::ofstream(text) << source;
  std::cerr << "compiling the type of " << c.file << " ..." << std::endl;
  for (const auto& word : {text.string(), std::string("-o"), part, std::string("-lutf8proc"), std::string("-pthread")})
    command.push_back(word);
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

}  // namespace

int verify(const std::string& where) {
  const auto at = weft::resolve_model(where);
  if (!fs::is_directory(at))
    weft::fail({.file = where, .found = "no directory", .wanted = "a model's directory with expected.safetensors"});
  if (!fs::exists(at / "expected.safetensors"))
    weft::fail({.file = where,
                .found = "no expected.safetensors",
                .wanted = "recorded inputs and results beside the weights"});
  const auto c = weft::configuration::read(at);
  weft::checkpoint::open(at);  // an unsound file is refused before anything is compiled
  const auto program = compiled(c, weft::random_plan_of(at), R"(
#include <weft/io/verify.hpp>
#include <exception>
#include <iostream>

int main(int, char** argv) {
  try {
    return weft::verify_and_print<@>(argv[1], std::cout);
  } catch (const std::exception& e) {
    std::cerr << "weft: " << e.what() << '\n';
    return 1;
  }
}
)");
  return run({program.string(), at.string()}) == 0 ? 0 : 1;
}

}  // namespace weft_program
