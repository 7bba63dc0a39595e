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
/// Logits are computed at the masks only, for the texts of a call together. One object serves one thread at a time;
/// copies share the weights. Head is another one that gives a vocabulary for every token, as DeBERTa's
/// tasks::enhanced_masked_lm.
template <class Spec, class Head = typename Spec::tasks::masked_lm>
class fill_mask {
  using head = Head;

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
    return std::move(all(list<const std::string_view>(&text, 1), k).front());
  }

  /// The same for each of a collection of texts, in order; each the same, to the bit, as that of its text alone. What
  /// is thrown has the number of its text, from 1 on.
  template <text_source Texts>
  std::vector<std::vector<filled_mask>> all(Texts&& texts, index_t k = 5) {
    std::vector<std::vector<filled_mask>> out;
    std::vector<place> masks;  // of the batch that is being packed
    const index_t count = detail::count_of(texts);
    const auto run = [&](const batch& in) { guess(in, masks, k, count, out), masks.clear(); };
    runner_.clear();
    each_text(
        texts, runner_.run(), [this](const text_input& text, index_t) { return encode(text); },
        [&](encoding e) {
          const auto number = static_cast<index_t>(out.size());
          auto [rows, found] = masks_of(e);
          check_masks(e, rows, count == 1 ? "text" : detail::text_number(number, 0));
          const index_t gone = cut(e);
          // Logits take a vocabulary for each mask.
          const index_t dear = ceil_div(runner_.batch_tokens(), most_masks) * static_cast<index_t>(rows.size());
          const index_t first = runner_.add(e, std::max(e.size(), dear), run);
          for (std::size_t m = 0; m < rows.size(); ++m) masks.push_back({first + rows[m] - gone, number, m});
          out.push_back(std::move(found));
        });
    runner_.flush(run);
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

  static constexpr index_t most_masks = 64;  // of a batch, unless one text has more
  // A mask: its row of the batch, its text, and the how manieth of its text it is.
  struct place {
    index_t row, text;
    std::size_t mask;
  };

  encoding encode(const text_input& text) const {
    if (text.second) fail("weft::fill_mask takes single texts, not pairs");
    return runner_.tokenizer().encode(text.first, std::nullopt);
  }
  bool cuts_left() const { return runner_.tokenizer().options().truncation_side == truncation_side::left; }

  std::pair<std::vector<index_t>, std::vector<filled_mask>> masks_of(const encoding& e) const {
    std::pair<std::vector<index_t>, std::vector<filled_mask>> found;
    for (index_t i = 0; i < e.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (e.ids[at] != runner_.tokenizer().mask_id()) continue;
      found.first.push_back(i);
      found.second.push_back({e.offsets[at].begin, e.offsets[at].end, {}});
    }
    return found;
  }

  void check_masks(const encoding& e, const std::vector<index_t>& rows, const std::string& text) const {
    const auto& words = runner_.tokenizer().options();
    if (rows.empty())
      fail({.subject = text, .found = "no mask", .wanted = words.mask + " in the place of the missing word"});
    const index_t excess = e.size() - max_length();
    if (excess <= 0) return;
    const bool left = cuts_left();
    const index_t row = left ? rows.front() : rows.back();
    if (left ? row < e.first.begin + excess : row >= e.first.end - excess)
      fail({.subject = text,
            .found = words.mask + " as token " + std::to_string(row + 1) + " of " + std::to_string(e.size()),
            .wanted = "every mask among the " + std::string(left ? "last " : "first ") +
                      std::to_string(left ? max_length() - e.first.begin : e.first.end - excess) + " tokens",
            .remedy = "cut the text around the mask"});
    runner_.check_length(e);
  }

  // Cuts a text that is too long, as its tokenizer would have. Returns how many tokens before the masks are gone.
  index_t cut(encoding& e) const {
    const index_t excess = e.size() - max_length();
    if (excess <= 0 || excess > e.first.size()) return 0;
    const bool left = cuts_left();
    const auto drop = [&](auto& values) {
      const auto from = values.begin() + (left ? e.first.begin : e.first.end - excess);
      values.erase(from, from + excess);
    };
    drop(e.ids), drop(e.segments), drop(e.offsets);
    e.first.end -= excess;
    return left ? excess : 0;
  }

  void guess(const batch& in, const std::vector<place>& masks, index_t k, index_t texts,
             std::vector<std::vector<filled_mask>>& out) {
    const index_t vocabulary = runner_.limits().vocabulary, count = static_cast<index_t>(masks.size());
    std::vector<index_t> rows;
    for (const auto& m : masks) rows.push_back(m.row);
    logits_.resize(static_cast<std::size_t>(count * vocabulary));
    runner_.forward_at(in, rows, matrix<float>(logits_.data(), count, vocabulary));
    runner_.run().for_each(count, [&](index_t m, index_t) {
      const auto& [row, text, mask] = masks[static_cast<std::size_t>(m)];
      const list<const float> values(logits_.data() + m * vocabulary, vocabulary);
      if (!runner_.allows_nonfinite()) detail::require_finite(values, texts == 1 ? "" : detail::text_number(text, 0));
      const auto p = detail::softmax_of(values);
      // The table may have more rows than the tokenizer has tokens; those name nothing.
      for (const index_t id : detail::best_of(list<const float>(p).part(0, runner_.tokenizer().size()), k)) {
        const auto token = static_cast<std::int32_t>(id);
        out[static_cast<std::size_t>(text)][mask].guesses.push_back(
            {std::string(runner_.tokenizer().token(token)), p[static_cast<std::size_t>(id)], token});
      }
    });
  }

  runner<Spec, head> runner_;
  std::vector<float> logits_;
};

}  // namespace weft
