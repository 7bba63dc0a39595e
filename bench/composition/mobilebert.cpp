// MobileBERT by hand: what encoder<mobilebert> compiles to. A layer works narrow, between two projections.
#include <weft/kernel/attend.hpp>
#include <weft/kernel/gather.hpp>
#include <weft/model/mobilebert.hpp>

#include "by_hand.hpp"
#include "pair.hpp"

namespace by_hand {
namespace {

constexpr index_t width = 512, narrow = 128, heads = 4, head_width = narrow / heads, hidden = 512, stacked = 4;
constexpr index_t table_width = 128;
constexpr float scale = 0.17677669529663687f;  // one over the square root of head_width

struct weights {
  struct feed_forward {
    linear up, down;
    norm fed;
  };
  struct layer {
    linear in, query_key;
    norm in_norm, query_key_norm;
    linear query, key, value, output;
    norm attended;
    feed_forward stack[stacked];
    linear out;
    norm out_norm;
  };
  const float *word, *position, *segment;
  linear project;
  norm embedded;
  std::vector<layer> layers;
};

weights weights_of(const weft::encoder<weft::mobilebert>& composed) {
  const auto& from = composed.prepared_weights();
  weights w{from.embed.word.data,          from.embed.position.data, from.embed.segment.data,
            linear_of(from.embed.project), norm_of(from.embed.norm), {}};
  const auto feed_forward_of = [](const auto& one) {
    return weights::feed_forward{linear_of(one.feed.up), linear_of(one.feed.down), norm_of(one.norm)};
  };
  for (const auto& l : from.layers)
    w.layers.push_back({.in = linear_of(l.in.dense),
                        .query_key = linear_of(l.query_key.dense),
                        .in_norm = norm_of(l.in.norm),
                        .query_key_norm = norm_of(l.query_key.norm),
                        .query = linear_of(l.mix.query),
                        .key = linear_of(l.mix.key),
                        .value = linear_of(l.mix.value),
                        .output = linear_of(l.mix.output),
                        .attended = norm_of(l.mix_norm),
                        .stack = {feed_forward_of(l.feed.before[0]), feed_forward_of(l.feed.before[1]),
                                  feed_forward_of(l.feed.before[2]), feed_forward_of(l.feed.last)},
                        .out = linear_of(l.out.dense),
                        .out_norm = norm_of(l.out.norm)});
  return w;
}

/// to = (change + residual) * gain + bias for `rows` rows.
template <index_t Width>
void add_and_scale(const float* change, const float* residual, index_t rows, const norm& n, float* to) {
  for (index_t i = 0; i < rows; ++i)
    weft::add_affine_row<arch>(change + i * Width, residual + i * Width, n.gain, n.bias, Width, to + i * Width);
}

void forward(const weights& w, const weft::batch& in, float* out, weft::workspace& work, weft::executor run) {
  const index_t tokens = in.tokens(), length = in.length(0), blocks = tokens / block;
  const index_t parts = column_parts(blocks, run.workers());
  weft::frame whole(in.size(), work);
  float *x = out, *y = whole.take(tokens * width);
  if (w.layers.size() % 2 != 0) std::swap(x, y);

  {
    // The next word, the word itself and the one before it, side by side; zeros beyond the ends of a text.
    weft::frame embedding(in.size(), work);
    constexpr index_t words = 3 * table_width;
    float* const chains = embedding.take(run.workers() * block * words);
    run.for_each(blocks, [&](index_t task, index_t worker) {
      float* const gathered = chains + worker * block * words;
      for (index_t i = 0; i < block; ++i) {
        const index_t t = task * block + i, place = t % length;
        for (index_t j = 0; j < 3; ++j) {
          float* const to = gathered + i * words + j * table_width;
          if (place + 1 - j < 0 || place + 1 - j >= length)
            std::fill_n(to, table_width, 0.0f);
          else
            std::copy_n(w.word + in.ids[t + 1 - j] * table_width, table_width, to);
        }
      }
      multiply<words, width>(gathered, block, w.project, x + task * block * width);
      for (index_t t = task * block; t < (task + 1) * block; ++t) {
        float* const row = x + t * width;
        weft::sum_rows<arch>(row, w.position + t % length * width, w.segment + in.segments[t] * width, width, row);
        weft::affine_row<arch>(row, w.embedded.gain, w.embedded.bias, width, row);
      }
    });
  }

  for (const auto& layer : w.layers) {
    weft::frame scratch(in.size(), work);
    float *const entered = scratch.take(tokens * narrow), *const changed = scratch.take(tokens * narrow),
                 *const query_key = scratch.take(tokens * narrow);

    run.for_each(blocks, [&](index_t task, index_t) {
      const index_t row = task * block;
      multiply<width, narrow>(x + row * width, block, layer.in, entered + row * narrow);
      multiply<width, narrow>(x + row * width, block, layer.query_key, query_key + row * narrow);
      for (index_t t = row; t < row + block; ++t) {
        float *const a = entered + t * narrow, *const b = query_key + t * narrow;
        weft::affine_row<arch>(a, layer.in_norm.gain, layer.in_norm.bias, narrow, a);
        weft::affine_row<arch>(b, layer.query_key_norm.gain, layer.query_key_norm.bias, narrow, b);
      }
    });

    {
      weft::frame attention(in.size(), work);
      float *const query = attention.take(tokens * narrow), *const key = attention.take(tokens * narrow),
                   *const value = attention.take(tokens * narrow), *const mixed = attention.take(tokens * narrow),
                   *const key_panels = attention.take(tokens * narrow);

      run.for_each(blocks * parts, [&](index_t task, index_t) {
        const index_t row = task / parts * block;
        const columns_part part{task % parts, parts};
        multiply<narrow, narrow>(query_key + row * narrow, block, layer.query, query + row * narrow, part);
        multiply<narrow, narrow>(query_key + row * narrow, block, layer.key, key + row * narrow, part);
        multiply<width, narrow>(x + row * width, block, layer.value, value + row * narrow, part);
      });

      // A task is one head of a block of rows; their text begins at row `base` of the batch.
      const auto panels_of = [&](index_t base, index_t head) {
        return key_panels + (head * tokens + base) * head_width;
      };
      run.for_each(blocks * heads, [&](index_t task, index_t) {
        const index_t row = task / heads * block, head = task % heads, first = row % length, base = row - first;
        weft::pack_keys<arch, head_width>(key + base * narrow + head * head_width, narrow, first, first + block, length,
                                          panels_of(base, head));
      });
      run.for_each(blocks * heads, [&](index_t task, index_t) {
        const index_t row = task / heads * block, head = task % heads, first = row % length, base = row - first;
        const index_t column = head * head_width;
        const weft::query_block queries{length, first, first + block, head};
        const weft::score_site site{length, base, first, head, heads, 0, scale};
        weft::attend<arch, head_width>(weft::full{}, weft::scaled{}, queries, site, length,
                                       query + row * narrow + column, narrow, panels_of(base, head),
                                       value + base * narrow + column, narrow, mixed + row * narrow + column, narrow);
      });

      run.for_each(blocks * parts, [&](index_t task, index_t) {
        const index_t row = task / parts * block;
        multiply<narrow, narrow>(mixed + row * narrow, block, layer.output, changed + row * narrow,
                                 {task % parts, parts});
      });
    }

    // The chain: a block of rows through everything that looks at one row, while it is in cache. Its scratch lies where
    // attention's was.
    constexpr index_t chain_floats = block * (narrow + hidden);
    float* const chains = scratch.take(run.workers() * chain_floats);
    run.for_each(blocks, [&](index_t task, index_t worker) {
      const index_t row = task * block;
      float *const fed = chains + worker * chain_floats, *const inside = fed + block * narrow;
      float* const here = changed + row * narrow;
      add_and_scale<narrow>(here, entered + row * narrow, block, layer.attended, here);
      for (const auto& one : layer.stack) {
        multiply<narrow, hidden>(here, block, one.up, inside, {}, weft::relu{});
        multiply<hidden, narrow>(inside, block, one.down, fed);
        add_and_scale<narrow>(fed, here, block, one.fed, here);
      }
      multiply<narrow, width>(here, block, layer.out, y + row * width);
      add_and_scale<width>(y + row * width, x + row * width, block, layer.out_norm, y + row * width);
    });
    std::swap(x, y);
  }
}

const bool added = composition::add<weft::mobilebert, weights>("mobilebert", {weights_of, forward});

}  // namespace
}  // namespace by_hand
