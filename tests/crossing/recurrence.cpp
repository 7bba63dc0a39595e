// Recurrent layers: between others, alone, in several layers; and the heads that read them.
#include <weft/encoder/describe.hpp>
#include <weft/head/model.hpp>
#include <weft/layout/with_mixer.hpp>
#include <weft/model/bert_bilstm.hpp>
#include <weft/position/rotary.hpp>

#include "crossing/crossing.hpp"
#include "refusal.hpp"

namespace recurrence_test {
namespace {
using weft::index_t, weft::mixer_shape, weft::repeated;

struct small : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
};
struct recurrent_bert : small {
  using mixer = weft::bilstm<24>;
};
struct recurrent_first : small {
  using mixer = weft::attention<weft::full, weft::scaled, true, weft::rotary<>>;
  using layout = weft::layers<repeated<1, weft::with_mixer<weft::bilstm<24, 2>, weft::mixer_alone<>>>, weft::post_norm>;
};
struct student : weft::bert_bilstm_of<weft::bert_bilstm_numbers{.hidden_size = 40,
                                                                .projection_size = 21,
                                                                .lstm_hidden_size = 23,
                                                                .lstm_layers = 3,
                                                                .classifier_hidden_size = 9}> {};

const weft::testing::mixer_trial strict{.allocations = allocations_so_far};

template <class Head>
std::string compare_head(const std::vector<index_t>& visible) {
  using namespace weft::testing;
  constexpr weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 40, .segments = 2, .labels = 3};
  const auto stored = random_weights<weft::model<student, Head>>(sizes, 5, {.weights = 0.2, .biases = 0.2});
  const weft::model<student, Head> model(stored.record, sizes);
  auto owned = weft_test::batch_of(weft_test::random_sequences(3, 6, sizes));
  weft::batch in = owned;
  std::vector<index_t> shown;
  for (index_t s = 0; s < in.sequences(); ++s)
    shown.push_back(std::min(in.length(s), visible[static_cast<std::size_t>(s % 2)]));
  in.visible = shown;
  std::vector<float> out(static_cast<std::size_t>(model.output_rows(in) * model.output_width()));
  weft::workspace work(model.workspace_bytes(in.size(), 3));
  scrambled_pool pool(3);
  weft::matrix<float> rows(out.data(), model.output_rows(in), model.output_width());
  model.forward(in, rows, work, pool);
  const auto hidden = reference_hidden<student>(stored.record.body, sizes, in).back();
  return difference(rows, reference_head<student, Head>(std::get<0>(stored.record.tops), in, hidden),
                    tolerance{.roundings = 160});
}
}  // namespace

TEST_CASE("a recurrent mixer keeps the laws of mixers") {
  CHECK(weft::testing::broken_mixer_law<weft::bilstm<12>, mixer_shape::self(24, 1)>(strict) == "");
  CHECK(weft::testing::broken_mixer_law<weft::bilstm<5, 3>, mixer_shape{7, 9, 13, 10, 1}>(strict) == "");
}
TEST_CASE("recurrent layers with residuals and feed-forwards") { weft_test::check_composition<recurrent_bert>(); }
TEST_CASE("a recurrent layer before layers of rotated attention") { weft_test::check_composition<recurrent_first>(); }
TEST_CASE("a projection and a recurrent layer of three") { weft_test::check_composition<student>(); }

TEST_CASE("heads of whole sequences read their visible rows") {
  for (const auto& visible : {std::vector<index_t>{40, 40}, {3, 1}}) {
    CHECK(compare_head<weft::both_ends>(visible) == "");
    CHECK(compare_head<weft::attention_pooled<11>>(visible) == "");
    CHECK(compare_head<student::tasks::sequence_classification>(visible) == "");
    CHECK(compare_head<weft::two_layer_classification<weft::pooled<weft::pooling::mean>, 7>>(visible) == "");
    CHECK(compare_head<weft::two_layer_classification<weft::both_ends, 7, weft::gelu>>(visible) == "");
    CHECK(compare_head<weft::two_layer_classification<weft::attention_pooled<4>, 7>>(visible) == "");
  }
}

TEST_CASE("a student's tensors have the names of torch.nn.LSTM") {
  std::string all;
  for (const auto& p : weft::describe<weft::encoder<student>>({.layers = 2, .vocabulary = 9, .positions = 9}))
    all += std::string(p.name) + "\n";
  for (const auto* name : {"projection.weight\n", "lstm.weight_ih_l0\n", "lstm.weight_hh_l0_reverse\n",
                           "lstm.bias_ih_l2\n", "lstm.bias_hh_l2_reverse\n", "embeddings.LayerNorm.bias\n"})
    CHECK_THAT(all, Catch::Contains(name));
}
}  // namespace recurrence_test
