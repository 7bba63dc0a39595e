#include "children.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <weft/base/error.hpp>

namespace weft_program {

namespace {

constexpr std::array ending{SIGINT, SIGTERM, SIGHUP};
std::array<struct sigaction, ending.size()> before{};
int guards = 0;
volatile std::sig_atomic_t came = 0;

// Those that run now; negative where a whole group is meant. More than these are never started at once.
std::array<std::atomic<pid_t>, 16> running{};
static_assert(std::atomic<pid_t>::is_always_lock_free);

// Nothing but kill: what unwinding removes cannot be removed here. A second signal is not asked for patience.
void note(int number) {
  const auto errors = errno;
  for (const auto& child : running)
    if (const auto at = child.load()) ::kill(at, came ? SIGKILL : SIGTERM);
  came = number;
  errno = errors;
}

sigset_t all_ending() {
  sigset_t set;
  sigemptyset(&set);
  for (const auto number : ending) sigaddset(&set, number);
  return set;
}

// Signals wait while a child is made and written down.
class later {
 public:
  later() {
    const auto set = all_ending();
    sigprocmask(SIG_BLOCK, &set, &mask_);
  }
  ~later() { restore(); }
  void restore() const { sigprocmask(SIG_SETMASK, &mask_, nullptr); }

 private:
  sigset_t mask_;
};

[[noreturn]] void become(const std::vector<char*>& arguments, const start_options& how) {
  if (how.alone) {
    ::setpgid(0, 0);
    if (const auto nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) ::dup2(nothing, 0);
    ::setenv("LC_ALL", "C", 1);  // its messages are looked at
  }
  if (!how.output_to.empty()) {
    const auto file = ::open(how.output_to.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || ::dup2(file, 1) < 0 || (how.errors_too && ::dup2(1, 2) < 0)) ::_exit(126);
  }
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

interruptible::interruptible() {
  if (guards++ > 0) return;
  struct sigaction noting {};
  noting.sa_handler = note;
  noting.sa_flags = SA_RESTART;
  noting.sa_mask = all_ending();
  for (std::size_t i = 0; i < ending.size(); ++i) {
    sigaction(ending[i], nullptr, &before[i]);
    if (before[i].sa_handler != SIG_IGN) sigaction(ending[i], &noting, nullptr);  // as under nohup
  }
}

interruptible::~interruptible() {
  if (--guards > 0) return;
  for (std::size_t i = 0; i < ending.size(); ++i) sigaction(ending[i], &before[i], nullptr);
  if (came) std::raise(came);
}

void check_interrupted() {
  if (came) throw interrupted{};
}

pid_t start(const std::vector<std::string>& command, const start_options& how) {
  check_interrupted();
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::atomic<pid_t>* place = nullptr;
  for (auto& child : running)
    if (!child.load()) place = &child;
  const later signals;
  const auto child = place ? ::fork() : -1;
  if (child == 0) {
    signals.restore();
    become(arguments, how);
  }
  if (child < 0)
    weft::fail({.subject = command[0],
                .found = std::string("it could not be started: ") + std::strerror(place ? errno : EAGAIN),
                .remedy = "let other programs end, or raise the limit of processes"});
  if (how.alone) ::setpgid(child, child);  // whoever comes first
  place->store(how.alone ? -child : child);
  return child;
}

outcome wait_for(pid_t child) {
  // Its number is forgotten before another process can have it.
  siginfo_t ignored;
  while (::waitid(P_PID, static_cast<id_t>(child), &ignored, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
  for (auto& other : running)
    if (const auto at = other.load(); at == child || at == -child) other.store(0);
  int status = 0;
  if (::waitpid(child, &status, 0) < 0) return {.status = 127};
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1, .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

void end_children() {
  for (const auto& child : running)
    if (const auto at = child.load()) {
      ::kill(at, SIGTERM);
      wait_for(at < 0 ? -at : at);
    }
}

outcome run(const std::vector<std::string>& command, const start_options& how) {
  const interruptible orderly;
  const auto ended = wait_for(start(command, how));
  check_interrupted();
  return ended;
}

}  // namespace weft_program
