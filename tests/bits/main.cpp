// Prints a number made of every bit that a small encoder and its heads compute. scripts/check_bits.py compares the
// numbers of differently compiled programs.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <weft/head/model.hpp>
#include <weft/model/electra.hpp>
#include <weft/testing/random_weights.hpp>

struct tanh_electra : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 72, .heads = 6, .hidden = 130};
  using embedding = weft::factorised<20>;
  using feed_forward = weft::dense<weft::gelu_tanh>;
};
struct erf_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 64, .heads = 2, .hidden = 200};
};

static std::uint64_t hash = 0xcbf29ce484222325u;
static void mix(const float* values, weft::index_t n) {
  for (weft::index_t i = 0; i < n; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, values + i, 4);
    hash = (hash ^ bits) * 0x100000001b3u;
  }
}

template <class Spec, class Head>
static void run() {
  const weft::sizes s{.layers = 2, .vocabulary = 61, .positions = 200, .segments = 2, .labels = 3};
  using model = weft::model<Spec, Head>;
  auto [record, store] = weft::testing::random_weights<model>(s, 5);
  const model m(record, s, std::move(store));
  weft::token_batch batch;
  std::int32_t id = 0;
  for (const weft::index_t length : {1, 17, 200, 64, 3}) {
    std::vector<std::int32_t> ids;
    for (weft::index_t t = 0; t < length; ++t) ids.push_back(id = (id * 7 + 3) % 61);
    batch.add(ids);
  }
  weft::workspace work(m.workspace_bytes(batch.size()));
  std::vector<float> out(static_cast<std::size_t>(m.output_rows(batch) * m.output_width()));
  m.forward(batch, {out.data(), m.output_rows(batch), m.output_width()}, work, {},
            weft::observe_hidden{[](weft::index_t, auto rows) { mix(rows.data, rows.count * rows.width); }});
  mix(out.data(), static_cast<weft::index_t>(out.size()));
}

int main() {
  run<tanh_electra, weft::generator_lm>();
  run<erf_bert, weft::pooled_classification<>>();
  std::printf("%016llx %s %s\n", static_cast<unsigned long long>(hash), weft::simd::name<>(),
              weft::simd::has_fma<weft::simd::native> ? "fused" : "apart");
}
