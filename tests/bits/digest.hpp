#pragma once
// What the programs of bits have in common: a number made of every bit that a model computes, for each number of
// workers.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>
#include <weft/encoder/observer.hpp>
#include <weft/head/model.hpp>
#include <weft/kernel/pooling.hpp>
#include <weft/simd/same_bits.hpp>
#include <weft/testing/random_weights.hpp>

namespace weft_test {

using weft::index_t;

class digest {
 public:
  void add(const float* values, index_t n) {
    for (index_t i = 0; i < n; ++i) {
      std::uint32_t bits;
      std::memcpy(&bits, values + i, 4);
      value_ = (value_ ^ bits) * 0x100000001b3u;
    }
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

/// Workers that take turns on one thread, the last task first: what is cut for eight is cut so without eight threads.
struct pretended_workers {
  index_t count;
  index_t workers() const { return count; }
  void for_each(index_t n, weft::task t) {
    for (index_t i = n; i-- > 0;) t(i, i % count);
  }
};

constexpr weft::sizes bit_sizes{.layers = 2, .vocabulary = 61, .positions = 300, .segments = 2, .labels = 3};

/// Texts with a tail of every kind, and one of more than a tile of 256 keys.
inline weft::token_batch bit_texts(std::vector<index_t> lengths = {1, 17, 300, 64, 3}) {
  weft::token_batch batch;
  std::int32_t id = 0;
  for (const index_t length : lengths) {
    std::vector<std::int32_t> ids;
    for (index_t t = 0; t < length; ++t) ids.push_back(id = (id * 7 + 3) % 61);
    batch.add(ids);
  }
  return batch;
}

[[noreturn]] inline void give_up(const std::string& why) {
  std::printf("%s\n", why.c_str());
  std::exit(1);
}

/// Prints the digest of all levels of hidden states, the head's values and the embeddings (the mean of a text's rows,
/// made as long as 1), which 1 to 8 workers have to agree about.
template <class Spec, class Head>
void print_digest(const char* name, weft::sizes s = bit_sizes) {
  using model = weft::model<Spec, Head>;
  auto [record, store] = weft::testing::random_weights<model>(s, 5);
  const model m(record, s, std::move(store));
  const auto batch = bit_texts();
  const weft::batch in = batch;
  std::uint64_t first = 0;
  for (index_t count = 1; count <= 8; ++count) {
    digest all;
    pretended_workers pool{count};
    weft::workspace work(m.workspace_bytes(in.size(), count));
    std::vector<float> out(static_cast<std::size_t>(m.output_rows(in) * m.output_width()));
    m.forward(in, {out.data(), m.output_rows(in), m.output_width()}, work, pool,
              weft::observe_hidden{[&](index_t level, auto rows) {
                all.add(rows.data, rows.count * rows.width);
                if (level != s.layers) return;
                std::vector<float> vector(static_cast<std::size_t>(rows.width));
                for (index_t i = 0; i < in.sequences(); ++i) {
                  weft::mean_rows<weft::simd::native>(rows.row(in.first(i)), rows.width, in.length(i), rows.width,
                                                      vector.data());
                  weft::normalize_length<weft::simd::native>(vector.data(), rows.width);
                  all.add(vector.data(), rows.width);
                }
              }});
    all.add(out.data(), static_cast<index_t>(out.size()));
    if (count == 1) first = all.value();
    if (all.value() != first) give_up(std::string(name) + ": other bits on " + std::to_string(count) + " workers");
  }
  std::printf("%s %016llx\n", name, static_cast<unsigned long long>(first));
}

/// The last line of a program: what computed.
inline void print_build() {
  std::printf("%s %s\n", weft::simd::name<>(), weft::simd::has_fma<weft::simd::native> ? "fused" : "apart");
}

}  // namespace weft_test
