// Prints a hash of every kernel's output on fixed inputs: one number for all compilers, flags and architectures that
// have a fused multiply-add, and one for those that have not. scripts/check_bits.py compares them.
#include <cstdint>
#include <cstdio>
#include <vector>
#include <weft/kernel/attend.hpp>
#include <weft/kernel/gather.hpp>
#include <weft/kernel/linear.hpp>
#include <weft/kernel/pooling.hpp>
#include <weft/kernel/softmax.hpp>

namespace weft {
namespace {

using arch = simd::native;
using floats = std::vector<float>;

struct hash {
  std::uint64_t value = 14695981039346656037u;
  void add(const floats& v) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(v.data());
    for (std::size_t i = 0; i < v.size() * sizeof(float); ++i) value = (value ^ bytes[i]) * 1099511628211u;
  }
};

floats values(index_t n, float scale) {  // integers over a power of two: no rounding that a flag could change
  static std::uint32_t state = 1;
  floats v(static_cast<std::size_t>(n));
  for (auto& x : v) {
    state = state * 1664525u + 1013904223u;
    x = scale * (static_cast<float>(state >> 9) - 4194304.0f) / 4194304.0f;
  }
  return v;
}

struct two_spans {  // a repeated span, a plain one and a masked one
  index_t sees(const query_block&, index_t q, index_t k) const { return k < 11 ? 3 : k < 50 ? 1 : (q ^ k) & 1; }
  void visit(const query_block& b, auto&& spans) const {
    spans.full({0, 11}, 3);
    spans.full({11, 50});
    spans.masked({50, b.length});
  }
};
struct scaled_score {
  auto operator()(const score_site& at, auto, auto dot) const { return dot * at.scale; }
};

template <class Then>
void add_linear(hash& h) {
  constexpr index_t columns = panel_columns<arch>(96), in = 70, out = 91, rows = 17;
  const auto x = values(rows * in, 2), weight = values(in * out, 0.5f), bias = values(out, 1);
  floats panels(static_cast<std::size_t>(packed_words<float_format<arch>>(in, out, columns)));
  floats padded(static_cast<std::size_t>(round_up(out, columns)));
  pack_panels<float_format<arch>, columns>(
      [&](index_t o, index_t i) { return weight[static_cast<std::size_t>(o * in + i)]; }, bias.data(), in, out,
      panels.data(), padded.data());
  floats y(rows * out);
  multiply_panels<float_format<arch>, columns, Then>({x.data(), rows, in}, {panels.data(), padded.data(), in, in, out},
                                                     0, ceil_div(out, columns), {y.data(), rows, out});
  h.add(y);
}

template <index_t HeadWidth>
void add_attention(hash& h) {
  constexpr index_t n = 203;
  const auto q = values(n * HeadWidth, 3), k = values(n * HeadWidth, 3), v = values(n * HeadWidth, 1);
  floats panels(static_cast<std::size_t>(round_up(n, key_columns<arch>) * HeadWidth)), y(n * HeadWidth);
  pack_keys<arch, HeadWidth>(k.data(), HeadWidth, 0, n, n, panels.data());
  const score_site site{n, 0, 0, 0, 1, 0, 0.3f};
  attend<arch, HeadWidth>(two_spans{}, scaled_score{}, {n, 0, n, 0, 0}, site, n - 5, q.data(), HeadWidth, panels.data(),
                          v.data(), HeadWidth, y.data(), HeadWidth);
  h.add(y);
}

void add_rows(hash& h) {
  for (const index_t width : {5, 64, 131, 384}) {
    const auto x = values(width, 4), r = values(width, 4), gain = values(width, 1), bias = values(width, 1);
    floats y(x.size());
    const auto take = [&](const auto& f) { f(), h.add(y); };
    take([&] { layer_norm_row<arch>(x.data(), gain.data(), bias.data(), 1e-12f, width, y.data()); });
    take([&] { affine_row<arch>(x.data(), gain.data(), bias.data(), width, y.data()); });
    take([&] { add_affine_row<arch>(x.data(), r.data(), gain.data(), bias.data(), width, y.data()); });
    take([&] { sum_rows<arch>(x.data(), r.data(), gain.data(), width, y.data()); });
    take([&] { y = x, softmax_row<arch>(y.data(), width); });
    take([&] { mean_rows<arch>(x.data(), 1, 1, width, y.data()); });
    take([&] { normalize_length<arch>(y.data(), width); });
    take([&] { y.assign(1, dot<arch>(x.data(), r.data(), width)); });
  }
}

}  // namespace
}  // namespace weft

int main() {
  weft::hash h;
  weft::add_linear<weft::identity>(h);
  weft::add_linear<weft::gelu>(h);
  weft::add_linear<weft::gelu_tanh>(h);
  weft::add_linear<weft::relu>(h);
  weft::add_linear<weft::hyperbolic_tangent>(h);
  weft::add_attention<8>(h);
  weft::add_attention<32>(h);
  weft::add_attention<20>(h);
  weft::add_rows(h);
  std::printf("kernels %016llx\n%s %s\n", static_cast<unsigned long long>(h.value), weft::simd::name(),
              weft::simd::has_fma<weft::arch> ? "fused" : "apart");
}
