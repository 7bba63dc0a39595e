#include "cache.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <weft/base/error.hpp>
#include <weft/io/shown.hpp>
#include <weft/program/printing.hpp>

namespace weft_program {

namespace fs = std::filesystem;

namespace {

// Why somebody else could change what is in a folder; empty where nobody can. A folder on the way to it may be root's,
// and one that everybody writes to is safe where it is sticky, as /tmp is.
std::string fault_of(const fs::path& folder) {
  struct ::stat s {};
  if (::lstat(folder.c_str(), &s) < 0) return std::strerror(errno);
  if (S_ISLNK(s.st_mode)) return "a symbolic link";
  if (!S_ISDIR(s.st_mode)) return "no folder";
  if (s.st_uid != ::geteuid()) return "a folder of user " + std::to_string(s.st_uid);
  if (s.st_mode & (S_IWGRP | S_IWOTH)) return "a folder that others can write to";
  std::error_code problem;
  for (auto at = fs::canonical(folder, problem); !problem && at != at.root_path();) {
    at = at.parent_path();
    if (::lstat(at.c_str(), &s) < 0) return std::strerror(errno);
    const auto where = "a folder in " + weft::detail::printable(at.string());
    if (s.st_uid != ::geteuid() && s.st_uid != 0) return where + ", which is user " + std::to_string(s.st_uid) + "'s";
    if ((s.st_mode & S_IWOTH) && !(s.st_mode & S_ISVTX)) return where + ", which others can write to";
  }
  return problem ? problem.message() : "";
}

// Makes a folder and those above it, for this user alone. The system's number of what went wrong; 0: nothing.
int make_private(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT || !folder.has_parent_path() || folder == folder.parent_path()) return errno;
  if (const auto problem = make_private(folder.parent_path())) return problem;
  return ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

constexpr const char* advice = "set WEFT_CACHE to a folder that only you can write to";

cache_folder fresh_for(const std::string& file, const std::string& found) {
  std::error_code problem;
  auto temporary = fs::temp_directory_path(problem);
  if (problem) temporary = "/tmp";
  auto made = std::make_shared<const work_folder>(temporary / "weft-");
  if (const auto fault = fault_of(made->path()); !fault.empty())
    weft::fail(
        {.file = made->path().string(), .found = fault, .wanted = "one that only you can write to", .remedy = advice});
  const weft::error said({.file = weft::detail::printable(file, 4096),
                          .found = found,
                          .wanted = "a folder that only you can write to",
                          .remedy = "what is compiled is kept for this run only; " + std::string(advice)});
  weft::program::complain(said.what());
  return {made->path(), made};
}

}  // namespace

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

cache_folder open_cache() {
  fs::path wanted = from_environment("WEFT_CACHE", "");
  const bool asked = !wanted.empty();
  if (const auto all = from_environment("XDG_CACHE_HOME", ""); wanted.empty() && !all.empty())
    wanted = fs::path(all) / "weft";
  if (const auto home = from_environment("HOME", ""); wanted.empty() && !home.empty())
    wanted = fs::path(home) / ".cache" / "weft";
  if (wanted.empty()) return fresh_for("the cache of compiled programs", "neither HOME nor XDG_CACHE_HOME");
  wanted = fs::absolute(wanted);
  if (!wanted.has_filename()) wanted = wanted.parent_path();  // "cache/" is "cache"
  if (const auto problem = make_private(wanted)) {
    if (!asked) return fresh_for(wanted.string(), std::strerror(problem));
    weft::fail({.file = wanted.string(),
                .found = std::strerror(problem),
                .wanted = "a folder to keep compiled programs in",
                .remedy = "set WEFT_CACHE to one"});
  }
  if (const auto fault = fault_of(wanted); !fault.empty()) return fresh_for(wanted.string(), fault);
  return {wanted, nullptr};
}

}  // namespace weft_program
