#pragma once
// Programs that weft starts, and the signals that end them with it.
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace weft_program {

/// While one exists, SIGINT, SIGTERM and SIGHUP end the children first; check_interrupted and wait_for then throw, so
/// that destructors remove what is unfinished, and the last one of these lets the signal end weft.
class interruptible {
 public:
  interruptible();
  ~interruptible();
  interruptible(const interruptible&) = delete;
  interruptible& operator=(const interruptible&) = delete;
};

/// Throws if a signal came that ends weft. No std::exception: nobody is to report it.
struct interrupted {};
void check_interrupted();

struct start_options {
  std::filesystem::path output_to = {};  ///< a file for its output; empty: where weft's own goes
  bool errors_too = true;                ///< what it says on standard error goes there as well
  bool alone = false;  ///< a group of processes of its own, which ends as one; it has no standard input
};

/// Starts a program without a shell. Throws weft::error where the system cannot start one more.
pid_t start(const std::vector<std::string>& command, const start_options& how = {});

/// How a program ended.
struct outcome {
  int status = 0;  ///< 126: its output has no place; 127: it could not be run
  int signal = 0;  ///< that ended it; 0: none
  bool good() const { return status == 0 && signal == 0; }
};
outcome wait_for(pid_t child);

/// Ends those that still run, as where something else failed meanwhile.
void end_children();

/// A program that weft ran has said what is wrong: weft ends with 1 and adds nothing. No std::exception: nobody is to
/// report it.
struct said_already {};

/// Both at once.
outcome run(const std::vector<std::string>& command, const start_options& how = {});

}  // namespace weft_program
