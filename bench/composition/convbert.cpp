// ConvBERT by hand: what encoder<convbert_base> compiles to. Six heads attend; the other half of the columns is a
// span-based dynamic convolution.
#include <weft/kernel/attend.hpp>
#include <weft/kernel/gather.hpp>
#include <weft/kernel/span_convolution.hpp>
#include <weft/model/convbert.hpp>

#include "by_hand.hpp"
#include "pair.hpp"

namespace by_hand {
namespace {

constexpr index_t width = 768, half = width / 2, heads = 6, head_width = half / heads, hidden = 3072, taps = 9;
constexpr float epsilon = 1e-12f, scale = 0.125f;  // scale: one over the square root of head_width

struct weights {
  struct layer : bert_layer {
    const float* depthwise;          // [taps, width]
    linear span, kernel, neighbour;  // neighbour: the values that the convolution mixes
  };
  const float *word, *position, *segment;
  norm embedded;
  std::vector<layer> layers;
};

weights weights_of(const weft::encoder<weft::convbert_base>& composed) {
  const auto& from = composed.prepared_weights();
  weights w{from.embed.word.data, from.embed.position.data, from.embed.segment.data, norm_of(from.embed.norm), {}};
  for (const auto& layer : from.layers) {
    const auto& beside = layer.mix.beside;
    w.layers.push_back({bert_layer_of(layer), beside.taps, linear_of(beside.spans), linear_of(beside.kernel),
                        linear_of(beside.value)});
  }
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
      weft::frame mixing(in.size(), work);
      float *const query = mixing.take(tokens * half), *const key = mixing.take(tokens * half),
                   *const value = mixing.take(tokens * half), *const mixed = mixing.take(tokens * width),
                   *const key_panels = mixing.take(tokens * half), *const kernel = mixing.take(tokens * heads * taps),
                   *const neighbour = mixing.take(tokens * half);

      run.for_each(blocks * parts, [&](index_t task, index_t) {
        const index_t row = task / parts * block;
        const columns_part part{task % parts, parts};
        multiply<width, half>(x + row * width, block, layer.query, query + row * half, part);
        multiply<width, half>(x + row * width, block, layer.key, key + row * half, part);
        multiply<width, half>(x + row * width, block, layer.value, value + row * half, part);
      });

      // A task is one head of a block of rows; their text begins at row `base` of the batch.
      const auto panels_of = [&](index_t base, index_t head) {
        return key_panels + (head * tokens + base) * head_width;
      };
      run.for_each(blocks * heads, [&](index_t task, index_t) {
        const index_t row = task / heads * block, head = task % heads, first = row % length, base = row - first;
        weft::pack_keys<arch, head_width>(key + base * half + head * head_width, half, first, first + block, length,
                                          panels_of(base, head));
      });
      run.for_each(blocks * heads, [&](index_t task, index_t) {
        const index_t row = task / heads * block, head = task % heads, first = row % length, base = row - first;
        const index_t column = head * head_width;
        const weft::query_block queries{length, first, first + block, head};
        const weft::score_site site{length, base, first, head, heads, 0, scale};
        weft::attend<arch, head_width>(weft::full{}, weft::scaled{}, queries, site, length, query + row * half + column,
                                       half, panels_of(base, head), value + base * half + column, half,
                                       mixed + row * width + column, width);
      });

      // The convolution's own chain: what a row's neighbours, seen through a depthwise convolution, make of its query
      // are the logits of its taps.
      constexpr index_t chain_floats = block * (width + half);
      float* const chains = mixing.take(run.workers() * chain_floats);
      run.for_each(blocks, [&](index_t task, index_t worker) {
        const index_t row = task * block, first = row % length, base = row - first;
        float *const seen = chains + worker * chain_floats, *const span = seen + block * width;
        for (index_t i = 0; i < block; i += 16)
          weft::depthwise_rows<arch, taps>(x + base * width, width, first + i, first + i + 16, length, layer.depthwise,
                                           width, width, seen + i * width, width);
        multiply<width, half>(seen, block, layer.span, span);
        multiply<width, half>(x + row * width, block, layer.neighbour, neighbour + row * half);
        for (index_t i = 0; i < block; ++i) weft::multiply_row<arch>(span + i * half, query + (row + i) * half, half);
        multiply<half, heads * taps>(span, block, layer.kernel, kernel + row * heads * taps);
        for (index_t i = 0; i < block; ++i) weft::softmax_taps<arch, taps>(kernel + (row + i) * heads * taps, heads);
      });
      run.for_each(tokens / 32, [&](index_t task, index_t) {
        for (index_t t = task * 32; t < (task + 1) * 32; ++t)
          for (index_t head = 0; head < heads; ++head) {
            const index_t first = t % length, base = t - first, column = head * head_width;
            weft::mix_taps<arch, taps>(neighbour + base * half + column, half, first, length,
                                       kernel + (t * heads + head) * taps, head_width,
                                       mixed + t * width + half + column);
          }
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
      multiply<width, hidden>(attended, block, layer.up, inside, {}, weft::gelu{});
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

const bool added = composition::add<weft::convbert_base, weights>("convbert_base", {weights_of, forward});

}  // namespace
}  // namespace by_hand
