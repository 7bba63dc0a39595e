#include <weft/memory/processors.hpp>

#include <filesystem>
#include <fstream>
#include <weft/memory/thread_pool.hpp>

#include "catch.hpp"
#include "temporary_folder.hpp"
#if defined(__linux__)
#include <sched.h>
#endif

namespace {
namespace fs = std::filesystem;

// A machine's /proc and control groups, under a root of their own.
struct machine {
  fs::path root;
  explicit machine(const char* name) : root(weft_test::temporary_folder() / "processors" / name) {
    fs::remove_all(root);
  }
  machine& file(const std::string& path, const std::string& text) {
    const auto at = root.string() + path;
    fs::create_directories(fs::path(at).parent_path());
    std::ofstream(at) << text;
    return *this;
  }
  machine& groups(const std::string& text) { return file("/proc/self/cgroup", text); }
  machine& mounts(const std::string& text) {
    return file("/proc/self/mountinfo", "22 28 0:21 / /proc rw,nosuid - proc proc rw\n" + text);
  }
  weft::index_t paid() const { return weft::detail::processors_paid_for(root.string()); }
};

constexpr const char* version_2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
}  // namespace

TEST_CASE("a control group of version 2 limits the processors, as do those around it") {
  machine m("version_2");
  CHECK(m.paid() == 0);  // no /proc
  m.mounts(version_2);
  CHECK(m.paid() == 0);
  m.groups("0::/outer/middle/inner\n");
  CHECK(m.paid() == 0);
  m.file("/sys/fs/cgroup/outer/middle/inner/cpu.max", "max 100000\n");
  CHECK(m.paid() == 0);
  m.file("/sys/fs/cgroup/outer/cpu.max", "300000 100000\n");
  CHECK(m.paid() == 3);
  m.file("/sys/fs/cgroup/outer/middle/cpu.max", "400000 100000\n");
  CHECK(m.paid() == 3);
  m.file("/sys/fs/cgroup/outer/middle/inner/cpu.max", "75000 50000\n");  // one and a half
  CHECK(m.paid() == 2);
  m.file("/sys/fs/cgroup/outer/middle/inner/cpu.max", "1000 100000\n");
  CHECK(m.paid() == 1);
  for (const char* nonsense : {"", "-1 100000", "5 0", "nan nan", "many", "100000"}) {
    m.file("/sys/fs/cgroup/outer/middle/inner/cpu.max", nonsense);
    CHECK(m.paid() == 3);
  }
}

TEST_CASE("in a container the control group is the root of what is mounted") {
  machine m("container");
  m.mounts(version_2).groups("0::/\n").file("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  CHECK(m.paid() == 2);
  m.groups("0::/../../elsewhere\n");  // a process that came from outside of the container
  CHECK(m.paid() == 2);
  // Only the container's part is mounted, under a name with a space.
  m.mounts("30 24 0:26 /pods/7 /sys/fs/control\\040groups rw - cgroup2 cgroup2 rw\n").groups("0::/pods/7/task\n");
  CHECK(m.paid() == 0);
  m.file("/sys/fs/control groups/cpu.max", "500000 100000\n");
  CHECK(m.paid() == 5);
  m.file("/sys/fs/control groups/task/cpu.max", "100000 100000\n");
  CHECK(m.paid() == 1);
}

TEST_CASE("control groups of version 1 limit the processors") {
  machine m("version_1");
  m.mounts(
      "31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "33 24 0:29 /docker/ab /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "34 24 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  m.groups("12:memory:/docker/ab\n5:cpu,cpuacct:/docker/ab/nested\n3:cpuset:/\n0::/system.slice\n");
  CHECK(m.paid() == 0);
  m.file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n")
      .file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  CHECK(m.paid() == 0);
  m.file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "350000\n");
  CHECK(m.paid() == 4);
  m.file("/sys/fs/cgroup/cpu,cpuacct/nested/cpu.cfs_quota_us", "100000\n");
  CHECK(m.paid() == 4);  // no period
  m.file("/sys/fs/cgroup/cpu,cpuacct/nested/cpu.cfs_period_us", "50000\n");
  CHECK(m.paid() == 2);
  m.file("/sys/fs/cgroup/memory/cpu.cfs_quota_us", "1\n").file("/sys/fs/cgroup/memory/cpu.cfs_period_us", "1\n");
  CHECK(m.paid() == 2);  // another hierarchy's
}

TEST_CASE("a process may use at least one processor, and a pool takes what it may use") {
  const auto all = weft::usable_processors();
  CHECK(all >= 1);
  CHECK(weft::thread_pool().workers() == all);
#if defined(__linux__)
  cpu_set_t before, one;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CPU_ZERO(&one);
  for (std::size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(weft::usable_processors() == 1);
  CHECK(weft::thread_pool().workers() == 1);
  CHECK(::sched_setaffinity(0, sizeof before, &before) == 0);
#endif
}
