#pragma once
// Axis: head. What is made of the hidden states.
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <weft/concept/part.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which rows of the hidden states a head reads: all, the first or the last of every sequence. `whole_sequences` is
/// every token for a head that also looks at the batch (`context::in`), so that it cannot be run on chosen rows;
/// `sequences_as_one` the same for a head that makes one row of each sequence.
enum class reads { every_token, first_token, last_token, whole_sequences, sequences_as_one };

/// True if a head reads the hidden states of all tokens.
constexpr bool reads_tokens(reads rows) { return rows != reads::first_token && rows != reads::last_token; }

/// True if a head writes one row for each token, false if one for each sequence.
constexpr bool writes_tokens(reads rows) { return rows == reads::every_token || rows == reads::whole_sequences; }

/// The batch row that a head reads for sequence s; -1 where the sequence has no tokens.
constexpr index_t row_read(reads rows, const batch& in, index_t s) {
  if (in.length(s) == 0) return -1;
  return rows == reads::last_token ? in.first(s) + in.length(s) - 1 : in.first(s);
}

/// A head that knows a batch's segments where the caller gives none: `derive_segments(batch, segments)` writes one for
/// each token.
template <class Part>
concept derives_segments = requires(const batch& in, std::int32_t* segments) {
  Part::derive_segments(in, segments);
};

/// A head that does not read what the last layer writes, but makes its rows itself, of what that layer reads and of
/// more passes through it: `static constexpr bool reads_before_last = true` and
///   void states(params, rows x, rows out, context, const auto& layer, const auto& show) const
/// x is what the last layer reads; layer(queries, keys, to, context) runs it with queries and residual of other rows
/// than keys and values; show(step, rows) hands rows to an observer, which may have `decoded(step, rows)`. `out` is
/// what forward() then gets.
template <class Part>
concept reads_before_last = requires {
  requires Part::reads_before_last;
};

/// Scratch of a head: that of its parts, and what it takes by the sizes of a checkpoint, as rows of a vocabulary, in
/// one piece from the context's workspace: `index_t sized_scratch(const sizes&, extent) const` says how many floats.
template <class Part>
index_t head_scratch_bytes(const Part& part, [[maybe_unused]] const sizes& s, extent e, index_t workers) {
  index_t sized = 0;
  if constexpr (requires { part.sized_scratch(s, e); })
    sized = round_up(part.sized_scratch(s, e) * index_t{sizeof(float)}, cache_line);
  return scratch_bytes(part, e, workers) + sized;
}

/// Two tensors that share their values: a checkpoint that ties them stores only one of them, as a rule `same_as`.
struct tied_name {
  std::string_view name, same_as;
};

/// A head bound to a spec: reads rows, writes as many rows of outputs(sizes) values. It is row-wise, so it can be run
/// on any choice of rows, unless it reads whole sequences.
template <class Part, class Form, index_t Width>
concept head_part = requires(const Part& part, const weights<Form, Part>& p, rows<const float, Width> x,
                             matrix<float> y, const context& ctx, const sizes& s) {
  { Part::reads_rows } -> std::convertible_to<reads>;
  { part.outputs(s) } -> std::convertible_to<index_t>;
  { part.forward(p, x, y, ctx) } -> std::same_as<void>;
};

/// Lets those of some bound heads that know them write the segments of a batch that has none; false if none knows.
template <class... Parts>
bool derive_segments_for([[maybe_unused]] const batch& in, [[maybe_unused]] std::int32_t* segments) {
  [[maybe_unused]] const auto derive = [&]<class Part>(std::type_identity<Part>) {
    if constexpr (derives_segments<Part>) Part::derive_segments(in, segments);
  };
  (derive(std::type_identity<Parts>{}), ...);
  return (derives_segments<Parts> || ...);
}

}  // namespace weft
