#pragma once
// A library that is compiled once for each of several architectures, of which a process loads the best that it can run.
// The CMake function weft_multi_architecture() makes the libraries. For systems with dlopen (Linux).
#include <dlfcn.h>
#include <sys/auxv.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/simd/x86_level.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The last of these architectures that a processor of this level runs (they are named from the oldest to the newest;
/// "baseline" runs everywhere), or `forced` unless it is empty. Throws weft::error where `forced` is not among them,
/// and where the processor lacks it or lacks them all.
inline std::string architecture_for(list<const std::string_view> built, int level, std::string_view forced = "") {
  const auto runs = [level](std::string_view architecture) {
    const auto needs = simd::level_named(architecture);
    return architecture == "baseline" || (needs > 0 && needs <= level);
  };
  std::string_view best;
  std::string all;
  bool known = forced.empty();
  for (const auto architecture : built) {
    all.append(all.empty() ? "" : ", ").append(architecture);
    known = known || architecture == forced;
    if (runs(architecture) && (forced.empty() || architecture == forced)) best = architecture;
  }
  if (!known)
    fail({.subject = "WEFT_ARCHITECTURE",
          .found = "\"" + std::string(forced) + "\"",
          .wanted = "one that this program was compiled for: " + all});
  const auto here = "what this processor runs, " + simd::name_of_level(level) + (level > 1 ? " or older" : "");
  if (best.empty() && forced.empty())
    fail({.subject = "this program",
          .found = "it was compiled for " + all,
          .wanted = here,
          .remedy = "compile it for an older architecture as well"});
  if (best.empty())
    fail({.subject = "WEFT_ARCHITECTURE",
          .found = "\"" + std::string(forced) + "\"",
          .wanted = here,
          .remedy = "unset it to use the best that this processor runs"});
  return std::string(best);
}

/// One of the libraries, loaded. It stays loaded until the process ends: its types may be in use.
class architecture_module {
 public:
  /// Loads `name.ARCHITECTURE.so` from the folder of the program or library that holds `beside`, any function of it;
  /// $WEFT_ARCHITECTURE forces one. Throws weft::error as architecture_for does, and where the file cannot be loaded.
  architecture_module(std::string_view name, list<const std::string_view> built, const void* beside) {
    const char* const forced = std::getenv("WEFT_ARCHITECTURE");
    architecture_ = architecture_for(built, simd::level_of(simd::features_of_this_processor()), forced ? forced : "");
    file_ = (folder_of(beside) / (std::string(name) + "." + architecture_ + ".so")).string();
    // RTLD_LOCAL: no other part of the process ever binds to what this library defines.
    handle_ = dlopen(file_.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle_)
      fail({.file = file_,
            .found = dlerror(),
            .wanted = "a library of weft_multi_architecture()",
            .remedy = "keep those libraries in the folder of the program that loads them"});
  }

  /// What was chosen: "x86-64-v3".
  const std::string& architecture() const { return architecture_; }
  const std::string& file() const { return file_; }

  /// An exported function: `module.function<decltype(embed)>("embed")`. Throws weft::error where it is not exported.
  template <class Function>
  Function* function(const char* name) const {
    void* const found = dlsym(handle_, name);
    if (!found)
      fail({.file = file_,
            .subject = name,
            .found = "it is not exported",
            .wanted = "a function that is declared extern \"C\" and named after EXPORTS of weft_multi_architecture()"});
    return reinterpret_cast<Function*>(found);
  }

 private:
  // Of a program, that of its file, however it was called.
  static std::filesystem::path folder_of(const void* beside) {
    Dl_info here{}, program{};
    const auto found = dladdr(beside, &here) && here.dli_fname;
    // The kernel tells where the program's own headers are; what lies in the same file is the program.
    const auto* const headers = reinterpret_cast<const void*>(getauxval(AT_PHDR));
    const auto is_program = !found || (dladdr(headers, &program) && program.dli_fbase == here.dli_fbase);
    std::error_code problem;
    auto file = std::filesystem::canonical(is_program ? "/proc/self/exe" : here.dli_fname, problem);
    if (problem) fail({.file = found ? here.dli_fname : "/proc/self/exe", .found = problem.message()});
    return file.parent_path();
  }

  std::string architecture_, file_;
  void* handle_ = nullptr;
};

}  // namespace weft
