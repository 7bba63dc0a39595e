#pragma once
// BigBird (Zaheer et al. 2020), the internal construction: some of a text's own blocks are global.
#include <weft/head/dense_classification.hpp>
#include <weft/head/long_question_answering.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/bigbird_blocks.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which heads BigBird's checkpoints carry. Separator is the id that ends a question.
template <class Activation = gelu_tanh, std::int32_t Separator = 66>
struct bigbird_tasks {
  using pooled = bare_pooler;
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = dense_classification<Activation>;
  using token_classification = weft::token_classification;
  using question_answering = long_question_answering<Activation, Separator>;
  using multiple_choice = pooled_choice<bare_pooler>;
  using next_sentence = weft::next_sentence<bare_pooler>;
};

/// bigbird-roberta-base and bigbird-base-trivia-itc. Sequences of up to 704 tokens see everything.
struct bigbird_base : bert_base {
  static constexpr std::string_view family = "big_bird", prefix = "bert";
  using mixer = attention<bigbird_blocks<64, 3>>;
  using feed_forward = dense<gelu_tanh>;
  using tasks = bigbird_tasks<>;
};

struct bigbird_large : bigbird_base {
  static constexpr model_shape shape{.width = 1024, .heads = 16, .hidden = 4096};
};

}  // namespace weft
