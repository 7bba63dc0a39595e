#pragma once
// What the tasks have in common: texts in, answers appended to a string.
#include <cstdio>
#include <optional>
#include <string>
#include <weft/pipeline/options.hpp>
#include <weft/program/files.hpp>
#include <weft/program/lines.hpp>
#include <weft/program/output.hpp>
#include <weft/program/request.hpp>
#include <weft/text/tokenizer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// What a task offers. `sentences`: whether it reads modules.json. `together`: how many texts one call may answer; if a
/// call throws, its texts are answered in halves, until a bad text is alone and spoils no other.
template <class T>
concept text_task = requires(T& t, const request& r, const pipeline_options& o, model_files files,
                             list<const line> lines, std::string& to) {
  T(r, o, files);
  { T::name } -> std::convertible_to<std::string_view>;
  { T::options } -> std::convertible_to<std::string_view>;
  { T::together } -> std::convertible_to<index_t>;
  { T::sentences } -> std::convertible_to<bool>;
  t.append(lines, to);
  t.finish(to);
};

/// How a request's pipeline runs.
inline pipeline_options how_of(const request& r, executor run) {
  return {.run = run,
          .max_length = r.max_length,
          .refuse_longer = !r.truncate,
          .allow_nonfinite = r.allow_nonfinite,
          .width = r.width,
          .depth = r.depth};
}

/// Only the texts of some lines, as the pipelines take them.
inline std::vector<std::string_view> texts_of(list<const line> lines) {
  std::vector<std::string_view> all;
  for (const auto& l : lines) all.push_back(l.text);
  return all;
}

/// The two texts of a line with a tab between them. Throws weft::error where there is none.
inline std::pair<std::string_view, std::string_view> pair_of(std::string_view text) {
  const auto tab = text.find('\t');
  if (tab == text.npos) fail({.found = "no tab", .wanted = "two texts with a tab between them"});
  return {text.substr(0, tab), text.substr(tab + 1)};
}

/// `{"line":7,`
inline void begin_object(std::string& to, const line& l) { (to += "{\"line\":") += std::to_string(l.number) + ","; }

/// `"key":`
inline void append_key(std::string& to, std::string_view key) { ((to += '"') += key) += "\":"; }

}  // namespace weft::program
