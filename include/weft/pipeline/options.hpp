#pragma once
// What the pipelines have in common: how they run, and what they are given.
#include <concepts>
#include <optional>
#include <ranges>
#include <string_view>
#include <utility>
#include <weft/io/tokenizer_reading.hpp>
#include <weft/memory/executor.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a pipeline runs. `weft::classifier<Spec> sort(directory, {.run = pool});`
struct pipeline_options {
  executor run = {};            ///< refers to a pool that must outlive the pipeline; none: the calling thread
  index_t max_length = 0;       ///< tokens of a text, special ones included; 0: as many as the model takes
  index_t batch_tokens = 8192;  ///< texts of one call are run together up to this many tokens; bits do not depend on it
  tokenizer_reading tokenizer = {};  ///< what to do otherwise than the tokenizer's files say
  bool refuse_longer = false;        ///< a text of more than max_length tokens is an error; otherwise it is cut
  bool allow_nonfinite = false;      ///< NaN and infinity, in weights and in results, pass; otherwise they are errors
  /// Of a slimmable type: the share of the heads and that of the layers that run (encoder/active.hpp); none: all
  std::optional<double> width = {}, depth = {};
};

/// A text, or a pair of texts that the model reads together. A view: it owns neither.
struct text_input {
  std::string_view first;
  std::optional<std::string_view> second = {};

  template <std::convertible_to<std::string_view> Text>
  text_input(const Text& text) : first(text) {}  // NOLINT: a text is an input
  template <std::convertible_to<std::string_view> First, std::convertible_to<std::string_view> Second>
  text_input(const std::pair<First, Second>& pair) : first(pair.first), second(pair.second) {}  // NOLINT
  text_input(std::string_view a, std::string_view b) : first(a), second(b) {}
};

/// A collection of texts (or of pairs of texts), as std::vector<std::string>.
template <class Range>
concept text_source = std::ranges::input_range<Range> && !std::convertible_to<Range, std::string_view> &&
                      std::convertible_to<std::ranges::range_reference_t<Range>, text_input>;

}  // namespace weft
