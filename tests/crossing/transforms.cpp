// Fourier transforms as mixers, and linears in groups everywhere.
#include <weft/encoder/describe.hpp>
#include <weft/model/fnet.hpp>
#include <weft/model/roberta_prelayernorm.hpp>
#include <weft/model/squeezebert.hpp>

#include "crossing/crossing.hpp"

namespace transforms_test {
namespace {
using weft::index_t, weft::mixer_shape;

const weft::testing::mixer_trial strict{.allocations = allocations_so_far};

struct fourier_bert : weft::fnet_of<weft::fnet_numbers{.hidden_size = 48, .intermediate_size = 40}> {};
struct prime_width : fourier_bert {
  static constexpr weft::model_shape shape{.width = 23, .heads = 1, .hidden = 20};
  using embedding = weft::summed;
};
struct in_groups : weft::squeezebert_of<weft::squeezebert_numbers{.hidden_size = 48,
                                                                  .num_attention_heads = 4,
                                                                  .intermediate_size = 40,
                                                                  .q_groups = 3,
                                                                  .k_groups = 2,
                                                                  .v_groups = 6,
                                                                  .post_attention_groups = 4,
                                                                  .intermediate_groups = 8,
                                                                  .output_groups = 2}> {};
struct normed_before
    : weft::roberta_prelayernorm_of<weft::roberta_prelayernorm_numbers{
          .hidden_size = 48, .num_attention_heads = 4, .intermediate_size = 40, .layer_norm_eps = {1, -5}}> {};
}  // namespace

TEST_CASE("Fourier transforms and attention in groups keep the laws of mixers") {
  CHECK(weft::testing::broken_mixer_law<weft::fourier, mixer_shape::self(24, 3)>(strict) == "");
  CHECK(weft::testing::broken_mixer_law<weft::fourier, mixer_shape::self(13, 1)>(strict) == "");
  CHECK(weft::testing::broken_mixer_law<in_groups::mixer, mixer_shape::self(48, 4)>(strict) == "");
}
TEST_CASE("layers that mix by Fourier transforms") {
  weft_test::check_composition<fourier_bert>();
  weft_test::check_composition<prime_width>();
}
TEST_CASE("layers whose linears are in groups") { weft_test::check_composition<in_groups>(); }
TEST_CASE("RoBERTa's layers with norms before the parts") { weft_test::check_composition<normed_before>(); }

TEST_CASE("a transform is that of its formula, whatever the length") {
  for (const index_t n : {1, 2, 3, 4, 7, 12, 30, 64, 97, 100}) {
    std::vector<float> real(static_cast<std::size_t>(3 * n)), imaginary(real.size()), other_real(real.size()),
        other_imaginary(real.size()), cosines(static_cast<std::size_t>(n)), sines(cosines.size());
    weft::testing::random_source random(static_cast<std::uint64_t>(n));
    for (auto& v : real) v = static_cast<float>(random.normal());
    for (auto& v : imaginary) v = static_cast<float>(random.normal());
    const auto a = real, b = imaginary;
    weft::fourier_table(n, 0, n, cosines.data(), sines.data());
    const bool in_other = weft::fourier_transform<weft::simd::native>({real.data(), imaginary.data(), 3},
                                                                      {other_real.data(), other_imaginary.data(), 3}, n,
                                                                      3, cosines.data(), sines.data());
    CHECK(in_other == (weft::fourier_stages(n) % 2 == 1));
    const auto& is_real = in_other ? other_real : real;
    const auto& is_imaginary = in_other ? other_imaginary : imaginary;
    double worst = 0;
    for (index_t f = 0; f < n; ++f)
      for (index_t c = 0; c < 3; ++c) {
        double re = 0, im = 0;
        for (index_t t = 0; t < n; ++t) {
          const double angle = 2 * 3.14159265358979323846 * static_cast<double>(f * t % n) / static_cast<double>(n);
          const auto at = static_cast<std::size_t>(3 * t + c);
          re += a[at] * std::cos(angle) + b[at] * std::sin(angle);
          im += b[at] * std::cos(angle) - a[at] * std::sin(angle);
        }
        const auto at = static_cast<std::size_t>(3 * f + c);
        worst = std::max({worst, std::abs(re - is_real[at]), std::abs(im - is_imaginary[at])});
      }
    CAPTURE(n, worst);
    CHECK(worst < 4e-7 * std::sqrt(static_cast<double>(n)) * 8);
  }
}
}  // namespace transforms_test
