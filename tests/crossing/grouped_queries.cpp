// Heads that share keys, root mean square norms and words that are not normalised, in every kind of layout.
#include <weft/embedding/not_normed.hpp>
#include <weft/layout/final_norm.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/mixer/grouped_query_attention.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/norm/rms_norm.hpp>
#include <weft/pattern/window.hpp>
#include <weft/position/rotary.hpp>
#include <weft/score/alibi.hpp>

#include "crossing/crossing.hpp"

namespace {
struct two_key_heads : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
  using embedding = weft::not_normed<weft::words_alone>;
  using mixer = weft::grouped_query_attention<2, weft::full, weft::scaled, false, weft::rotary<>, false>;
  using norm = weft::rms_norm<>;
  using layout = weft::pre_norm;
  using last = weft::final_norm<>;
};
struct one_key_head : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
  using mixer = weft::grouped_query_attention<1, weft::window<5>, weft::alibi>;
};
struct key_heads_in_bottleneck : one_key_head {
  using embedding = weft::not_normed<weft::summed>;
  using mixer = weft::grouped_query_attention<2, weft::full, weft::scaled, true, weft::rotary<>>;
  using norm = weft::rms_norm<std::ratio<1, 100>>;
  using layout = weft::bottleneck<24, 2>;
};
// With a head of keys for each of queries' it is attention, to the last bit.
struct as_many : one_key_head {
  using mixer = weft::grouped_query_attention<4, weft::full, weft::scaled, true, weft::rotary<>>;
};
struct plain : one_key_head {
  using mixer = weft::attention<weft::full, weft::scaled, true, weft::rotary<>>;
};

template <class Spec>
std::vector<float> hidden() {
  const weft::sizes sizes{.layers = 2, .vocabulary = 30, .positions = 90};
  const auto weights = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 3);
  const weft::encoder<Spec> encoder(weights.record, sizes);
  weft::token_batch batch;
  for (const int length : {1, 5, 80}) {
    std::vector<std::int32_t> ids;
    for (int i = 0; i < length; ++i) ids.push_back(i * 7 % 30);
    batch.add(ids);
  }
  weft::row_buffer<48> out(batch.tokens());
  weft::workspace work(encoder.workspace_bytes(batch.size()));
  encoder.forward(batch, out, work);
  return {out.data(), out.data() + batch.tokens() * 48};
}
}  // namespace

TEST_CASE("two heads of keys, rotary, rms_norm, pre_norm") { weft_test::check_composition<two_key_heads>(); }
TEST_CASE("one head of keys, window, alibi, post_norm") { weft_test::check_composition<one_key_head>(); }
TEST_CASE("two heads of keys, rms_norm, bottleneck") { weft_test::check_composition<key_heads_in_bottleneck>(); }
TEST_CASE("with as many heads of keys it is attention") { CHECK(hidden<as_many>() == hidden<plain>()); }
