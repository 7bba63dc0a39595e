// Runs the forward pass of every family between two requests to callgrind: what scripts/count_instructions.py counts.
// Two small layers with random weights, one worker, a ragged batch and a single text. WEFT_HALF says which half of the
// families this program is about, so that two compile at once.
#include <valgrind/callgrind.h>

#include <string>
#include <vector>
#include <weft/layout/pre_norm.hpp>
#include <weft/numeric/bfloat16.hpp>
#include <weft/pattern/window.hpp>
#include <weft/position/rotary.hpp>
#include <weft/score/alibi.hpp>
#include <weft/testing/random_weights.hpp>
#include <weft/weft.hpp>

namespace {

void counted(const std::string& name, const auto& f) {
  f();  // once before, so that nothing is done for the first time
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  CALLGRIND_TOGGLE_COLLECT;
  f();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(name.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
}

[[maybe_unused]] constexpr weft::model_shape small{.width = 128, .heads = 4, .hidden = 512};

std::vector<std::int32_t> text_of(int length) {
  std::vector<std::int32_t> ids;
  for (int t = 0; t < length; ++t) ids.push_back(5 + (t * 37 + length) % 90);
  return ids;
}

template <class Spec>
void run(const std::string& name) {
  const weft::sizes s{.layers = 2,
                      .vocabulary = 100,
                      .positions = 1024,
                      .first_position = 2,
                      .groups = Spec::family == "albert" ? 1 : 0};
  auto [record, store] = weft::testing::random_weights<weft::encoder<Spec>>(s, 1);
  const weft::encoder<Spec> encoder(record, s, std::move(store));
  weft::token_batch ragged, single;
  // BigBird's texts see everything up to 704 tokens.
  for (const int length : {32, 4, 53, 7, 18, Spec::family == "big_bird" ? 740 : 1}) ragged.add(text_of(length));
  single.add(text_of(20));
  for (const auto* batch : {&ragged, &single}) {
    weft::row_buffer<Spec::shape.width> out(batch->tokens());
    weft::workspace work(encoder.workspace_bytes(batch->size()));
    counted(name + (batch == &ragged ? ", ragged" : ", one text"), [&] { encoder.forward(*batch, out, work); });
  }
}

#if WEFT_HALF == 0
struct bert : weft::bert_base {
  static constexpr auto shape = small;
};
struct roberta : weft::roberta_base {
  static constexpr auto shape = small;
};
struct distilbert : weft::distilbert_base {
  static constexpr auto shape = small;
};
struct convbert : weft::convbert_base {
  static constexpr auto shape = small;
};
struct convbert_medium_small : weft::convbert_medium_small {
  static constexpr auto shape = small;
};
struct mobilebert : weft::mobilebert {
  static constexpr auto shape = small;
  using embedding = weft::trigram<64>;
  using layout = weft::bottleneck<64, 4, weft::narrowed::query_key>;
};
struct half_bert : bert {
  using numeric = weft::bfloat16;
};
#else
struct electra : weft::electra_small {
  static constexpr auto shape = small;
  using embedding = weft::factorised<64>;
};
struct xlm_roberta : weft::xlm_roberta_base {
  static constexpr auto shape = small;
};
struct mpnet : weft::mpnet_base {
  static constexpr auto shape = small;
};
struct albert : weft::albert_base {
  static constexpr auto shape = small;
  using embedding = weft::factorised<64>;
};
struct bigbird : weft::bigbird_base {
  static constexpr auto shape = small;
};
struct other_parts : weft::bert_base {
  static constexpr auto shape = small;
  using mixer = weft::attention<weft::window<20>, weft::alibi, true, weft::rotary<>>;
  using layout = weft::pre_norm;
};
struct etc : weft::etc_base {
  static constexpr auto shape = small;
};

void run_extended(const std::string& name) {
  using encoder_type = weft::extended_encoder<etc>;
  const weft::sizes s{.layers = 2, .vocabulary = 100, .segments = 2};
  const auto weights = weft::testing::random_weights<encoder_type>(s, 1);
  const encoder_type encoder(weights.record, s);
  weft::extended_token_batch batch;
  for (const int length : {150, 20}) batch.add_in_blocks(text_of(length), 16);
  const weft::extended_batch in = batch;
  weft::row_buffer<etc::shape.width> long_out(in.long_input.tokens()), global_out(in.global_input.tokens());
  weft::workspace work(encoder.workspace_bytes(in.size()));
  counted(name, [&] { encoder.forward(in, long_out, global_out, work); });
}
#endif

}  // namespace

int main() {
#if WEFT_HALF == 0
  run<bert>("bert");
  run<roberta>("roberta");
  run<distilbert>("distilbert");
  run<convbert>("convbert");
  run<convbert_medium_small>("convbert, grouped");
  run<mobilebert>("mobilebert");
  run<half_bert>("bert in bfloat16");
#else
  run<electra>("electra");
  run<xlm_roberta>("xlm-roberta");
  run<mpnet>("mpnet");
  run<albert>("albert");
  run<bigbird>("big_bird");
  run<other_parts>("window, alibi, rotary, pre-norm");
  run_extended("etc");
#endif
}
