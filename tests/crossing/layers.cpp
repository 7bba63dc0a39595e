// Specs whose layers are not all equal: a first that differs, a norm behind the last, several kinds, other widths, axes
// that are empty.
#include <weft/embedding/projected_tables.hpp>
#include <weft/encoder/describe.hpp>
#include <weft/ffn/gated.hpp>
#include <weft/layout/convolved.hpp>
#include <weft/layout/final_norm.hpp>
#include <weft/layout/layers.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/norm/without_bias.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/window.hpp>
#include <weft/position/per_layer.hpp>
#include <weft/position/rotary.hpp>
#include <weft/score/alibi.hpp>

#include "crossing/crossing.hpp"
#include "refusal.hpp"

namespace layers_test {
namespace {
using weft::index_t, weft::repeated;

struct small : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
};
struct normed_behind : small {
  using layout = weft::pre_norm;
  using last = weft::final_norm<>;
};
// ModernBERT's axes, all at once.
struct like_modern_bert : normed_behind {
  using embedding = weft::words_alone;
  using first = weft::pre_norm_first;
  using norm = weft::without_bias<weft::layer_norm<>>;
  using mixer = weft::attention<weft::per_layer<2, weft::full, weft::window<5>>, weft::scaled, false,
                                weft::per_layer<2, weft::rotary<160'000>, weft::rotary<>>, false,
                                weft::projections_stored::as_one>;
  using feed_forward = weft::gated<weft::gelu, weft::gate_stored::as_one, false>;
};
// Three streams of one tensor with biases, and no positions beside those of the scores.
struct like_mosaic_bert : small {
  using embedding = weft::words_and_segments;
  using mixer = weft::attention<weft::full, weft::alibi, true, weft::none, true, weft::projections_stored::as_one>;
  using feed_forward = weft::gated<weft::gelu, weft::gate_stored::as_one, false, true>;
};
struct kinds : small {
  using layout = weft::layers<repeated<1, weft::bottleneck<24, 2>>, weft::post_norm>;
};
struct convolved_first : small {
  using embedding = weft::projected_tables<20, weft::words_and_segments>;
  using layout = weft::layers<repeated<1, weft::convolved<5, 2, weft::gelu>>, weft::post_norm>;
};
struct kinds_of_which_none_is_left : small {
  using layout = weft::layers<repeated<2, weft::pre_norm>, weft::post_norm>;
  using last = weft::final_norm<weft::affine>;
};

// Rows of From values become rows of the model's width, by a linear.
template <index_t From>
struct to_width {
  template <class Spec>
  struct bind {
    static constexpr index_t reads_width = From, width = Spec::shape.width;
    template <class Form>
    struct params {
      weft::linear<Form, From, width> change;
      static constexpr void each(auto&& f, auto&... p) { f("change", p.change...); }
    };
    template <class Form>
    void forward(const params<Form>& p, weft::rows<const float, From> x, weft::rows<float, width> y,
                 const weft::context& ctx) const {
      p.change(x, y, ctx);
    }
  };
};
struct narrow_before_wide : small {
  using layout = weft::layers<repeated<1, weft::post_norm, 24>, repeated<1, to_width<24>>>;
};
struct wide_before_narrow : small {
  using layout = weft::layers<repeated<1, weft::pre_norm, 64>, repeated<1, to_width<64>>>;
};
struct changes_at_once : small {
  using first = to_width<20>;
};

struct no_feed_forward : small {
  using feed_forward = weft::none;
};
struct no_norm : small {
  using norm = weft::none;
};
struct mixer_alone : small {
  using feed_forward = weft::none;
  using norm = weft::none;
  using layout = weft::pre_norm;
};

template <class Spec>
std::string names(const weft::sizes& sizes) {
  std::string all;
  for (const auto& p : weft::describe<weft::encoder<Spec>>(sizes)) all += std::string(p.name) + "\n";
  return all;
}
bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }
}  // namespace
}  // namespace layers_test

namespace weft::testing {
template <weft::index_t From>
struct reference_of<layers_test::to_width<From>> {
  template <class Spec>
  static table forward(const auto& p, const table& x, const place&) {
    return reference_linear(p.change, x);
  }
};
}  // namespace weft::testing

