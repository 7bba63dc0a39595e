#pragma once
// ConvBERT (Jiang et al. 2020).
#include <weft/ffn/grouped.hpp>
#include <weft/head/dense_classification.hpp>
#include <weft/mixer/mixed_attention.hpp>
#include <weft/mixer/span_convolution.hpp>
#include <weft/model/electra.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which heads ConvBERT's checkpoints carry.
template <class Activation = gelu>
struct convbert_tasks {
  using masked_lm = generator_lm;
  using sequence_classification = dense_classification<Activation>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = last_token_choice;
  using replaced_token_detection = weft::replaced_token_detection<Activation>;
};

struct convbert_base : bert_base {
  static constexpr std::string_view family = "convbert", prefix = "convbert";
  using mixer = mixed_attention<full, span_convolution<9>, head_ratio<2>>;
  using tasks = convbert_tasks<>;
};

struct convbert_medium_small : convbert_base {
  static constexpr model_shape shape{.width = 384, .heads = 8, .hidden = 1536};
  using embedding = factorised<128>;
  using feed_forward = grouped<2>;
};

struct convbert_small : convbert_base {
  static constexpr model_shape shape{.width = 256, .heads = 4, .hidden = 1024};
  using embedding = factorised<128>;
};

}  // namespace weft
