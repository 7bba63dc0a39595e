// Norms and feed-forwards alone: forward bits of their policies, and gradients against differences of the formulas in
// double precision.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>
#include <weft/kernel/activation.hpp>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/reference_feed_forward.hpp>
#include <weft/testing/reference_norm.hpp>
#include <weft/train/ffn/dense.hpp>
#include <weft/train/norm/layer_norm.hpp>
#include <weft/train/records.hpp>

#include "catch.hpp"

namespace weft_train_parts {
namespace {
using namespace weft;
using form = prepared<float32, simd::native>;

constexpr index_t tokens = 11;

struct fixture {
  std::vector<std::int32_t> ids = std::vector<std::int32_t>(tokens);
  std::vector<index_t> offsets{0, 4, tokens};
  batch in{ids, {}, offsets};
  sizes limits{.layers = 1, .vocabulary = 1, .positions = 16};
};

std::vector<float> draw(index_t n, std::uint64_t seed) {
  testing::random_source random(seed);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (auto& v : values) v = static_cast<float>(random.normal());
  return values;
}

// The largest distance of gradients from central differences of loss(), by the largest gradient of their tensor.
double worst_of(const auto& gradients, const auto& values, const std::function<double()>& loss) {
  double worst = 0;
  walk(
      "",
      [&](const unit_string&, const auto& g, const auto& v) {
        double largest = 1e-3;
        for (index_t i = 0; i < g.size(); ++i) largest = std::max(largest, std::abs(double{g[i]}));
        for (index_t i = 0; i < g.size(); i += std::max<index_t>(1, g.size() / 7)) {
          const float keep = v[i], up = keep + 0x1p-9f, down = keep - 0x1p-9f;
          v[i] = up;
          const double high = loss();
          v[i] = down;
          const double low = loss();
          v[i] = keep;
          worst = std::max(worst, std::abs(g[i] - (high - low) / (double{up} - double{down})) / largest);
        }
      },
      0, gradients, values);
  return worst;
}

double weighed(const testing::table& y, const std::vector<float>& by) {
  double sum = 0;
  for (std::size_t r = 0; r < y.shape()[0]; ++r)
    for (std::size_t c = 0; c < y.shape()[1]; ++c) sum += y(r, c) * by[r * y.shape()[1] + c];
  return sum;
}
testing::table as_table(const std::vector<float>& x, index_t width) {
  testing::table t = xt::zeros<double>({tokens, width});
  for (index_t r = 0; r < tokens; ++r)
    for (index_t c = 0; c < width; ++c) t(r, c) = x[static_cast<std::size_t>(r * width + c)];
  return t;
}

struct values_view {
  float* data;
  index_t count;
  float& operator[](index_t i) const { return data[i]; }
  index_t size() const { return count; }
};

// Policy bound to shapes: `run(part, ready, x, y, ctx)` is the policy's forward, `reference(stored, x)` its formula.
template <class Part, class Twin, index_t Width>
void check_part(const auto& run_policy, const auto& run_twin, const auto& go_back, const auto& reference) {
  const fixture f;
  auto drawn = testing::random_weights<Part>(f.limits, 3, {.weights = 0.3, .biases = 0.2, .gains = 0.2});
  const learning_record<Part> master(f.limits), gradients(f.limits);
  master.copy(drawn.record);
  const auto stored = master.stored();
  weights<form, Part> ready;
  prepare(stored, ready, f.limits, drawn.store);
  const Part part{};
  auto x = draw(tokens * Width, 5);
  const auto by = draw(tokens * Width, 6);
  std::vector<float> y(x.size()), y2(x.size()), dx(x.size()), first_bits;
  for (const index_t workers : {1, 2, 5}) {
    testing::scrambled_pool pool(workers);
    const auto bytes = Twin::template scratch_bytes<simd::native>(f.in.size(), workers);
    workspace work(1 << 20), exact(bytes), tape(1 << 20);
    const training_context ctx{{f.in, work, pool}}, tight{{f.in, exact, pool}};
    run_policy(part, ready, rows<const float, Width>(x.data(), tokens), rows<float, Width>(y.data(), tokens), ctx);
    frame kept(f.in.size(), tape);
    run_twin(part, ready, kept, rows<const float, Width>(x.data(), tokens), rows<float, Width>(y2.data(), tokens), ctx);
    CHECK(std::memcmp(y.data(), y2.data(), y.size() * sizeof(float)) == 0);
    gradients.clear();
    std::fill(dx.begin(), dx.end(), 0.0f);
    frame again(f.in.size(), tape);
    go_back(part, stored, ready, gradients.record(), again, rows<const float, Width>(x.data(), tokens),
            rows<const float, Width>(by.data(), tokens), rows<float, Width>(dx.data(), tokens), ctx, tight);
    CHECK(exact.peak() == bytes);
    std::vector<float> bits(dx);
    bits.insert(bits.end(), gradients.values().begin(), gradients.values().end());
    if (first_bits.empty()) first_bits = bits;
    CHECK(std::memcmp(bits.data(), first_bits.data(), bits.size() * sizeof(float)) == 0);
  }
  const std::function<double()> loss = [&] { return weighed(reference(stored, as_table(x, Width)), by); };
  CHECK(worst_of(gradients.record(), master.record(), loss) < 1e-4);
  CHECK(worst_of(values_view{dx.data(), tokens * Width}, values_view{x.data(), tokens * Width}, loss) < 1e-4);
}

template <index_t Width>
void check_norm() {
  using part = layer_norm<>::bind<Width>;
  using twin = typename training_of<layer_norm<>>::template bind<Width>;
  check_part<part, twin, Width>(
      [](const part& norm, const auto& ready, auto x, auto y, const auto&) {
        for (index_t t = 0; t < tokens; ++t) norm.row(ready, x.row(t), y.row(t));
      },
      [](const part& norm, const auto& ready, frame&, auto x, auto y, const auto& ctx) {
        twin::template forward<form>(norm, ready, x, y, ctx);
      },
      [](const part& norm, const auto& stored, const auto& ready, const auto& gradients, frame&, auto x, auto dy,
         auto dx, const auto&,
         const auto& tight) { twin::template backward<form>(norm, stored, ready, gradients, x, dy, dx, tight); },
      [](const auto& stored, const testing::table& x) {
        return testing::reference_of<layer_norm<>>::template forward<Width>(stored, x);
      });
}

template <class Activation>
void check_dense() {
  static constexpr row_shape shape{24, 40};
  using part = typename dense<Activation>::template bind<shape>;
  using twin = typename training_of<dense<Activation>>::template bind<shape>;
  const fixture f;
  const testing::place at{f.in, f.limits, 0, 0};
  check_part<part, twin, shape.width>(
      [](const part& feed, const auto& ready, auto x, auto y, const auto& ctx) { feed.forward(ready, x, y, ctx); },
      [](const part& feed, const auto& ready, frame& from, auto x, auto y, const auto& ctx) {
        const typename twin::kept k{from};
        twin::template forward<form>(feed, ready, k, x, y, ctx);
      },
      [](const part& feed, const auto& stored, const auto& ready, const auto& gradients, frame& from, auto x, auto dy,
         auto dx, const auto& ctx, const auto& tight) {
        const typename twin::kept k{from};
        std::vector<float> y(static_cast<std::size_t>(tokens * shape.width));
        twin::template forward<form>(feed, ready, k, x, rows<float, shape.width>(y.data(), tokens), ctx);
        twin::template backward<form>(feed, stored, ready, gradients, k, x, dy, dx, tight);
      },
      [&](const auto& stored, const testing::table& x) {
        return testing::reference_of<dense<Activation>>::template forward<shape>(stored, x, at);
      });
}

TEST_CASE("layer norms go back") { check_norm<24>(), check_norm<37>(), check_norm<5>(); }

TEST_CASE("feed-forwards go back, whatever their activation") {
  check_dense<gelu>(), check_dense<gelu_tanh>(), check_dense<silu>();
}

}  // namespace
}  // namespace weft_train_parts
