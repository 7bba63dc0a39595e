// One line a crossing of pattern, mixer and layout: the digest of a small model of it.
#include <weft/layout/pre_norm.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/window.hpp>

#include "bits/digest.hpp"

namespace {

template <class Mixer, class Layout>
struct crossed : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
  using mixer = Mixer;
  using layout = Layout;
};

template <class Mixer>
void every_layout(const std::string& name) {
  using head = weft::pooled_classification<>;
  weft_test::print_digest<crossed<Mixer, weft::post_norm>, head>((name + "_post_norm").c_str());
  weft_test::print_digest<crossed<Mixer, weft::pre_norm>, head>((name + "_pre_norm").c_str());
  weft_test::print_digest<crossed<Mixer, weft::bottleneck<24, 2>>, head>((name + "_bottleneck").c_str());
}
template <class Pattern>
void every_mixer(const std::string& name) {
  every_layout<weft::attention<Pattern>>(name + "_attention");
  every_layout<weft::mixed_attention<Pattern, weft::span_convolution<5>>>(name + "_mixed");
}

}  // namespace

int main() {
  every_mixer<weft::full>("full");
  every_mixer<weft::window<5>>("window");
  every_mixer<weft::bigbird_blocks<4, 3>>("bigbird");
  every_mixer<weft::landmarks<3>>("landmarks");
  weft_test::print_build();
}
