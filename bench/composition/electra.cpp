// ELECTRA-small by hand: what encoder<electra_small> compiles to. BERT's layers behind tables that are narrower still.
#include <weft/kernel/attend.hpp>
#include <weft/kernel/gather.hpp>
#include <weft/model/electra.hpp>

#include "by_hand.hpp"
#include "pair.hpp"

namespace by_hand {
namespace {

constexpr index_t width = 256, heads = 4, head_width = width / heads, hidden = 1024, table_width = 128;
constexpr float epsilon = 1e-12f, scale = 0.125f;  // scale: one over the square root of head_width

struct weights {
  const float *word, *position, *segment;
  norm embedded;
  linear project;
  std::vector<bert_layer> layers;
};

weights weights_of(const weft::encoder<weft::electra_small>& composed) {
  const auto& from = composed.prepared_weights();
  const auto& tables = from.embed.narrow;
  weights w{tables.word.data,     tables.position.data,          tables.segment.data,
            norm_of(tables.norm), linear_of(from.embed.project), {}};
  for (const auto& layer : from.layers) w.layers.push_back(bert_layer_of(layer));
  return w;
}

void forward(const weights& w, const weft::batch& in, float* out, weft::workspace& work, weft::executor run) {
  const index_t tokens = in.tokens(), length = in.length(0), blocks = tokens / block;
  const index_t parts = column_parts(blocks, run.workers());
  weft::frame whole(in.size(), work);
  float *x = out, *y = whole.take(tokens * width);
  if (w.layers.size() % 2 != 0) std::swap(x, y);

  {
    weft::frame embedding(in.size(), work);
    float* const narrow = embedding.take(tokens * table_width);
    run.for_each(tokens / 32, [&](index_t task, index_t) {
      for (index_t t = task * 32; t < (task + 1) * 32; ++t) {
        float* const row = narrow + t * table_width;
        weft::sum_rows<arch>(w.word + in.ids[t] * table_width, w.segment + in.segments[t] * table_width,
                             w.position + t % length * table_width, table_width, row);
        weft::layer_norm_row<arch>(row, w.embedded.gain, w.embedded.bias, epsilon, table_width, row);
      }
    });
    run.for_each(blocks * parts, [&](index_t task, index_t) {
      const index_t row = task / parts * block;
      multiply<table_width, width>(narrow + row * table_width, block, w.project, x + row * width,
                                   {task % parts, parts});
    });
  }

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
        weft::attend<arch, head_width>(weft::full{}, weft::scaled{}, queries, site, length,
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

const bool added = composition::add<weft::electra_small, weights>("electra_small", {weights_of, forward});

}  // namespace
}  // namespace by_hand
