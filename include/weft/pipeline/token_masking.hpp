#pragma once
// Which tokens of an example are predicted, and what stands there instead.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>
#include <weft/base/random_source.hpp>
#include <weft/pipeline/token_corpus.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How tokens are chosen.
struct masking {
  double share = 0.15;       ///< of an example's tokens that are predicted
  bool whole_words = false;  ///< all tokens of a word, or none
  double kept = 0.1;         ///< share of those chosen that stay as they are
  double random = 0.1;       ///< share that become any token of the vocabulary
  std::int32_t mask = -1;    ///< the token that stands for the others
  index_t vocabulary = 0;    ///< random tokens lie below it
};

/// A token that is predicted.
struct masked_token {
  index_t place;       ///< in the example
  std::int32_t shown;  ///< what stands there
};

/// Chooses tokens of an example as BERT's data builder does (Devlin et al. 2019, released code): max(1, round(share
/// length)) of those that are not special, halves to even; words that would be too many are passed over. In increasing
/// order of their places.
inline std::vector<masked_token> choose_masked(const token_corpus& corpus, index_t example, const masking& how,
                                               random_source random) {
  const index_t length = corpus.length(example);
  std::vector<std::vector<index_t>> words;
  for (index_t i = 0; i < length; ++i) {
    const auto token = corpus.token(example, i);
    if (token.special) continue;
    if (how.whole_words && token.continues && !words.empty() && words.back().back() == i - 1)
      words.back().push_back(i);
    else
      words.push_back({i});
  }
  for (std::size_t left = words.size(); left > 1; --left)
    std::swap(words[left - 1], words[static_cast<std::size_t>(random.below(static_cast<index_t>(left)))]);
  const double exact = how.share * static_cast<double>(length), below = std::floor(exact);
  const bool up = exact - below > 0.5 || (!(exact - below < 0.5) && static_cast<index_t>(below) % 2 == 1);
  const index_t most = std::max<index_t>(1, static_cast<index_t>(below) + (up ? 1 : 0));
  std::vector<masked_token> chosen;
  for (const auto& word : words) {
    if (static_cast<index_t>(chosen.size()) == most) break;
    if (static_cast<index_t>(chosen.size() + word.size()) > most) continue;
    for (const auto place : word) {
      const double draw = random.uniform();
      const auto other = static_cast<std::int32_t>(random.below(how.vocabulary));
      chosen.push_back({place, draw < how.kept                ? corpus.token(example, place).id
                               : draw < how.kept + how.random ? other
                                                              : how.mask});
    }
  }
  std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return a.place < b.place; });
  return chosen;
}

}  // namespace weft
