#pragma once
// MobileBERT and its inverted-bottleneck teacher (Sun et al. 2020).
#include <weft/embedding/projected.hpp>
#include <weft/embedding/trigram.hpp>
#include <weft/head/concatenated_lm.hpp>
#include <weft/layout/bottleneck.hpp>
#include <weft/layout/stacked.hpp>
#include <weft/model/bert.hpp>
#include <weft/norm/affine.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which heads MobileBERT's checkpoints carry. Pooler is first_token_pooler where `classifier_activation` is false.
template <class Activation = relu, class Pooler = first_token_pooler, class Norm = layer_norm<>>
struct mobilebert_tasks {
  using pooled = Pooler;
  using masked_lm = concatenated_lm<Activation, Norm>;
  using sequence_classification = pooled_classification<Pooler>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<Pooler>;
  using next_sentence = weft::next_sentence<Pooler>;
};

struct mobilebert : bert_base {
  static constexpr std::string_view family = "mobilebert", prefix = "mobilebert";
  static constexpr model_shape shape{.width = 512, .heads = 4, .hidden = 512};
  using embedding = trigram<128>;
  using feed_forward = dense<relu>;
  using norm = affine;
  using layout = bottleneck<128, 4, narrowed::query_key>;
  using tasks = mobilebert_tasks<>;
};

struct mobilebert_tiny : mobilebert {
  using layout = bottleneck<128, 2, narrowed::all>;
};

/// The teacher of MobileBERT: wide inside, one feed-forward, layer norm, GELU in its tanh form. Its last norm of a
/// layer and of the embedding keep the epsilon that the reference gives them.
struct ib_bert : mobilebert {
  static constexpr model_shape shape{.width = 512, .heads = 4, .hidden = 4096};
  using embedding = trigram<128, layer_norm<std::ratio<1, 100000>>>;
  using feed_forward = dense<gelu_tanh>;
  using norm = layer_norm<>;
  using layout = bottleneck<1024, 1, narrowed::none, layer_norm<std::ratio<1, 100000>>>;
  using tasks = mobilebert_tasks<gelu_tanh, pooler>;
};

}  // namespace weft
