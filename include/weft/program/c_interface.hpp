#pragma once
// What the C interface of `weft build --library` is made of. No exception leaves it: failures are codes and a text.
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <utility>
#include <vector>
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

/// A model behind the interface. Several threads may call it at once: each call has a copy of the task for itself.
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
    return all_values(model, 1, &text, &bytes, out, room);
  }
  /// The numbers of `texts` texts, text by text.
  static int all_values(c_model* model, std::size_t texts, const char* const* text, const std::size_t* bytes,
                        float* out, std::size_t room) noexcept {
    return c_guarded([&] {
      const auto in = checked(model, texts, text, bytes);
      if (texts > 0) wanted(out, "the place of the values");
      const auto each = model->count();
      // Compared by division, as their product may be no number.
      if (each == 0 || room / each < texts)
        fail({.subject = "values",
              .found = "room for " + std::to_string(room),
              .wanted = each == 0 ? "answers, which this task gives as JSON"
                                  : "room for " + std::to_string(texts) + " times " + std::to_string(each)});
      std::vector<std::string_view> only;
      for (const auto& l : in) only.push_back(l.text);
      const auto all = borrowed(*model)->values(only);
      std::copy(all.begin(), all.end(), out);
    });
  }

  static int answer(c_model* model, const char* text, std::size_t bytes, char** json) noexcept {
    return all_answers(model, 1, &text, &bytes, json);
  }
  /// The answers of `texts` texts, a line each.
  static int all_answers(c_model* model, std::size_t texts, const char* const* text, const std::size_t* bytes,
                         char** json) noexcept {
    return c_guarded([&] {
      wanted(json, "the place of the answer");
      *json = nullptr;
      const auto in = checked(model, texts, text, bytes);
      std::string said;
      if (!in.empty()) borrowed(*model)->append(in, said);
      if (!said.empty()) said.pop_back();  // the last line's end
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
  static std::vector<line> checked(c_model* model, std::size_t texts, const char* const* text,
                                   const std::size_t* bytes) {
    wanted(model, "the model");
    if (texts > 0) wanted(text, "the texts"), wanted(bytes, "the numbers of their bytes");
    std::vector<line> all;
    for (std::size_t i = 0; i < texts; ++i) {
      const auto name = texts == 1 ? std::string("the text") : "text " + std::to_string(i + 1);
      if (bytes[i] > 0) wanted(text[i], name.c_str());
      if (bytes[i] > static_cast<std::size_t>(std::numeric_limits<index_t>::max()))
        fail({.subject = name, .found = std::to_string(bytes[i]) + " bytes", .wanted = "the number of its bytes"});
      const std::string_view in(text[i], bytes[i]);
      if (const auto fault = fault_of(in); !fault.empty()) fail(texts == 1 ? fault : name + ": " + fault);
      all.push_back({static_cast<index_t>(i) + 1, in});
    }
    return all;
  }
  // A task of one call's own: a copy of the model's, which shares its weights, or one that an earlier call gave back.
  class borrowed {
   public:
    explicit borrowed(c_model& of) : of_(of) {
      {
        const std::lock_guard hold(of_.hold_);
        if (!of_.idle_.empty()) own_ = std::move(of_.idle_.back()), of_.idle_.pop_back();
      }
      if (!own_) own_ = std::make_unique<Task>(std::as_const(*of_.task_));
    }
    borrowed(const borrowed&) = delete;
    borrowed& operator=(const borrowed&) = delete;
    ~borrowed() {
      try {
        const std::lock_guard hold(of_.hold_);
        of_.idle_.push_back(std::move(own_));
      } catch (...) {  // no memory to keep it
      }
    }
    Task* operator->() { return own_.get(); }

   private:
    c_model& of_;
    std::unique_ptr<Task> own_;
  };

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
    if (!r.out.empty()) fail({.subject = "--out", .found = r.out, .wanted = "no file: values are given to the caller"});
    r.json = true;
    if (directory) r.directory = directory;
    if (r.directory.empty()) r.directory = model_of(built_from, self);
    return r;
  }

  request request_;
  std::optional<thread_pool> pool_;
  std::optional<Task> task_;  // as it was loaded: calls run copies
  std::mutex hold_;
  std::vector<std::unique_ptr<Task>> idle_;
};

}  // namespace weft::program
