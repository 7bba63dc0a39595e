#pragma once
// The programs that `weft embed`, `weft classify` and their like compile and run: texts in, answers out, line by line.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <optional>
#include <string>
#include <vector>
#include <weft/memory/thread_pool.hpp>
#include <weft/program/failure.hpp>
#include <weft/program/printing.hpp>
#include <weft/program/progress.hpp>
#include <weft/program/rank_file.hpp>
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
  line_runner(Task& task, const request& r) : line_runner(task, r, 1, "standard output", total_of(r)) {}
  /// Answers go to an open file that a person calls `where`; `bytes` of texts come in.
  line_runner(Task& task, const request& r, int to, std::string where, index_t bytes)
      : task_(task), request_(r), progress_(!r.quiet, bytes, to != 1), to_(to), where_(std::move(where)) {}

  /// The program's exit code: 0, or 1 where a text could not be answered.
  int run() {
    if (!request_.texts.empty()) {
      std::vector<line> lines;
      for (const auto text : request_.texts)
        lines.push_back({static_cast<index_t>(lines.size()) + 1, text, fault_of(text)});
      answer(lines);
    } else {
      line_source in(0);
      read(in);
    }
    return end();
  }
  /// Answers all lines of a source but those up to number `after`.
  void read(line_source& in, index_t after = 0) {
    for (std::vector<line> lines; !over_ && in.next(lines);) {
      const auto known = [&](const line& l) { return l.number <= after; };
      lines.erase(lines.begin(), std::find_if_not(lines.begin(), lines.end(), known));
      if (lines.empty()) continue;
      answer(lines);
      closed_ = !write_all(to_, out_, where_);
      over_ = over_ || closed_;
      out_.clear();
      progress_.show(lines.back().number, bytes_ + in.bytes());
    }
    bytes_ += in.bytes();
  }
  /// The exit code, behind the last source.
  int end() {
    progress_.clear();
    if (!over_) task_.finish(out_);
    if (!closed_) write_all(to_, out_, where_);
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
  int to_;
  std::string where_, out_;
  index_t faults_ = 0, bytes_ = 0;
  bool over_ = false;    // nobody reads on, or a strict run met a fault
  bool closed_ = false;  // the former
};

namespace detail {

/// What decides the bytes of a run over files, as a text: the model's files, the options, the texts, the share.
inline std::string run_of(const request& r, std::string_view task, const std::filesystem::path& model,
                          const std::vector<std::string>& texts, rank_of_many who) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  std::string said = std::string(task) + r.decisions + '\n';
  const auto file = [&](const fs::path& p, bool changed) {
    said += p.string() + ' ' + std::to_string(fs::file_size(p, ignored));
    if (changed) said += ' ' + std::to_string(fs::last_write_time(p, ignored).time_since_epoch().count());
    said += '\n';
  };
  std::vector<fs::path> parts;
  for (const auto& entry : fs::directory_iterator(model, ignored))
    if (entry.is_regular_file(ignored)) parts.push_back(entry.path());
  if (parts.empty()) parts.push_back(model);  // which is inside a program
  std::sort(parts.begin(), parts.end());
  for (const auto& part : parts) file(part, true);
  for (const auto& text : texts) file(text, false);
  return said + "rank " + std::to_string(who.rank) + " of " + std::to_string(who.ranks) + '\n';
}

}  // namespace detail

/// A rank's share of files of texts, to a file of its own. What it made before it was killed is not made again.
template <text_task Task>
int run_share(Task& task, const request& r, const std::string& run, rank_of_many who,
              const std::vector<std::string>& files) {
  rank_file to(r.out, who, task.ending(), task.row_bytes(), run);
  const auto shares = share_of(files, who.rank, who.ranks);
  const index_t first = shares.empty() ? 0 : shares.front().before + 1;
  if (!to.whole()) {
    index_t bytes = 0;
    for (const auto& share : shares) bytes += share.end - share.begin;
    const index_t after = task.row_bytes() > 0 ? first - 1 + to.done() : to.done();
    if (to.done() > 0 && !r.quiet) say("goes on behind line " + std::to_string(after));
    line_runner<Task> runner(task, r, to.descriptor(), to.name(), bytes);
    for (const auto& share : shares) {
      const open_file file(share.file);
      if (const off_t begin = share.begin; ::lseek(file.descriptor(), begin, SEEK_SET) < 0)
        fail({.file = share.file, .found = std::strerror(errno), .wanted = "a file that can be read"});
      line_source in(file.descriptor(), share.end - share.begin, share.before, share.file);
      runner.read(in, after);
    }
    if (const int status = runner.end()) return status;
    to.finish(first);
  }
  if (const auto all = to.all(); !all.empty()) (page() << all << "\n").print();
  return 0;
}

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
    constexpr bool shares = requires(Task & t) { t.row_bytes(); };
    std::string run;
    rank_of_many who;
    std::vector<std::string> texts;
    if constexpr (shares)
      if (!r.in.empty()) {
        who = rank_in(r, [](const char* name) { return std::getenv(name); });
        texts = files_of_texts(r.in);
        run = detail::run_of(r, Task::name, files.modules.model, texts, who);
      }
    Task task(r, how_of(r, pool ? executor(*pool) : executor()), std::move(files));
    if constexpr (requires { Task::remark; })
      if (!r.quiet && !Task::remark.empty()) say(Task::remark);
    if constexpr (shares)
      if (!r.in.empty()) return run_share(task, r, run, who, texts);
    if (r.texts.empty() && !r.quiet && ::isatty(0) && ::isatty(2)) say("One text a line; Ctrl-D ends.");
    return line_runner<Task>(task, r).run();
  } catch (...) {
    complain(last_words());
    return 1;
  }
}

}  // namespace weft::program
