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
  /// `total` bytes come in, or steps are made; 0 where nobody knows. Shows nothing unless standard error is a terminal,
  /// and standard output, where the answers themselves would be seen, is none, or nothing is written there meanwhile.
  progress(bool wanted, index_t total, bool alone = false)
      : shown_(wanted && ::isatty(2) && (alone || !::isatty(1))), total_(total) {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { clear(); }

  /// So many lines and bytes are done. Drawn ten times a second at most.
  void show(index_t lines, index_t bytes) {
    const auto now = clock::now();
    if (!shown_ || now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    draw(bytes, std::to_string(lines) + " lines, " +
                    std::to_string(static_cast<index_t>(static_cast<double>(lines) / (seconds > 0 ? seconds : 1))) +
                    " a second");
  }
  /// So many steps are made, and a few numbers about them.
  void show_step(index_t steps, const std::string& numbers) {
    const auto now = clock::now();
    if (!shown_ || now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const auto left = static_cast<index_t>(seconds / static_cast<double>(steps > 0 ? steps : 1) *
                                           static_cast<double>(total_ - steps));
    draw(steps,
         numbers + ", " + (left < 120 ? std::to_string(left) + " s left" : std::to_string(left / 60) + " min left"));
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
  void draw(index_t done, const std::string& behind) {
    std::string text;
    if (total_ > 0) {
      constexpr index_t width = 30;
      const double part = done >= total_ ? 1.0 : static_cast<double>(done) / static_cast<double>(total_);
      const auto full = static_cast<std::size_t>(part * width);
      text = "[" + std::string(full, '=') + std::string(width - full, ' ') + "] " +
             std::to_string(static_cast<int>(100 * part)) + " %, ";
    }
    std::fprintf(stderr, "\r%s\033[K", (text + behind).c_str());
    std::fflush(stderr);
    dirty_ = true;
  }
  bool shown_, dirty_ = false;
  index_t total_;
  clock::time_point start_ = clock::now(), drawn_ = start_;
};

}  // namespace weft::program
