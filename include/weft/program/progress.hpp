#pragma once
// How far a long run is: one line on standard error, where a person looks at it. Debian has no library of progress bars
// for C++, and one line needs none.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

class progress {
 public:
  /// `total` bytes come in; 0 where nobody knows. Shows nothing unless standard error is a terminal, and standard
  /// output, where the answers themselves would be seen, is none.
  progress(bool wanted, index_t total) : shown_(wanted && ::isatty(2) && !::isatty(1)), total_(total) {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { clear(); }

  /// So many lines and bytes are done. Drawn ten times a second at most.
  void show(index_t lines, index_t bytes) {
    const auto now = clock::now();
    if (!shown_ || now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::string text;
    if (total_ > 0) {
      constexpr index_t width = 30;
      const double part = bytes >= total_ ? 1.0 : static_cast<double>(bytes) / static_cast<double>(total_);
      const auto full = static_cast<std::size_t>(part * width);
      text = "[" + std::string(full, '=') + std::string(width - full, ' ') + "] " +
             std::to_string(static_cast<int>(100 * part)) + " %, ";
    }
    text += std::to_string(lines) + " lines, " +
            std::to_string(static_cast<index_t>(static_cast<double>(lines) / (seconds > 0 ? seconds : 1))) +
            " a second";
    std::fprintf(stderr, "\r%s\033[K", text.c_str());
    std::fflush(stderr);
    dirty_ = true;
  }
  /// Takes the line away, before something else is written there.
  void clear() {
    if (!dirty_) return;
    std::fprintf(stderr, "\r\033[K");
    std::fflush(stderr);
    dirty_ = false;
  }

 private:
  using clock = std::chrono::steady_clock;
  bool shown_, dirty_ = false;
  index_t total_;
  clock::time_point start_ = clock::now(), drawn_ = start_;
};

}  // namespace weft::program
