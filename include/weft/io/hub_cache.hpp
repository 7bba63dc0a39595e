#pragma once
// Models that Hugging Face's tools have already downloaded: https://huggingface.co/docs/hub/local-cache. Only read.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/shown.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The cache's directory: $HF_HUB_CACHE, or $HF_HOME/hub, or $XDG_CACHE_HOME/huggingface/hub, or
/// ~/.cache/huggingface/hub. Empty if there is no home directory either.
inline std::filesystem::path hub_cache_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value ? value : "");
  };
  if (const auto p = variable("HF_HUB_CACHE"); !p.empty()) return p;
  if (const auto p = variable("HF_HOME"); !p.empty()) return p / "hub";
  if (const auto p = variable("XDG_CACHE_HOME"); !p.empty()) return p / "huggingface" / "hub";
  for (const char* home : {"HOME", "USERPROFILE"})
    if (const auto p = variable(home); !p.empty()) return p / ".cache" / "huggingface" / "hub";
  return {};
}

namespace detail {
/// "name" or "organisation/name" of letters, digits, '-', '_' and '.', as the hub allows.
inline bool is_hub_name(std::string_view text) {
  const auto slash = text.find('/');
  const auto plain = [](std::string_view part) {
    return !part.empty() && part.size() <= 96 && part.front() != '.' && part.front() != '-' &&
           part.find("..") == part.npos && part.find("--") == part.npos &&
           std::all_of(part.begin(), part.end(),
                       [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
  };
  return slash == text.npos ? plain(text) : plain(text.substr(0, slash)) && plain(text.substr(slash + 1));
}

inline bool is_commit(std::string_view text) {
  return text.size() >= 7 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c); });
}
}  // namespace detail

/// The directory of a model: `path_or_name` itself if it exists, otherwise "organisation/name" in the cache, at
/// `revision` (a branch, a tag or a commit). Nothing is downloaded. Throws weft::error that says where it looked.
inline std::filesystem::path resolve_model(const std::string& path_or_name, const std::string& revision = "main",
                                           const std::filesystem::path& cache = hub_cache_directory()) {
  std::error_code ignored;
  if (file_exists(path_or_name)) return path_or_name;
  // A path that cannot be followed is no name, as a loop of links or a folder of somebody else.
  std::error_code problem;
  static_cast<void>(std::filesystem::status(path_or_name, problem));
  if (problem && problem != std::errc::no_such_file_or_directory && problem != std::errc::not_a_directory)
    fail({.file = path_or_name, .found = problem.message(), .wanted = "a model's directory that can be read"});
  if (!detail::is_hub_name(path_or_name))
    fail({.file = path_or_name,
          .found = "no such file or directory",
          .wanted = "a model's directory, or a name as \"organisation/name\" of a downloaded model"});
  if (!detail::is_hub_name(revision))
    fail({.file = path_or_name,
          .subject = "revision",
          .found = detail::shown(revision),
          .wanted = "a branch, a tag or a commit"});

  std::string folder = "models--" + path_or_name;
  if (const auto slash = folder.find('/'); slash != folder.npos) folder.replace(slash, 1, "--");
  const auto model = cache / folder;
  std::string commit = revision;
  const auto ref = model / "refs" / revision;
  if (std::filesystem::exists(ref, ignored)) {
    commit = mapped_file::open(ref)->text();
    while (!commit.empty() && std::isspace(static_cast<unsigned char>(commit.back()))) commit.pop_back();
    if (!detail::is_commit(commit))
      fail({.file = ref.string(), .found = detail::shown(commit), .wanted = "a commit, in hexadecimal"});
  }
  auto snapshot = model / "snapshots" / commit;
  if (std::filesystem::is_directory(snapshot, ignored)) return snapshot;
  fail({.file = path_or_name,
        .found = "no such directory, and nothing in the cache at " +
                 (cache.empty() ? std::string("(no home directory)") : snapshot.string()),
        .wanted = "a model's directory or a downloaded model",
        .remedy = "download it: hf download " + path_or_name + (revision == "main" ? "" : " --revision " + revision)});
}

}  // namespace weft
