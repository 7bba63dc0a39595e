#pragma once
// What the C interface of `weft build --library` is made of. No exception leaves it: failures are codes and a text.
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <utility>
#include <weft/memory/thread_pool.hpp>
#include <weft/program/failure.hpp>
#include <weft/program/run.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// Raised when a function of the interface changes or goes.
inline constexpr int c_version = 1;

enum c_code : int {
  c_ok = 0,
  c_input = 1,     ///< a text, a file, an option or an argument is wrong
  c_memory = 2,    ///< there is no memory left
  c_internal = 3,  ///< anything else
};

/// What went wrong last in this thread.
inline std::string& c_failure() {
  thread_local std::string text;
  return text;
}

/// Runs body() and turns what it throws into a code.
template <class Body>
int c_guarded(const Body& body) noexcept {
  try {
    body();
    return c_ok;
  } catch (...) {
    try {
      auto [kind, sentence] = current_failure();
      c_failure() = std::move(sentence);
      return kind == failure_kind::input ? c_input : kind == failure_kind::memory ? c_memory : c_internal;
    } catch (...) {  // no memory for a sentence: the code has to do
      return c_memory;
    }
  }
}

/// A model behind the interface. Calls take turns.
template <text_task Task>
class c_model {
 public:
  /// `self` is the library's own file; `options` are those of the program, as "--threads=1".
  c_model(const char* directory, int count, const char* const* options, const char* built_from,
          const std::filesystem::path& self)
      : request_(request_of(directory, count, options, built_from, self)) {
    if (request_.threads != 1) pool_.emplace(request_.threads).require(request_.threads);
    task_.emplace(request_, how_of(request_, pool_ ? executor(*pool_) : executor()),
                  files_of(request_, Task::sentences));
  }

  static int open(const char* directory, int count, const char* const* options, const char* built_from,
                  const std::filesystem::path& self, c_model** out) noexcept {
    return c_guarded([&] {
      wanted(out, "the place of the model");
      *out = nullptr;
      *out = new c_model(directory, count, options, built_from, self);
    });
  }

  std::size_t count() const noexcept { return static_cast<std::size_t>(task_->count()); }
  const char* label(std::size_t i) const noexcept {
    return i < count() && !task_->label(static_cast<index_t>(i)).empty() ? task_->label(static_cast<index_t>(i)).data()
                                                                         : nullptr;
  }

  static int values(c_model* model, const char* text, std::size_t bytes, float* out, std::size_t room) noexcept {
    return c_guarded([&] {
      const auto in = checked(model, text, bytes);
      wanted(out, "the place of the values");
      const std::lock_guard turn(model->turn_);
      if (model->count() == 0 || room < model->count())
        fail({.subject = "values",
              .found = "room for " + std::to_string(room),
              .wanted = model->count() == 0 ? "answers, which this task gives as JSON"
                                            : "room for " + std::to_string(model->count())});
      const auto all = model->task_->values(in);
      std::copy(all.begin(), all.end(), out);
    });
  }

  static int answer(c_model* model, const char* text, std::size_t bytes, char** json) noexcept {
    return c_guarded([&] {
      wanted(json, "the place of the answer");
      *json = nullptr;
      const auto in = checked(model, text, bytes);
      const line alone{1, in};
      std::string said;
      {
        const std::lock_guard turn(model->turn_);
        model->task_->append({&alone, 1}, said);
      }
      if (!said.empty()) said.pop_back();  // the line's end
      auto* const copy = static_cast<char*>(std::malloc(said.size() + 1));
      if (!copy) throw std::bad_alloc();
      std::memcpy(copy, said.c_str(), said.size() + 1);
      *json = copy;
    });
  }

 private:
  static void wanted(const void* pointer, const char* what) {
    if (!pointer) fail({.subject = what, .found = "a null pointer"});
  }
  static std::string_view checked(c_model* model, const char* text, std::size_t bytes) {
    wanted(model, "the model");
    if (bytes > 0) wanted(text, "the text");
    if (constexpr auto most = std::numeric_limits<index_t>::max(); bytes > static_cast<std::size_t>(most))
      fail({.subject = "the text", .found = std::to_string(bytes) + " bytes", .wanted = "the number of its bytes"});
    const std::string_view in(text, bytes);
    if (const auto fault = fault_of(in); !fault.empty()) fail(fault);
    return in;
  }
  static request request_of(const char* directory, int count, const char* const* options, const char* built_from,
                            const std::filesystem::path& self) {
    if (count < 0)
      fail({.subject = "the options", .found = "a count of " + std::to_string(count), .wanted = "at least 0"});
    std::vector<const char*> words{""};
    for (int i = 0; i < count; ++i) {
      wanted(options, "the options");
      wanted(options[i], "an option");
      words.push_back(options[i]);
    }
    auto r = read_request(static_cast<int>(words.size()), words.data(), Task::options);
    if (!r.texts.empty()) fail({.subject = "options", .found = r.texts[0], .wanted = "options, as \"--threads=1\""});
    r.json = true;
    if (directory) r.directory = directory;
    if (r.directory.empty()) r.directory = model_of(built_from, self);
    return r;
  }

  request request_;
  std::optional<thread_pool> pool_;
  std::optional<Task> task_;
  std::mutex turn_;
};

}  // namespace weft::program
