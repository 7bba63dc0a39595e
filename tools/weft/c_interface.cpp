// The C interface of `weft build --library`.
#include "c_interface.hpp"

#include <weft/base/version.hpp>

namespace weft_program {

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size()) text.replace(at, what.size(), by);
  return text;
}

constexpr const char* source = R"(
#include <weft/program/c_interface.hpp>
#include <dlfcn.h>

namespace {
using c_task_model = weft::program::c_model<TASK>;

std::filesystem::path own_file() {
  Dl_info where{};
  std::error_code ignored;
  if (dladdr(reinterpret_cast<const void*>(&own_file), &where) == 0 || !where.dli_fname) return {};
  return std::filesystem::absolute(where.dli_fname, ignored);
}
}  // namespace

#define WEFT_EXPORTED extern "C" [[gnu::visibility("default")]]
WEFT_EXPORTED int PREFIX_version() noexcept { return weft::program::c_version; }
WEFT_EXPORTED const char* PREFIX_error() noexcept { return weft::program::c_failure().c_str(); }
WEFT_EXPORTED int PREFIX_open(const char* directory, int count, const char* const* options, c_task_model** model) noexcept {
  return c_task_model::open(directory, count, options, weft_built_from, own_file(), model);
}
WEFT_EXPORTED void PREFIX_close(c_task_model* model) noexcept { delete model; }
WEFT_EXPORTED size_t PREFIX_count(const c_task_model* model) noexcept { return model ? model->count() : 0; }
WEFT_EXPORTED const char* PREFIX_label(const c_task_model* model, size_t i) noexcept { return model ? model->label(i) : nullptr; }
WEFT_EXPORTED int PREFIX_values(c_task_model* model, const char* text, size_t bytes, float* values, size_t count) noexcept {
  return c_task_model::values(model, text, bytes, values, count);
}
WEFT_EXPORTED int PREFIX_all_values(c_task_model* model, size_t texts, const char* const* text, const size_t* bytes, float* values, size_t count) noexcept {
  return c_task_model::all_values(model, texts, text, bytes, values, count);
}
WEFT_EXPORTED int PREFIX_all_answers(c_task_model* model, size_t texts, const char* const* text, const size_t* bytes, char** json) noexcept {
  return c_task_model::all_answers(model, texts, text, bytes, json);
}
WEFT_EXPORTED int PREFIX_answer(c_task_model* model, const char* text, size_t bytes, char** json) noexcept {
  return c_task_model::answer(model, text, bytes, json);
}
WEFT_EXPORTED void PREFIX_free(char* json) noexcept { std::free(json); }
)";

constexpr const char* header =
    R"(/* A model that weft VERSION compiled, for C: the task is TASK. Written by `weft build --library`.
 *
 *   PREFIX_model* model;
 *   if (PREFIX_open(NULL, 0, NULL, &model) != PREFIX_ok) { puts(PREFIX_error()); return 1; }
 *   char* json;
 *   if (PREFIX_answer(model, "a text", 6, &json) == PREFIX_ok) { puts(json); PREFIX_free(json); }
 *   PREFIX_close(model);
 *
 * Texts are UTF-8 and need no zero at the end. Functions that return int return one of the codes below; none throws.
 * Several threads may call one model at once, each with its own texts. */
#ifndef PREFIX_INCLUDED
#define PREFIX_INCLUDED
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

enum {
  PREFIX_ok = 0,
  PREFIX_input = 1,    /* a text, a file, an option or an argument is wrong */
  PREFIX_memory = 2,   /* there is no memory left */
  PREFIX_internal = 3, /* anything else */
  PREFIX_header_version = NUMBER
};

typedef struct PREFIX_model PREFIX_model;

/* PREFIX_header_version, unless the library is newer or older than this header. */
int PREFIX_version(void);

/* A sentence about what went wrong last in this thread; valid until something else does. */
const char* PREFIX_error(void);

/* Loads the model: from a directory, or with NULL from where it was built. `options` are `count` options of the
 * program, as "--threads=1" (one a usable core otherwise) or "--truncate". *model is NULL unless it returns PREFIX_ok. */
int PREFIX_open(const char* directory, int count, const char* const* options, PREFIX_model** model);
void PREFIX_close(PREFIX_model* model);

/* How many numbers a text has: the vector's width, or the number of labels; 0 where answers are JSON only. */
size_t PREFIX_count(const PREFIX_model* model);

/* The name of number i; NULL where they have none. Lives as long as the model. */
const char* PREFIX_label(const PREFIX_model* model, size_t i);

/* The numbers of a text: its vector, or its score for each label. There must be room for PREFIX_count of them. */
int PREFIX_values(PREFIX_model* model, const char* text, size_t bytes, float* values, size_t count);

/* The answer as a JSON object, as `weft` prints it with --json. PREFIX_free gives it back. */
int PREFIX_answer(PREFIX_model* model, const char* text, size_t bytes, char** json);
void PREFIX_free(char* json);

/* The same for `texts` texts at once, which is faster: text[i] has bytes[i] bytes. Values lie text by text, answers are
 * a line each. What is wrong with one text fails the call; PREFIX_error says which. */
int PREFIX_all_values(PREFIX_model* model, size_t texts, const char* const* text, const size_t* bytes, float* values,
                      size_t count);
int PREFIX_all_answers(PREFIX_model* model, size_t texts, const char* const* text, const size_t* bytes, char** json);

#ifdef __cplusplus
}
#endif
#endif
)";

}  // namespace

std::string c_interface_source(const std::string& type, const std::string& prefix) {
  return replaced(replaced(source, "TASK", type), "PREFIX", prefix);
}

std::string c_interface_header(const std::string& task, const std::string& prefix) {
  auto text = replaced(replaced(header, "NUMBER", std::to_string(c_interface_version)), "VERSION", weft::version);
  return replaced(replaced(text, "TASK", task), "PREFIX", prefix);
}

}  // namespace weft_program
