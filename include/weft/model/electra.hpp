#pragma once
// ELECTRA (Clark et al. 2020): discriminators, and the generators that they are trained with.
#include <weft/embedding/factorised.hpp>
#include <weft/head/dense_classification.hpp>
#include <weft/head/replaced_token_detection.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which heads ELECTRA's checkpoints carry.
template <class Activation = gelu>
struct electra_tasks {
  using masked_lm = generator_lm;
  using sequence_classification = dense_classification<>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = summary_choice<>;
  using replaced_token_detection = weft::replaced_token_detection<Activation>;
};

struct electra_small : bert_base {
  static constexpr std::string_view family = "electra", prefix = "electra";
  static constexpr model_shape shape{.width = 256, .heads = 4, .hidden = 1024};
  using embedding = factorised<128>;
  using tasks = electra_tasks<>;
};

struct electra_base : electra_small {
  static constexpr model_shape shape{.width = 768, .heads = 12, .hidden = 3072};
  using embedding = summed;
};

struct electra_large : electra_small {
  static constexpr model_shape shape{.width = 1024, .heads = 16, .hidden = 4096};
  using embedding = summed;
};

/// The released small generator has the discriminator's shape.
struct electra_small_generator : electra_small {};

struct electra_base_generator : electra_small {
  using embedding = factorised<768>;
};

struct electra_large_generator : electra_small {
  using embedding = factorised<1024>;
};

}  // namespace weft
