// Prints numbers, a line of them each, that hold under -ffast-math as well: `=` before those that are exactly the same,
// `~` before those that differ by rounding. scripts/check_bits.py compares differently compiled programs. Numbers are
// printed as their bits, since under these flags even printing need not know a NaN.
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>
#include <weft/encoder/encoder.hpp>
#include <weft/io/dtype.hpp>
#include <weft/kernel/pooling.hpp>
#include <weft/mixer/mixed_attention.hpp>
#include <weft/mixer/span_convolution.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/window.hpp>
#include <weft/score/relative_bias.hpp>
#include <weft/score/soft_cap.hpp>
#include <weft/simd/bfloat16.hpp>
#include <weft/testing/random_weights.hpp>

namespace {
using arch = weft::simd::native;
using floats = std::vector<float>;

void show(char kind, const char* name, const float* values, weft::index_t n) {
  std::printf("%c%s", kind, name);
  for (weft::index_t i = 0; i < n; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, values + i, 4);
    std::printf(" %08x", bits);
  }
  std::puts("");
}
void show(char kind, const char* name, const floats& v) {
  show(kind, name, v.data(), static_cast<weft::index_t>(v.size()));
}

// Numbers of bits, so that no compiler knows what they are.
volatile std::uint32_t special[] = {0x7fc00000u, 0x7f800000u, 0xff800000u, 0x80000000u};
float of_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

floats grid() {
  floats all;
  for (const std::uint32_t bits : special) all.push_back(of_bits(bits));
  for (int i = -190; i <= 190; ++i) all.push_back(static_cast<float>(i) * 0.4921f);
  return all;
}

template <class F>
void function(const char* name, F f) {
  auto values = grid();
  weft::apply<arch>(f, values.data(), static_cast<weft::index_t>(values.size()));
  show('~', name, values);
}

void rows() {
  auto some = grid();
  some.erase(some.begin(), some.begin() + 2);  // no NaN, not infinite, but minus infinity
  auto row = some;
  weft::softmax_row<arch>(row.data(), static_cast<weft::index_t>(row.size()));
  show('~', "softmax", row);
  for (const weft::index_t width : {3, 40}) {  // nothing seen, and NaN
    for (const int which : {2, 0}) {
      floats values(static_cast<std::size_t>(width), of_bits(special[2]));
      values[1] = of_bits(special[which]);
      weft::softmax_row<arch>(values.data(), width);
      show('~', "softmax_of_nothing", values);
    }
  }
  const floats gain(some.size(), 1.5f), bias(some.size(), 0.25f);
  for (const float add : {0.0f, 1000.0f, of_bits(special[0])}) {
    row = some;
    row[0] = 1;
    for (float& x : row) x += add;
    const auto n = static_cast<weft::index_t>(row.size());
    weft::layer_norm_row<arch>(row.data(), gain.data(), bias.data(), 1e-5f, n, row.data());
    show('~', "layer_norm", row);
    weft::normalize_length<arch>(row.data(), n);
    show('~', "normalize_length", row);
  }
}

void integers() {
  floats all;
  for (weft::index_t d = -700; d <= 700; ++d) {
    all.push_back(static_cast<float>(weft::relative_bias<>::bucket(d)));
    all.push_back(static_cast<float>(weft::relative_bias<48, 500>::bucket(d)));
    all.push_back(static_cast<float>(weft::relative_bias<24, 96, weft::sides::before>::bucket(d)));
  }
  for (weft::index_t layers = 1; layers <= 48; ++layers)
    for (weft::index_t groups = 1; groups <= layers; ++groups)
      for (weft::index_t layer = 0; layer < layers; ++layer)
        all.push_back(static_cast<float>(weft::sizes{.layers = layers, .groups = groups}.weights_of(layer)));
  show('=', "buckets_and_groups", all);
}

void conversions() {
  floats all(65536);
  std::vector<std::uint16_t> bits(all.size());
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
  for (const auto type : {weft::dtype::f16, weft::dtype::bf16}) {
    weft::convert_to_float(type, reinterpret_cast<const std::byte*>(bits.data()), 65536, all.data());
    floats few;  // every kind of number, not minus zero
    for (std::size_t i = 3; i < all.size(); i += 97) few.push_back(all[i]);
    show('=', "stored", few);
  }
  for (float& x : all) {
    std::uint32_t of = 0;
    std::memcpy(&of, &x, 4);
    x = static_cast<float>(weft::simd::to_bfloat16(of_bits(of ^ 0x9e37u)));
  }
  show('=', "to_bfloat16", all.data(), 4096);
}

// Most of what computes, in one composition.
struct small : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 40, .heads = 4, .hidden = 70};
  using score = weft::soft_cap<50, weft::relative_bias<>>;
  using mixer = weft::mixed_attention<weft::window<7>, weft::span_convolution<5>, weft::head_ratio<2>, score>;
  using feed_forward = weft::dense<weft::gelu_tanh>;
};

void encode() {
  using encoder = weft::encoder<small>;
  const weft::sizes s{.layers = 2, .vocabulary = 61, .positions = 200};
  auto [record, store] = weft::testing::random_weights<encoder>(s, 5, {.weights = 0.3});
  const encoder e(record, s, std::move(store));
  weft::token_batch batch;
  std::int32_t id = 0;
  for (const weft::index_t length : {1, 17, 110, 3}) {
    std::vector<std::int32_t> ids;
    for (weft::index_t t = 0; t < length; ++t) ids.push_back(id = (id * 7 + 3) % 61);
    batch.add(ids);
  }
  auto in = static_cast<weft::batch>(batch);
  const weft::index_t visible[] = {1, 5, 64, 3};  // so that some queries of a window see no key
  in.visible = visible;
  weft::row_buffer<small::shape.width> out(batch.tokens());
  weft::workspace work(e.workspace_bytes(in.size()));
  e.forward(in, out, work);
  floats all;
  for (weft::index_t i = 0; i < batch.tokens(); ++i) all.insert(all.end(), out.row(i), out.row(i) + small::shape.width);
  show('~', "encoder", all);
}
}  // namespace

int main() {
  function("exp", [](auto x) { return weft::simd::exp(x); });
  function("erf", [](auto x) { return weft::simd::erf(x); });
  function("exp_of_nonpositive", [](auto x) {
    const decltype(x) nothing(0.0f);
    return weft::simd::exp_of_nonpositive(weft::simd::min(nothing, x));
  });
  function("gelu", weft::gelu{});
  function("gelu_tanh", weft::gelu_tanh{});
  function("relu", weft::relu{});
  function("tanh", weft::hyperbolic_tangent{});
  rows();
  integers();
  conversions();
  encode();
  std::printf("%s\n", weft::simd::name<>());
}
