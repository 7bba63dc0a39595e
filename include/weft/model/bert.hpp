#pragma once
// BERT (Devlin et al. 2019) and students of its shape.
#include <string_view>
#include <weft/embedding/summed.hpp>
#include <weft/ffn/dense.hpp>
#include <weft/head/masked_lm.hpp>
#include <weft/head/pooled_linear.hpp>
#include <weft/head/token_linear.hpp>
#include <weft/layout/post_norm.hpp>
#include <weft/mixer/attention.hpp>
#include <weft/norm/layer_norm.hpp>
#include <weft/numeric/float32.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which heads BERT's checkpoints carry.
template <class Activation = gelu>
struct bert_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = pooled_classification<>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<>;
  using next_sentence = weft::next_sentence<>;
};

struct bert_base {
  static constexpr std::string_view family = "bert", prefix = "bert";
  static constexpr model_shape shape{.width = 768, .heads = 12, .hidden = 3072};
  using embedding = summed;
  using mixer = attention<full>;
  using feed_forward = dense<gelu>;
  using norm = layer_norm<>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = bert_tasks<>;
};

struct bert_large : bert_base {
  static constexpr model_shape shape{.width = 1024, .heads = 16, .hidden = 4096};
};

/// all-MiniLM-L6-v2 and its relatives.
struct minilm_l6 : bert_base {
  static constexpr model_shape shape{.width = 384, .heads = 12, .hidden = 1536};
};

}  // namespace weft
