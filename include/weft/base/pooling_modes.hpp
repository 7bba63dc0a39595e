#pragma once
// How the hidden states of a text become one vector.
#include <initializer_list>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/base/unit_containers.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What is made of the rows of a text, [CLS] and [SEP] included; of no rows zeros
/// (reference: sentence_transformers.models.Pooling).
enum class pooling {
  first_token,       ///< the row of [CLS]
  maximum,           ///< the largest value of every column
  mean,              ///< the sum of all rows divided by their number
  square_root_mean,  ///< the sum of all rows divided by the square root of their number
  weighted_mean,     ///< the mean of all rows, the first weighing 1, the second 2 and so on
  last_token,        ///< the last row
};

/// One way of pooling, or several whose vectors are joined in this order.
class pooling_modes {
 public:
  pooling_modes(pooling one) : modes_{one} {}  // NOLINT: one is a list of one
  /// Throws weft::error for an empty list.
  pooling_modes(std::initializer_list<pooling> all) : pooling_modes(list<const pooling>(all.begin(), size_of(all))) {}
  explicit pooling_modes(list<const pooling> all) : modes_(all.begin(), all.end()) {
    if (all.empty()) fail({.subject = "pooling modes", .found = "none", .wanted = "at least one"});
  }

  index_t count() const { return static_cast<index_t>(modes_.size()); }
  list<const pooling> all() const { return modes_; }
  bool operator==(const pooling_modes&) const = default;

 private:
  static index_t size_of(std::initializer_list<pooling> all) { return static_cast<index_t>(all.size()); }

  unit_vector<pooling> modes_;
};

/// How the logits of a text's tokens become a weight for every word of the vocabulary.
struct splade_pooling {
  bool sum = false;        ///< over the tokens (Formal et al. 2021, "SPLADE"); otherwise the largest ("SPLADE v2")
  bool log_twice = false;  ///< ln(1 + ln(1 + relu(x))) instead of ln(1 + relu(x)) (sentence-transformers' log1p_relu)
};

}  // namespace weft
