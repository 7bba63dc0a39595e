// MosaicBERT by hand: what encoder<mosaicbert_base> compiles to. It differs from BERT by scores that know distances, a
// gated feed-forward, and no table of positions.
#include <weft/kernel/attend.hpp>
#include <weft/kernel/gather.hpp>
#include <weft/model/mosaic_bert.hpp>

#include "by_hand.hpp"
#include "pair.hpp"

namespace by_hand {
namespace {

constexpr index_t width = 768, heads = 12, head_width = width / heads, hidden = 3072;
constexpr float epsilon = 1e-12f, scale = 0.125f;  // scale: one over the square root of head_width

struct mosaic_layer {
  linear query, key, value, output;
  norm attended;
  linear gate, inner, down;
  norm fed;
};

struct weights {
  const float *word, *segment;
  norm embedded;
  std::vector<mosaic_layer> layers;
  std::vector<float> slopes;
};

weights weights_of(const weft::encoder<weft::mosaicbert_base>& composed) {
  const auto& from = composed.prepared_weights();
  weights w{from.embed.word.data, from.embed.segment.data, norm_of(from.embed.norm), {}, {}};
  for (const auto& layer : from.layers)
    w.layers.push_back({.query = linear_of(layer.mix.joined.cut[0]),
                        .key = linear_of(layer.mix.joined.cut[1]),
                        .value = linear_of(layer.mix.joined.cut[2]),
                        .output = linear_of(layer.mix.output),
                        .attended = norm_of(layer.mix_norm),
                        .gate = linear_of(layer.feed.in.to_gate()),
                        .inner = linear_of(layer.feed.in.to_value()),
                        .down = linear_of(layer.feed.down),
                        .fed = norm_of(layer.feed_norm)});
  for (index_t head = 0; head < heads; ++head) w.slopes.push_back(weft::alibi::slope(head, heads));
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
      weft::add_row<arch>(w.word + in.ids[t] * width, w.segment + in.segments[t] * width, width, x + t * width);
      weft::layer_norm_row<arch>(x + t * width, w.embedded.gain, w.embedded.bias, epsilon, width, x + t * width);
    }
  });

  const weft::alibi score{{w.slopes.data(), heads}};
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
        weft::attend<arch, head_width>(weft::full{}, score, queries, site, length, query + row * width + column, width,
                                       panels_of(base, head), value + base * width + column, width,
                                       mixed + row * width + column, width);
      });

      run.for_each(blocks * parts, [&](index_t task, index_t) {
        const index_t row = task / parts * block;
        multiply<width, width>(mixed + row * width, block, layer.output, changed + row * width, {task % parts, parts});
      });
    }

    // The chain: a block of rows through everything that looks at one row, while it is in cache. Its scratch lies where
    // attention's was.
    constexpr index_t chain_floats = block * (2 * width + 2 * hidden);
    float* const chains = scratch.take(run.workers() * chain_floats);
    run.for_each(blocks, [&](index_t task, index_t worker) {
      float *const attended = chains + worker * chain_floats, *const fed = attended + block * width,
                   *const gate = fed + block * width, *const inside = gate + block * hidden;
      for (index_t i = 0; i < block; ++i) {
        float* const change = changed + (task * block + i) * width;
        weft::add_row<arch>(change, x + (task * block + i) * width, width, change);
        weft::layer_norm_row<arch>(change, layer.attended.gain, layer.attended.bias, epsilon, width,
                                   attended + i * width);
      }
      multiply<width, hidden>(attended, block, layer.gate, gate, {}, weft::gelu{});
      multiply<width, hidden>(attended, block, layer.inner, inside);
      for (index_t i = 0; i < block; ++i) weft::multiply_row<arch>(gate + i * hidden, inside + i * hidden, hidden);
      multiply<hidden, width>(gate, block, layer.down, fed);
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

const bool added = composition::add<weft::mosaicbert_base, weights>("mosaicbert_base", {weights_of, forward});

}  // namespace
}  // namespace by_hand
