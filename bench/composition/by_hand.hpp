#pragma once
// What the encoders written by hand share: weights as kernels read them, and how many tasks a linear is cut into. The
// rest of them is calls of weft's kernels, and nothing of its mixers, feed-forwards, norms, layouts and encoder.
// Texts are of one length, a multiple of `block`, which makes cutting a batch a division; there are enough of them for
// every worker to have a block of rows.
#include <weft/kernel/linear.hpp>
#include <weft/kernel/row_norm.hpp>
#include <weft/memory/batch.hpp>
#include <weft/memory/executor.hpp>

namespace by_hand {

using weft::index_t;
using arch = weft::simd::native;

/// Rows that a task takes.
inline constexpr index_t block = 64;

/// A linear, packed by weft::pack_panels.
struct linear {
  const float *panels, *bias;
};
struct norm {
  const float *gain, *bias;
};

/// Those of a composed encoder: both halves of a pair read the same weights.
linear linear_of(const auto& prepared) { return {prepared.panels, prepared.bias}; }
norm norm_of(const auto& prepared) { return {prepared.weight.data, prepared.bias.data}; }

/// The weights of a layer of BERT's kind.
struct bert_layer {
  linear query, key, value, output;
  norm attended;
  linear up, down;
  norm fed;
};
bert_layer bert_layer_of(const auto& prepared) {
  return {.query = linear_of(prepared.mix.query),
          .key = linear_of(prepared.mix.key),
          .value = linear_of(prepared.mix.value),
          .output = linear_of(prepared.mix.output),
          .attended = norm_of(prepared.mix_norm),
          .up = linear_of(prepared.feed.up),
          .down = linear_of(prepared.feed.down),
          .fed = norm_of(prepared.feed_norm)};
}

/// One of `parts` equal parts of a linear's columns.
struct columns_part {
  index_t part = 0, parts = 1;
};

/// How many tasks share the columns of a linear that `blocks` blocks of rows are multiplied by: as many as give every
/// worker two tasks.
constexpr index_t column_parts(index_t blocks, index_t workers) {
  return blocks >= 2 * workers ? 1 : weft::ceil_div(2 * workers, blocks);
}

/// y = then(x W' + b) for some rows: x is In floats wide, y Out, with their rows end to end.
template <index_t In, index_t Out, class Then = weft::identity>
void multiply(const float* x, index_t rows, const linear& w, float* y, columns_part of = {}, Then then = {}) {
  constexpr index_t columns = weft::panel_columns<arch>(Out), panels = weft::ceil_div(Out, columns);
  weft::multiply_panels<weft::float_format<arch>, columns>({x, rows, In}, {w.panels, w.bias, In, In, Out},
                                                           panels * of.part / of.parts,
                                                           panels * (of.part + 1) / of.parts, {y, rows, Out}, then);
}

}  // namespace by_hand
