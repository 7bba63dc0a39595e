#pragma once
// Text in, labelled parts of it out: names, places, parts of speech.
#include <deque>
#include <initializer_list>
#include <weft/pipeline/runner.hpp>
#include <weft/pipeline/tagged_spans.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct tagger_options {
  executor run = {};               ///< refers to a pool that must outlive the pipeline; none: the calling thread
  joining join = joining::simple;  ///< what becomes one span
  std::vector<std::string> ignored = {"O"};  ///< labels that are no span
  index_t max_length = 0;                    ///< tokens of a text, special ones included; 0: as many as the model takes
  index_t batch_tokens = 8192;               ///< texts of one call are run together up to this many tokens
  tokenizer_reading tokenizer = {};          ///< what to do otherwise than the tokenizer's files say
  bool refuse_longer = false;                ///< a text of more than max_length tokens is an error; otherwise it is cut
  bool allow_nonfinite = false;              ///< NaN and infinity, in weights and in results, pass; otherwise errors
};

/// Finds the labelled parts of texts, with a checkpoint trained for token classification.
///   weft::tagger<weft::bert_base> tag("a directory");
///   for (const auto& [label, score, begin, end] : tag("Ann lives in Ghent.")) ...
/// One object serves one thread at a time; copies share the weights.
template <class Spec>
class tagger {
  using head = typename Spec::tasks::token_classification;

 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error if it holds another model than
  /// Spec, no token classification head, other labels than the head has, or no tokenizer.
  explicit tagger(const std::filesystem::path& directory, const tagger_options& options = {})
      : tagger(runner<Spec, head>(directory, how(options)), options) {}
  /// Of what was read already.
  explicit tagger(model_source from, const tagger_options& options = {})
      : tagger(runner<Spec, head>(std::move(from), how(options)), options) {}

  /// The spans of a text, in order.
  std::vector<tagged_span> operator()(std::string_view text) {
    return std::move(all(list<const std::string_view>(&text, 1)).front());
  }

  /// Those of a collection of texts, in order. Each is the same, to the bit, as that of its text alone. Throws
  /// weft::error for logits that are not finite, with the number of their text from 1 on, unless the options allow
  /// them.
  template <text_source Texts>
  std::vector<std::vector<tagged_span>> all(Texts&& texts) {
    std::vector<std::vector<tagged_span>> out;
    std::deque<read_text> open;
    const index_t count = detail::count_of(texts);
    const auto each = [&](const batch& in) { read(in, count, open, out); };
    runner_.clear();
    each_text(
        texts, runner_.run(),
        [&](const text_input& text, index_t) {
          if (text.second) fail({.subject = "text", .found = "a pair", .wanted = "texts alone"});
          return read_text{std::string(text.first), runner_.encode(text)};
        },
        [&](read_text one) {
          open.push_back(std::move(one));
          const auto& tokens = open.back().tokens;
          runner_.add(tokens, tokens.size(), each);
        });
    runner_.flush(each);
    return out;
  }
  std::vector<std::vector<tagged_span>> all(std::initializer_list<std::string_view> texts) {
    return all(list<const std::string_view>(texts));
  }

  /// The names that tokens are given, in the order of the logits.
  const std::vector<std::string>& labels() const { return runner_.configuration().labels; }
  /// Tokens of a text at most, special ones included; what is longer is cut.
  index_t max_length() const { return runner_.max_length(); }
  const weft::tokenizer& tokenizer() const { return runner_.tokenizer(); }
  const weft::model<Spec, head>& model() const { return runner_.model(); }

 private:
  static pipeline_options how(const tagger_options& o) {
    return {.run = o.run,
            .max_length = o.max_length,
            .batch_tokens = o.batch_tokens,
            .tokenizer = o.tokenizer,
            .refuse_longer = o.refuse_longer,
            .allow_nonfinite = o.allow_nonfinite};
  }
  tagger(runner<Spec, head> run, const tagger_options& options) : runner_(std::move(run)), options_(options) {}

  struct read_text {
    std::string text;
    encoding tokens;
  };

  // Runs a batch, whose sequences are the next open texts.
  void read(const batch& in, index_t count, std::deque<read_text>& open, std::vector<std::vector<tagged_span>>& out) {
    const auto n = static_cast<index_t>(labels().size());
    std::vector<float> logits(static_cast<std::size_t>(in.tokens() * n)), probabilities;
    runner_.forward(in, matrix<float>(logits.data(), in.tokens(), n));
    const detail::word_parts parts(runner_.tokenizer());
    for (index_t s = 0; s < in.sequences(); ++s) {
      const auto& one = open.front();
      const list<const float> rows(logits.data() + in.first(s) * n, in.length(s) * n);
      if (!runner_.allows_nonfinite())
        detail::require_finite(rows, detail::text_number(static_cast<index_t>(out.size()), count));
      probabilities.clear();
      for (index_t t = 0; t < in.length(s); ++t) {
        const auto p = detail::softmax_of(rows.part(t * n, (t + 1) * n));
        probabilities.insert(probabilities.end(), p.begin(), p.end());
      }
      out.push_back(join_tags(one.text, one.tokens, parts, probabilities, labels(), options_.join, options_.ignored));
      open.pop_front();
    }
  }

  runner<Spec, head> runner_;
  tagger_options options_;
};

}  // namespace weft
