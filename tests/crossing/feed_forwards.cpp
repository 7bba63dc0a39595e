// Gated feed-forwards, in both forms that checkpoints store, in every kind of layout.
#include <weft/encoder/describe.hpp>
#include <weft/ffn/gated.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/model/mobilebert.hpp>

#include "crossing/crossing.hpp"

namespace {
struct gelu_gated : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
  using feed_forward = weft::gated<weft::gelu>;
};
struct silu_gated_as_one : gelu_gated {
  using feed_forward = weft::gated<weft::silu, weft::gate_stored::as_one, false>;
  using layout = weft::pre_norm;
};
struct gated_as_one_in_bottleneck : gelu_gated {
  using feed_forward = weft::gated<weft::silu, weft::gate_stored::as_one>;
  using layout = weft::bottleneck<24, 2>;
};
struct value_first : gelu_gated {
  using feed_forward = weft::gated<weft::gelu, weft::gate_stored::value_first, false, true>;
};
}  // namespace

TEST_CASE("gated by gelu, stored as one, the value first") { weft_test::check_composition<value_first>(); }
TEST_CASE("gated by gelu, stored apart, post_norm") { weft_test::check_composition<gelu_gated>(); }
TEST_CASE("gated by silu, stored as one, without biases, pre_norm") {
  weft_test::check_composition<silu_gated_as_one>();
}
TEST_CASE("gated by silu, stored as one, bottleneck") { weft_test::check_composition<gated_as_one_in_bottleneck>(); }

TEST_CASE("a gated feed-forward has the names and shapes of its stored form") {
  const auto shown = [](const auto& parameters) {
    std::string all;
    for (const auto& p : parameters)
      if (p.name.find("layer.0.") != p.name.npos && p.name.find("attention") == p.name.npos) {
        all += p.name.substr(p.name.find("layer.0.") + 8) + " [";
        for (const auto n : p.shape) all += std::to_string(n) + " ";
        all += "] ";
      }
    return all;
  };
  const weft::sizes sizes{.layers = 1, .vocabulary = 9, .positions = 9};
  CHECK(shown(weft::describe<weft::encoder<gelu_gated>>(sizes)) ==
        "intermediate.gate.weight [40 48 ] intermediate.gate.bias [40 ] intermediate.dense.weight [40 48 ] "
        "intermediate.dense.bias [40 ] output.dense.weight [48 40 ] output.dense.bias [48 ] "
        "output.LayerNorm.weight [48 ] output.LayerNorm.bias [48 ] ");
  CHECK(shown(weft::describe<weft::encoder<silu_gated_as_one>>(sizes)) ==
        "intermediate.LayerNorm.weight [48 ] intermediate.LayerNorm.bias [48 ] intermediate.dense.weight [80 48 ] "
        "output.dense.weight [48 40 ] ");
}
