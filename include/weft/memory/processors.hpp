#pragma once
// How many processors this process may use: those that it may run on, as far as its control groups pay for them.
// Containers are limited by either; a thread for each processor of the machine would then mostly wait.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <weft/base/unit_containers.hpp>
#if defined(__linux__)
#include <sched.h>
#include <cerrno>
#endif

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

// What a file of the system says; nothing where there is none.
inline unit_string system_text(const unit_string& path) {
  unit_string text;
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (!file) return text;
  char some[4096];
  for (std::size_t n; (n = std::fread(some, 1, sizeof some, file)) > 0;) text.append(some, n);
  std::fclose(file);
  return text;
}

inline unit_vector<std::string_view> split_at(std::string_view text, char between) {
  unit_vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(between), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

inline bool holds(std::string_view list, std::string_view word) {
  const auto words = split_at(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A path as mountinfo writes it, where spaces are \040.
inline unit_string unescaped(std::string_view written) {
  unit_string path;
  for (std::size_t i = 0; i < written.size(); ++i)
    if (written[i] == '\\' && i + 3 < written.size()) {
      path += static_cast<char>((written[i + 1] - '0') * 64 + (written[i + 2] - '0') * 8 + (written[i + 3] - '0'));
      i += 3;
    } else {
      path += written[i];
    }
  return path;
}

// Processors that a group's folder pays for, a part of one rounded up; 0: it sets no limit.
inline index_t quota_of_group(const unit_string& folder, bool unified) {
  double quota = 0, period = 0;
  if (unified) {
    const auto text = system_text(folder + "/cpu.max");  // "max 100000" or "150000 100000"
    if (std::sscanf(text.c_str(), "%lf %lf", &quota, &period) != 2) return 0;
  } else {
    quota = std::atof(system_text(folder + "/cpu.cfs_quota_us").c_str());  // -1: no limit
    period = std::atof(system_text(folder + "/cpu.cfs_period_us").c_str());
  }
  if (!(quota > 0) || !(period > 0) || quota / period > 1e6) return 0;
  const auto whole = static_cast<index_t>(quota / period);
  return whole + (static_cast<double>(whole) * period < quota);
}

// The least that any control group around this process pays for; 0: no limit. Groups are nested, each within the limits
// of those around it. `root` stands before the paths of /proc and of the groups.
inline index_t processors_paid_for(const unit_string& root = "") {
  const auto mounts = system_text(root + "/proc/self/mountinfo"), groups = system_text(root + "/proc/self/cgroup");
  index_t least = 0;
  for (const auto mount : split_at(mounts, '\n')) {
    // 36 35 98:0 /path-in-the-file-system /mounted-at options [more]... - type source options
    const auto words = split_at(mount, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 5 || words.end() - dash < 4) continue;
    const bool unified = dash[1] == "cgroup2";
    if (!unified && !(dash[1] == "cgroup" && holds(dash[3], "cpu"))) continue;
    const unit_string top = unescaped(words[3]), at = root + unescaped(words[4]);
    for (const auto group : split_at(groups, '\n')) {  // "0::/path", or "4:cpu,cpuacct:/path" of version 1
      const auto first = group.find(':'), second = group.find(':', first + 1);
      if (second == group.npos) continue;
      const auto controllers = group.substr(first + 1, second - first - 1);
      if (unified ? !controllers.empty() : !holds(controllers, "cpu")) continue;
      // Of the group's path only what lies below the mounted part is seen here.
      unit_string below(group.substr(second + 1));
      if (top != "/") below = below.compare(0, top.size(), top) == 0 ? unit_string(below.substr(top.size())) : "";
      if (below.find("/..") != below.npos) below.clear();
      for (;; below.resize(below.rfind('/'))) {
        const auto quota = quota_of_group(at + below, unified);
        if (quota > 0) least = least > 0 ? std::min(least, quota) : quota;
        if (below.empty() || below.rfind('/') == below.npos) break;
      }
    }
  }
  return least;
}

// Processors that the calling thread may run on; 0: unknown.
inline index_t processors_allowed() {
#if defined(__linux__)
  for (std::size_t bytes = sizeof(cpu_set_t); bytes <= (std::size_t{1} << 16); bytes *= 2) {
    unit_vector<cpu_set_t> sets(bytes / sizeof(cpu_set_t));  // zeros; the system wants room for all its processors
    if (::sched_getaffinity(0, bytes, sets.data()) == 0) return CPU_COUNT_S(bytes, sets.data());
    if (errno != EINVAL) return 0;
  }
#endif
  return 0;
}

}  // namespace detail

/// Processors that this process may use, at least 1: those that the calling thread may run on (taskset, cpusets), and
/// no more than the quota of its control groups, versions 1 and 2, rounded up (docker run --cpus, CPUQuota=).
inline index_t usable_processors() {
  auto count = detail::processors_allowed();
  if (count <= 0) count = static_cast<index_t>(std::thread::hardware_concurrency());
  if (const auto paid = detail::processors_paid_for(); paid > 0) count = std::min(count, paid);
  return std::max<index_t>(count, 1);
}

}  // namespace weft
