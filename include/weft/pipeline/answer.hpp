#pragma once
// A question and a context in, the part of the context that answers out.
#include <deque>
#include <weft/pipeline/answer_spans.hpp>
#include <weft/pipeline/runner.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct answer_options {
  executor run = {};                 ///< refers to a pool that must outlive the pipeline; none: the calling thread
  index_t max_length = 0;            ///< tokens of question and window together; 0: as many as the model takes
  index_t batch_tokens = 8192;       ///< windows are run together up to this many tokens
  index_t stride = 128;              ///< tokens that a window repeats of the one before; at most half of its context
  index_t longest_answer = 30;       ///< tokens
  index_t candidates = 20;           ///< how many of the best starts and ends are combined, and how many spans are kept
  bool may_be_absent = false;        ///< "no answer" is an answer (SQuAD 2.0)
  float null_threshold = 0;          ///< it is given if its logit exceeds the best span's by more than this
  tokenizer_reading tokenizer = {};  ///< what to do otherwise than the tokenizer's files say
  bool allow_nonfinite = false;      ///< NaN and infinity, in weights and in results, pass; otherwise they are errors
};

/// Finds answers in a context, with a checkpoint trained for extractive question answering.
///   weft::answer<weft::bert_base> ask("a directory");
///   std::cout << ask("Who made the puppets?", "Jim Henson was a puppeteer.").text;
/// A context that does not fit is read in windows that overlap; the best span of all of them wins. One object serves
/// one thread at a time; copies share the weights.
template <class Spec>
class answer {
  using head = typename Spec::tasks::question_answering;

 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error if it holds another model than
  /// Spec, no question answering head, or no tokenizer.
  explicit answer(const std::filesystem::path& directory, const answer_options& options = {})
      : answer(runner<Spec, head>(directory, how(options)), options) {}
  /// Of what was read already.
  explicit answer(model_source from, const answer_options& options = {})
      : answer(runner<Spec, head>(std::move(from), how(options)), options) {}

  /// The best answer. It is empty() if the context is, or if absence is allowed and more likely. Throws weft::error if
  /// the question leaves no room for the context, and for logits that are not finite, unless the options allow them.
  answer_span operator()(std::string_view question, std::string_view context) {
    return std::move(best(question, context).front());
  }
  /// The best answers, the best first: at most `candidates` spans, and "no answer" where that may be.
  std::vector<answer_span> best(std::string_view question, std::string_view context) {
    const text_input pair(question, context);
    return std::move(all_best(list<const text_input>(&pair, 1)).front());
  }

  /// The best answers of a collection of pairs of a question and a context, in order. Windows of all of them are run
  /// together; each answer is the same, to the bit, as that of its pair alone. What is thrown has the number of its
  /// pair, from 1 on.
  template <text_source Pairs>
  std::vector<answer_span> all(Pairs&& pairs) {
    std::vector<answer_span> out;
    for (auto& spans : all_best(pairs)) out.push_back(std::move(spans.front()));
    return out;
  }
  template <text_source Pairs>
  std::vector<std::vector<answer_span>> all_best(Pairs&& pairs) {
    std::vector<std::vector<answer_span>> out;
    std::deque<asked> open;  // those of which windows are still to be run
    const index_t count = detail::count_of(pairs);
    const auto run = [&](const batch& in) { read(in, count, open, out); };
    runner_.clear();
    each_text(
        pairs, runner_.run(),
        [&](const text_input& pair, index_t number) { return ask(pair, count == 1 ? -1 : number); },
        [&](asked one) {
          open.push_back(std::move(one));
          const auto& windows = open.back().windows;
          for (std::size_t i = 0; i < windows.size(); ++i) runner_.add(windows[i], windows[i].size(), run);
        });
    runner_.flush(run);
    return out;
  }

  /// Tokens of question and window at most, special ones included.
  index_t max_length() const { return runner_.max_length(); }
  const weft::tokenizer& tokenizer() const { return runner_.tokenizer(); }
  const weft::model<Spec, head>& model() const { return runner_.model(); }

 private:
  static pipeline_options how(const answer_options& o) {
    return {.run = o.run,
            .max_length = o.max_length,
            .batch_tokens = o.batch_tokens,
            .tokenizer = o.tokenizer,
            .allow_nonfinite = o.allow_nonfinite};
  }
  answer(runner<Spec, head> run, const answer_options& options) : runner_(std::move(run)), options_(options) {
    if (options.stride < 0 || options.longest_answer < 1 || options.candidates < 1)
      fail({.subject = "answer_options",
            .found = "stride " + std::to_string(options.stride) + ", longest_answer " +
                     std::to_string(options.longest_answer) + ", candidates " + std::to_string(options.candidates),
            .wanted = "at least 0, 1 and 1"});
  }

  // A pair whose windows are being read.
  struct asked {
    std::string context;
    std::vector<encoding> windows;
    detail::answer_search search{0, 0};
    std::size_t done = 0;
  };

  asked ask(const text_input& pair, index_t number) const {
    const auto name = [&](const char* what) {
      return number < 0 ? std::string(what) : what + (" of pair " + std::to_string(number + 1));
    };
    if (!pair.second)
      fail({.subject = name("context"), .found = "none", .wanted = "pairs of a question and a context"});
    const auto& words = runner_.tokenizer();
    const index_t special = words.special_tokens(true);  // 3 in [CLS] question [SEP] context [SEP]
    const index_t length = words.pieces(pair.first).size(), room = max_length() - special - length;
    if (room < 1)
      fail({.subject = name("question"),
            .found = std::to_string(length) + " tokens",
            .wanted = "at most " + std::to_string(max_length() - special - 1) + ", so that the context has room",
            .remedy = "ask a shorter question"});
    return {std::string(*pair.second),
            words.windows_pair(pair.first, *pair.second,
                               {max_length(), truncation_strategy::only_second, std::min(options_.stride, room / 2),
                                words.options().truncation_side}),
            detail::answer_search(options_.candidates, options_.longest_answer)};
  }

  // Runs a batch, whose sequences are the next windows of the open pairs.
  void read(const batch& in, index_t count, std::deque<asked>& open, std::vector<std::vector<answer_span>>& out) {
    std::vector<float> logits(static_cast<std::size_t>(2 * in.tokens()));
    runner_.forward(in, matrix<float>(logits.data(), in.tokens(), 2));
    for (index_t s = 0; s < in.sequences(); ++s) {
      auto& one = open.front();
      const float* const window = logits.data() + 2 * in.first(s);
      if (!runner_.allows_nonfinite())
        detail::require_finite({window, 2 * in.length(s)},
                               count == 1 ? "" : detail::text_number(static_cast<index_t>(out.size()), 0));
      one.search.add(one.windows[one.done++], window);
      if (one.done < one.windows.size()) continue;
      out.push_back(one.search.best(one.context, options_.may_be_absent, options_.null_threshold));
      open.pop_front();
    }
  }

  runner<Spec, head> runner_;
  answer_options options_;
};

}  // namespace weft