namespace layers_test {
TEST_CASE("a norm behind the last layer") { weft_test::check_composition<normed_behind>(); }
TEST_CASE("a first layer without its first norm, words alone, and projections and gates that are stored as one") {
  weft_test::check_composition<like_modern_bert>();
}
TEST_CASE("projections stored as one with biases, distances in scores, no table of positions") {
  weft_test::check_composition<like_mosaic_bert>();
}
TEST_CASE("layers of two kinds") { weft_test::check_composition<kinds>(); }
TEST_CASE("a convolution beside the first layer, and narrow tables") {
  weft_test::check_composition<convolved_first>();
}
TEST_CASE("layers of two kinds, of the last of which there are none") {
  weft_test::check_composition<kinds_of_which_none_is_left>();
}
TEST_CASE("layers that become wider") { weft_test::check_composition<narrow_before_wide>(); }
TEST_CASE("layers wider than the output") { weft_test::check_composition<wide_before_narrow>(); }
TEST_CASE("a first layer that changes the width") { weft_test::check_composition<changes_at_once>(); }
TEST_CASE("layers without a feed-forward") { weft_test::check_composition<no_feed_forward>(); }
TEST_CASE("layers without norms") { weft_test::check_composition<no_norm>(); }
TEST_CASE("layers of a mixer alone") { weft_test::check_composition<mixer_alone>(); }

TEST_CASE("layers of several kinds count on, and have the parameters of their own kind") {
  const weft::sizes sizes{.layers = 3, .vocabulary = 9, .positions = 9};
  const auto modern = names<like_modern_bert>(sizes);
  CHECK(!has(modern, "layer.0.attention.LayerNorm"));
  CHECK(has(modern, "layer.0.intermediate.LayerNorm.weight"));
  CHECK(has(modern, "layer.1.attention.LayerNorm.weight"));
  CHECK(has(modern, "layer.2.attention.LayerNorm.weight"));
  CHECK(!has(modern, "layer.3."));
  CHECK(has(modern, "final_norm.weight"));
  CHECK(has(names<kinds>(sizes), "layer.0.bottleneck.input.dense.weight"));
  CHECK(!has(names<kinds>(sizes), "layer.1.bottleneck"));
  CHECK(!has(names<no_feed_forward>(sizes), "intermediate"));
  CHECK(!has(names<no_feed_forward>(sizes), "layer.0.output"));
  CHECK(!has(names<no_norm>(sizes), "LayerNorm"));
}

TEST_CASE("a number of layers that the type is not made for is refused") {
  const auto refusal = [](auto spec, const weft::sizes& sizes) {
    using encoder = weft::encoder<decltype(spec)>;
    const auto stored = weft::testing::random_weights<encoder>(sizes, 1);
    return refusal_of([&] { encoder(stored.record, sizes); });
  };
  CHECK(refusal(narrow_before_wide{}, {.layers = 2, .vocabulary = 9, .positions = 9}).empty());
  CHECK(has(refusal(narrow_before_wide{}, {.layers = 3, .vocabulary = 9, .positions = 9}),
            "layers of several kinds: found 3 layers, wanted 2, as the type says"));
  CHECK(has(refusal(kinds{}, {.layers = 0, .vocabulary = 9, .positions = 9}), "found 0 layers, wanted at least 1"));
  CHECK(has(refusal(kinds{}, {.layers = 4, .vocabulary = 9, .positions = 9, .groups = 2}), "groups of layers"));
}

TEST_CASE("an observer sees every level, the last part's, too") {
  using encoder = weft::encoder<normed_behind>;
  const weft::sizes sizes{.layers = 2, .vocabulary = 9, .positions = 9};
  const auto stored = weft::testing::random_weights<encoder>(sizes, 1);
  const encoder model(stored.record, sizes);
  weft::token_batch in;
  in.add(std::vector<std::int32_t>{1, 2, 3});
  weft::row_buffer<48> out(in.tokens());
  weft::workspace work(model.workspace_bytes(in.size()));
  std::vector<float> firsts;
  model.forward(in, out, work, {}, weft::observe_hidden{[&](index_t level, auto rows) {
                  CHECK(level == static_cast<index_t>(firsts.size()));
                  firsts.push_back(rows.row(0)[0]);
                }});
  REQUIRE(firsts.size() == 4);
  CHECK(firsts[3] == out.row(0)[0]);
  CHECK(firsts[2] != firsts[3]);
}
}  // namespace layers_test
