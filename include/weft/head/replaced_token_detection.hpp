#pragma once
#include <weft/head/dense_classification.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
struct discriminator_names {
  static constexpr std::string_view kind = "replaced_token_detection";
  static constexpr const char *dense = "/discriminator_predictions.dense",
                              *classifier = "/discriminator_predictions.dense_prediction";
};
}  // namespace detail

/// ELECTRA's discriminator: dense, the feed-forward's activation, one logit; above 0 means that the token was replaced
/// (Clark et al. 2020, section 3.1; reference: ElectraDiscriminatorPredictions). Writes [tokens, 1].
template <class Activation = gelu>
struct replaced_token_detection : detail::dense_linear<detail::discriminator_names, 1, Activation, reads::every_token> {
};

}  // namespace weft
