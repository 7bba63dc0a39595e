#pragma once
// Random ragged batches, and what a model makes of them, sequence by sequence.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>
#include <weft/memory/batch.hpp>
#include <weft/memory/executor.hpp>
#include <weft/memory/rows.hpp>

namespace weft_test {

using sequence = std::vector<std::int32_t>;

inline std::uint32_t next_random(std::uint32_t& state) {
  state ^= state << 13, state ^= state >> 17, state ^= state << 5;
  return state;
}

/// `count` sequences of 0 to `longest` tokens (at least one is not empty).
inline std::vector<sequence> random_sequences(std::uint32_t seed, weft::index_t count, const weft::sizes& s,
                                              weft::index_t longest = 0) {
  std::uint32_t state = seed * 2654435761u + 12345;
  const auto most = static_cast<std::uint32_t>(longest ? longest : s.positions);
  std::vector<sequence> all;
  for (weft::index_t i = 0; i < count; ++i) {
    sequence ids(i == 0 ? most : next_random(state) % (most + 1));
    for (auto& id : ids) id = static_cast<std::int32_t>(next_random(state) % static_cast<std::uint32_t>(s.vocabulary));
    all.push_back(std::move(ids));
  }
  return all;
}

inline weft::token_batch batch_of(const std::vector<sequence>& sequences) {
  weft::token_batch b;
  for (const auto& ids : sequences) {
    std::vector<std::int32_t> segments(ids.size());
    for (std::size_t i = ids.size() / 2; i < ids.size(); ++i) segments[i] = 1;
    b.add(ids, segments);
  }
  return b;
}

/// The last hidden states of every sequence, exactly as computed.
template <class Encoder>
std::vector<std::vector<float>> hidden_of(const Encoder& encoder, const std::vector<sequence>& sequences,
                                          weft::executor run = {}) {
  const auto batch = batch_of(sequences);
  weft::row_buffer<Encoder::width> out(batch.tokens());
  weft::workspace work(encoder.workspace_bytes(batch.size(), run.workers()));
  encoder.forward(batch, out, work, run);
  std::vector<std::vector<float>> all;
  const weft::batch view = batch;
  for (weft::index_t s = 0; s < batch.sequences(); ++s)
    all.emplace_back(out.row(view.first(s)), out.row(view.first(s)) + view.length(s) * Encoder::width);
  return all;
}

/// Whether the rows of two models are the same, bit for bit.
inline bool same_bits(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0);
  });
}

/// The cosine of the rows of two models, all as one vector.
inline double cosine_of(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  double dot = 0, first = 0, second = 0;
  for (std::size_t s = 0; s < a.size(); ++s)
    for (std::size_t i = 0; i < a[s].size(); ++i) {
      const double x = a[s][i], y = b[s][i];
      dot += x * y, first += x * x, second += y * y;
    }
  return dot / std::sqrt(first * second);
}

}  // namespace weft_test
