// BigBird by hand: what encoder<bigbird_base> compiles to. BERT's layer, whose attention skips most keys of long texts.
#include <weft/kernel/attend.hpp>
#include <weft/kernel/gather.hpp>
#include <weft/model/bigbird.hpp>

#include "by_hand.hpp"
#include "pair.hpp"

namespace by_hand {
namespace {

constexpr index_t width = 768, heads = 12, head_width = width / heads, hidden = 3072;
constexpr float epsilon = 1e-12f, scale = 0.125f;  // scale: one over the square root of head_width

/// Which keys a block of queries sees: the first block, three neighbours, the last block. In evaluation the three
/// random blocks are all the first one, which so counts four times. Short texts, the first block and the last see
/// everything.
struct sparse_blocks {
  static constexpr index_t longest_full = 11 * block;

  bool sees(const weft::query_block&, index_t, index_t) const {
    return true;
  }  // asked about masked spans only: none here
  void visit(const weft::query_block& q, auto& spans) const {
    const index_t row = q.first / block, last = (q.length - 1) / block;
    if (q.length <= longest_full || row == 0 || row == last) return spans.full({0, q.length});
    spans.full({0, block}, 4);
    const index_t end = row + 2 >= last ? q.length : (row + 2) * block;
    spans.full({std::max<index_t>(1, row - 1) * block, end});
    if (end < q.length) spans.full({last * block, q.length});
  }
};

struct weights {
  const float *word, *position, *segment;
  norm embedded;
  std::vector<bert_layer> layers;
};

weights weights_of(const weft::encoder<weft::bigbird_base>& composed) {
  const auto& from = composed.prepared_weights();
  weights w{from.embed.word.data, from.embed.position.data, from.embed.segment.data, norm_of(from.embed.norm), {}};
  for (const auto& layer : from.layers) w.layers.push_back(bert_layer_of(layer));
  return w;
}

void forward(const weights& w, const weft::batch& in, float* out, weft::workspace& work, weft::executor run) {
  const index_t tokens = in.tokens(), length = in.length(0), blocks = tokens / block;
  const index_t parts = column_parts(blocks, run.workers());
  weft::frame whole(in.size(), work);
  float *x = out, *y = whole.take(tokens * width);
  if (w.layers.size() % 2 != 0) std::swap(x, y);

  run.for_each(tokens / 32, [&](index_t task, index_t) {
    for (index_t t = task * 32; t < (task + 1) * 32; ++t) {
      weft::sum_rows<arch>(w.word + in.ids[t] * width, w.segment + in.segments[t] * width,
                           w.position + t % length * width, width, x + t * width);
      weft::layer_norm_row<arch>(x + t * width, w.embedded.gain, w.embedded.bias, epsilon, width, x + t * width);
    }
  });

  for (const auto& layer : w.layers) {
    weft::frame scratch(in.size(), work);
    float* const changed = scratch.take(tokens * width);
    {
      weft::frame attention(in.size(), work);
      float *const query = attention.take(tokens * width), *const key = attention.take(tokens * width),
                   *const value = attention.take(tokens * width), *const mixed = attention.take(tokens * width),
                   *const key_panels = attention.take(tokens * width);

      run.for_each(blocks * parts, [&](index_t task, index_t) {
        const index_t row = task / parts * block;
        const columns_part part{task % parts, parts};
        multiply<width, width>(x + row * width, block, layer.query, query + row * width, part);
        multiply<width, width>(x + row * width, block, layer.key, key + row * width, part);
        multiply<width, width>(x + row * width, block, layer.value, value + row * width, part);
      });

      // A task is one head of a block of rows; their text begins at row `base` of the batch.
      const auto panels_of = [&](index_t base, index_t head) {
        return key_panels + (head * tokens + base) * head_width;
      };
      run.for_each(blocks * heads, [&](index_t task, index_t) {
        const index_t row = task / heads * block, head = task % heads, first = row % length, base = row - first;
        weft::pack_keys<arch, head_width>(key + base * width + head * head_width, width, first, first + block, length,
                                          panels_of(base, head));
      });
      run.for_each(blocks * heads, [&](index_t task, index_t) {
        const index_t row = task / heads * block, head = task % heads, first = row % length, base = row - first;
        const index_t column = head * head_width;
        const weft::query_block queries{length, first, first + block, head};
        const weft::score_site site{length, base, first, head, heads, 0, scale};
        weft::attend<arch, head_width>(sparse_blocks{}, weft::scaled{}, queries, site, length,
                                       query + row * width + column, width, panels_of(base, head),
                                       value + base * width + column, width, mixed + row * width + column, width);
      });

      run.for_each(blocks * parts, [&](index_t task, index_t) {
        const index_t row = task / parts * block;
        multiply<width, width>(mixed + row * width, block, layer.output, changed + row * width, {task % parts, parts});
      });
    }

    // The chain: a block of rows through everything that looks at one row, while it is in cache. Its scratch lies where
    // attention's was.
    constexpr index_t chain_floats = block * (2 * width + hidden);
    float* const chains = scratch.take(run.workers() * chain_floats);
    run.for_each(blocks, [&](index_t task, index_t worker) {
      float *const attended = chains + worker * chain_floats, *const fed = attended + block * width,
                   *const inside = fed + block * width;
      for (index_t i = 0; i < block; ++i) {
        float* const change = changed + (task * block + i) * width;
        weft::add_row<arch>(change, x + (task * block + i) * width, width, change);
        weft::layer_norm_row<arch>(change, layer.attended.gain, layer.attended.bias, epsilon, width,
                                   attended + i * width);
      }
      multiply<width, hidden>(attended, block, layer.up, inside, {}, weft::gelu_tanh{});
      multiply<hidden, width>(inside, block, layer.down, fed);
      for (index_t i = 0; i < block; ++i) {
        float* const change = fed + i * width;
        weft::add_row<arch>(change, attended + i * width, width, change);
        weft::layer_norm_row<arch>(change, layer.fed.gain, layer.fed.bias, epsilon, width,
                                   y + (task * block + i) * width);
      }
    });
    std::swap(x, y);
  }
}

const bool added = composition::add<weft::bigbird_base, weights>("bigbird_base", {weights_of, forward});
const bool added_long = composition::add<weft::bigbird_base, weights>("bigbird_base", {weights_of, forward}, {1}, 1024);

}  // namespace
}  // namespace by_hand
