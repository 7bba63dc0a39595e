#pragma once
// What encoders are timed on, by name: texts of which lengths, and ids for them.
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/memory/batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::bench {

/// Lengths of 32 texts as they come: log-normal with a median of 24, cut to 4 ... 128; 1,122 tokens. They are written
/// out, since other engines are timed on the same.
inline constexpr std::array<index_t, 32> ragged_lengths{32, 24, 15, 4,  24, 53, 58, 15, 128, 125, 20,
                                                        21, 54, 19, 29, 68, 66, 15, 16, 15,  24,  26,
                                                        17, 46, 25, 24, 5,  7,  13, 33, 11,  90};

struct workload {
  std::string name;
  std::vector<index_t> lengths;
};

namespace detail {
// Takes the digits at the beginning of `text`: 1 to 9,999,999; 0 if there is no such number.
inline index_t take_number(std::string_view& text) {
  index_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || n < 1 || n > 9'999'999) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return n;
}
}  // namespace detail

/// "b8s128": eight texts of 128 tokens. "128+96": two texts of these lengths. "R": the ragged texts. Fails on other
/// names, and on more than four million tokens.
inline workload workload_of(std::string_view name) {
  if (name == "R") return {"R", {ragged_lengths.begin(), ragged_lengths.end()}};
  constexpr index_t most = 4'194'304;
  auto rest = name;
  std::vector<index_t> listed;
  for (index_t all = 0; all <= most;) {
    const auto length = detail::take_number(rest);
    if (length == 0) break;
    listed.push_back(length);
    if ((all += length) <= most && rest.empty()) return {std::string(name), listed};
    if (!rest.starts_with('+')) break;
    rest.remove_prefix(1);
  }
  rest = name;
  index_t texts = 0, tokens = 0;
  if (rest.starts_with('b')) rest.remove_prefix(1), texts = detail::take_number(rest);
  if (texts > 0 && rest.starts_with('s')) rest.remove_prefix(1), tokens = detail::take_number(rest);
  if (tokens == 0 || !rest.empty() || texts * tokens > most)
    fail({.subject = "work",
          .found = "\"" + std::string(name.substr(0, 40)) + "\"",
          .wanted = "bNsM, which means N texts of M tokens each (at most " + std::to_string(most) +
                    " tokens), lengths like 128+96, or R, 32 texts of different lengths"});
  return {std::string(name), std::vector<index_t>(static_cast<std::size_t>(texts), tokens)};
}

/// Several names with commas between them.
inline std::vector<workload> workloads_of(std::string_view names) {
  std::vector<workload> all;
  for (std::size_t from = 0; from <= names.size();) {
    const auto end = std::min(names.find(',', from), names.size());
    all.push_back(workload_of(names.substr(from, end - from)));
    from = end + 1;
  }
  return all;
}

/// Texts of a workload's lengths. Their ids are scattered over the vocabulary, as those of real texts are.
inline token_batch texts_of(const workload& work, index_t vocabulary) {
  token_batch all;
  std::vector<std::int32_t> ids;
  std::uint64_t next = 0;
  for (const index_t length : work.lengths) {
    ids.clear();
    for (index_t i = 0; i < length; ++i)
      ids.push_back(static_cast<std::int32_t>(((next += 0x9e3779b97f4a7c15u) >> 32) % std::uint64_t(vocabulary)));
    all.add(ids);
  }
  return all;
}

}  // namespace weft::bench
