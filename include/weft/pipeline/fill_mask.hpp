#pragma once
// A text with [MASK] in, the words that fit there out.
#include <weft/pipeline/runner.hpp>
#include <weft/pipeline/scores.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A token that could stand in the mask's place.
struct token_guess {
  std::string token;  ///< as the vocabulary has it: "##ing" continues a word
  float score = 0;    ///< its probability over the whole vocabulary
  std::int32_t id = 0;
};

/// One mask of a text.
struct filled_mask {
  index_t begin = 0, end = 0;        ///< the mask's bytes in the text
  std::vector<token_guess> guesses;  ///< the best first
};

/// Guesses masked words with a checkpoint's masked language model.
///   weft::fill_mask<weft::bert_base> fill("bert-base-uncased");
///   std::cout << fill("The capital of France is [MASK].").front().guesses.front().token;
/// Logits are computed at the masks only. One object serves one thread at a time; copies share the weights.
template <class Spec>
class fill_mask {
  using head = typename Spec::tasks::masked_lm;

 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error if it holds another model than
  /// Spec, no masked language model, no tokenizer, or a tokenizer without a mask token.
  explicit fill_mask(const std::filesystem::path& directory, const pipeline_options& options = {})
      : fill_mask(runner<Spec, head>(directory, options)) {}
  /// Of what was read already.
  explicit fill_mask(model_source from, const pipeline_options& options = {})
      : fill_mask(runner<Spec, head>(std::move(from), options)) {}

  /// The k best tokens for every mask of a text, from left to right. Throws weft::error if the text has no mask, or has
  /// one beyond max_length() tokens; and for logits that are not finite, unless the options allow them.
  std::vector<filled_mask> operator()(std::string_view text, index_t k = 5) {
    const auto& words = runner_.tokenizer();
    const encoding e = words.encode(text, std::nullopt);
    std::vector<filled_mask> out;
    std::vector<index_t> rows;
    for (index_t i = 0; i < e.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (e.ids[at] != words.mask_id()) continue;
      rows.push_back(i);
      out.push_back({e.offsets[at].begin, e.offsets[at].end, {}});
    }
    if (rows.empty())
      fail({.subject = "text",
            .found = "no mask",
            .wanted = words.options().mask + " in the place of the missing word"});
    const index_t excess = e.size() - max_length();
    if (excess <= 0) {
      guess(e, rows, k, out);
      return out;
    }
    const bool cuts_left = words.options().truncation_side == truncation_side::left;
    if (cuts_left ? rows.front() < e.first.begin + excess : rows.back() >= max_length() - 1)
      fail({.subject = "text",
            .found = words.options().mask + " as token " +
                     std::to_string((cuts_left ? rows.front() : rows.back()) + 1) + " of " + std::to_string(e.size()),
            .wanted = "every mask among the " + std::string(cuts_left ? "last " : "first ") +
                      std::to_string(max_length() - 1) + " tokens",
            .remedy = "cut the text around the mask"});
    if (cuts_left)
      for (index_t& row : rows) row -= excess;
    guess(runner_.encode(text), rows, k, out);
    return out;
  }

  /// Tokens of a text at most, special ones included; what is longer is cut.
  index_t max_length() const { return runner_.max_length(); }
  /// What stands for a missing word: "[MASK]".
  const std::string& mask() const { return runner_.tokenizer().options().mask; }
  const weft::tokenizer& tokenizer() const { return runner_.tokenizer(); }
  const weft::model<Spec, head>& model() const { return runner_.model(); }

 private:
  explicit fill_mask(runner<Spec, head> run) : runner_(std::move(run)) {
    const auto& words = runner_.tokenizer();
    if (words.mask_id() < 0)
      fail({.file = words.options().file,
            .subject = "mask token",
            .found = "a vocabulary without " + words.options().mask,
            .wanted = "one that has it"});
  }

  void guess(const encoding& e, const std::vector<index_t>& rows, index_t k, std::vector<filled_mask>& out) {
    token_batch tokens;
    tokens.add(e.ids, e.segments);
    const batch in = tokens;
    const index_t vocabulary = runner_.limits().vocabulary, masks = static_cast<index_t>(rows.size());
    std::vector<float> logits(static_cast<std::size_t>(masks * vocabulary));
    runner_.model().forward_at(in, rows, matrix<float>(logits.data(), masks, vocabulary), runner_.room(in),
                               runner_.run());
    if (!runner_.allows_nonfinite()) detail::require_finite(logits, "");
    for (index_t m = 0; m < masks; ++m) {
      const auto p = detail::softmax_of(list<const float>(logits.data() + m * vocabulary, vocabulary));
      // The table may have more rows than the tokenizer has tokens; those name nothing.
      for (const index_t id : detail::best_of(list<const float>(p).part(0, runner_.tokenizer().size()), k)) {
        const auto token = static_cast<std::int32_t>(id);
        out[static_cast<std::size_t>(m)].guesses.push_back(
            {std::string(runner_.tokenizer().token(token)), p[static_cast<std::size_t>(id)], token});
      }
    }
  }

  runner<Spec, head> runner_;
};

}  // namespace weft
