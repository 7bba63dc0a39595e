#pragma once
// The programs that `weft embed`, `weft classify` and their like compile and run: texts in, answers out, line by line.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <new>
#include <optional>
#include <string>
#include <vector>
#include <weft/memory/thread_pool.hpp>
#include <weft/program/failure.hpp>
#include <weft/program/printing.hpp>
#include <weft/program/progress.hpp>
#include <weft/program/task.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// What is written into a program or a library whose model is inside its own file.
inline constexpr const char* inside = ".";

/// The directory of the model that a program or a library was built from. `built_from` is what was written into it:
/// relative, it lies in the folder of `self`. Throws weft::error where nothing was, or nothing is inside any more.
inline std::string model_of(const char* built_from, const std::filesystem::path& self) {
  if (!*built_from) fail({.subject = "--model", .found = "nothing", .wanted = "the model's directory"});
  if (built_from == std::string_view(inside)) {
    if (!is_folder(self))
      fail({.file = self.string(),
            .found = "no model inside",
            .wanted = "the one that weft build put there",
            .remedy = "build it again, and do not strip it: that cuts the model off"});
    return self.string();
  }
  const std::filesystem::path at = built_from;
  return at.is_absolute() ? at.string() : (self.parent_path() / at).string();
}

/// Answers texts as they come and writes the answers in order. Memory is bounded by what line_source reads at once.
template <text_task Task>
class line_runner {
 public:
  line_runner(Task& task, const request& r) : task_(task), request_(r), progress_(!r.quiet, total_of(r)) {}

  /// The program's exit code: 0, or 1 where a text could not be answered.
  int run() {
    if (!request_.texts.empty()) {
      std::vector<line> lines;
      for (const auto text : request_.texts)
        lines.push_back({static_cast<index_t>(lines.size()) + 1, text, fault_of(text)});
      answer(lines);
    } else {
      line_source in(0);
      for (std::vector<line> lines; !over_ && in.next(lines);) {
        answer(lines);
        closed_ = !write_all(1, out_);
        over_ = over_ || closed_;
        out_.clear();
        progress_.show(lines.back().number, in.bytes());
      }
    }
    progress_.clear();
    if (!over_) task_.finish(out_);
    if (!closed_) write_all(1, out_);
    return faults_ > 0 ? 1 : 0;
  }

 private:
  // The size of standard input where it is a file.
  static index_t total_of(const request& r) {
    struct ::stat status {};
    return r.texts.empty() && ::fstat(0, &status) == 0 && S_ISREG(status.st_mode) ? index_t{status.st_size} : 0;
  }

  void report(const line& l, std::string_view what) {
    ++faults_;
    if (request_.strict) over_ = true;
    progress_.clear();
    complain((request_.texts.empty() ? "line " : "text ") + std::to_string(l.number) + ": " + std::string(what));
  }

  void answer(const std::vector<line>& lines) {
    std::vector<line> good;
    for (const auto& l : lines) {
      if (l.fault.empty()) {
        good.push_back(l);
        continue;
      }
      // Those before a bad line come first.
      if (request_.strict) answer_good(good), good.clear();
      if (!over_) report(l, l.fault);
      if (over_) return;
    }
    answer_good(good);
  }

  void answer_good(list<const line> lines) {
    for (index_t i = 0; i < lines.size() && !over_; i += Task::together)
      answer_some(lines.part(i, std::min(lines.size(), i + Task::together)));
  }

  void answer_some(list<const line> lines) {
    const auto before = out_.size();
    try {
      task_.append(lines, out_);
    } catch (const error& e) {
      out_.resize(before);
      if (lines.size() == 1) return report(lines[0], e.what());
      // One bad line spoils no other: halves, until it is alone.
      answer_some(lines.part(0, lines.size() / 2));
      if (!over_) answer_some(lines.part(lines.size() / 2, lines.size()));
    }
  }

  Task& task_;
  const request& request_;
  progress progress_;
  std::string out_;
  index_t faults_ = 0;
  bool over_ = false;    // nobody reads on, or a strict run met a fault
  bool closed_ = false;  // the former
};

/// The program itself. Exit codes: 0 everything was answered, 1 something was not, 2 the command line is wrong. A
/// closed pipe ends it with 0 and in silence.
template <text_task Task>
int main_of(int count, char** words, const char* built_from) {
  std::signal(SIGPIPE, SIG_IGN);
  hold_standard_streams();
  request r;
  try {
    if (count == 2 && std::string_view(words[1]) == "--help") {
      page help;
      help << words[0]
           << " [OPTION...] [TEXT...]\n  Answers texts, or the lines of standard input. Options: --json --quiet "
              "--strict --threads N --model DIR --family NAME --allow-nonfinite"
           << Task::options.substr(0, Task::options.size() - 1) << "\n";
      help.print();
      return 0;
    }
  } catch (const error& e) {
    complain(e.what());
    return 1;
  }
  try {
    r = read_request(count, words, Task::options);
  } catch (const error& e) {
    complain(e.what());
    return 2;
  }
  try {
    std::error_code ignored;
    if (r.directory.empty())
      r.directory = model_of(built_from, std::filesystem::read_symlink("/proc/self/exe", ignored));
    std::optional<thread_pool> pool;
    if (r.threads != 1) pool.emplace(r.threads).require(r.threads);
    auto files = files_of(r, Task::sentences);
    if (r.allow_nonfinite && !r.quiet)
      for (const auto& one : nonfinite_tensors(files.source.weights))
        complain("warning: " + weft::detail::printable_whole(files.source.weights.file() + ": " + one));
    Task task(r, how_of(r, pool ? executor(*pool) : executor()), std::move(files));
    if constexpr (requires { Task::remark; })
      if (!r.quiet && !Task::remark.empty()) say(Task::remark);
    if (r.texts.empty() && !r.quiet && ::isatty(0) && ::isatty(2)) say("One text a line; Ctrl-D ends.");
    return line_runner<Task>(task, r).run();
  } catch (...) {
    complain(last_words());
    return 1;
  }
}

}  // namespace weft::program
