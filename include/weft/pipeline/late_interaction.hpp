#pragma once
// A query and texts in, a vector for every token out, and how well they meet: ColBERT.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>
#include <weft/head/token_rows.hpp>
#include <weft/io/late_interaction_modules.hpp>
#include <weft/pipeline/embedder.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// MaxSim: for every row of a query the largest product with a row of a document, added up (Khattab and Zaharia 2020,
/// "ColBERT"). 0 where one of them has no rows. Throws weft::error for rows of two widths.
inline float max_similarity(matrix<const float> query, matrix<const float> document) {
  if (query.width != document.width)
    fail({.subject = "MaxSim",
          .found = "rows of " + std::to_string(query.width) + " and " + std::to_string(document.width) + " values",
          .wanted = "rows of one width"});
  double sum = 0;
  for (index_t i = 0; i < query.count && document.count > 0; ++i) {
    float best = dot<simd::native>(query.row(i), document.row(0), query.width);
    for (index_t j = 1; j < document.count && !is_nan(best); ++j)
      if (const float x = dot<simd::native>(query.row(i), document.row(j), query.width); is_nan(x) || x > best)
        best = x;
    sum += double{best};
  }
  return static_cast<float>(sum);
}

/// Turns queries and documents into a vector of length 1 for every token, as a directory of PyLate or of ColBERT says,
/// and scores documents by MaxSim (Khattab and Zaharia 2020, "ColBERT").
///   weft::late_interaction<weft::bert_base> rank("colbert-ir/colbertv2.0");
///   for (const auto& [row, score] : rank("a big cat", texts, 10)) std::cout << texts[row] << "\n";
/// Documents' rows may be kept: score(rank.query("a big cat"), rows). One object serves one thread at a time; copies
/// share the weights.
template <class Spec>
class late_interaction {
  using running = runner<Spec, token_rows>;

 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error for what
  /// late_interaction_modules::read refuses, for another model than Spec, for a prefix that the vocabulary has not, and
  /// for queries that are expanded past the positions of the model. options.max_length shortens documents.
  explicit late_interaction(const std::filesystem::path& directory, const pipeline_options& options = {})
      : late_interaction(late_interaction_modules::read(resolve_model(directory.string())), options) {}
  /// As `modules` says; `modules.text.model` is the model's directory.
  explicit late_interaction(const late_interaction_modules& modules, const pipeline_options& options = {})
      : late_interaction(modules, running(modules.text.model, with_reading(modules, options)), options) {}
  /// Of what was read already, the tokenizer as reading_of(modules.text, ...) says.
  late_interaction(const late_interaction_modules& modules, model_source from, const pipeline_options& options = {})
      : late_interaction(modules, running(std::move(from), options), options) {}

  /// The rows of a query, expanded ones included, and of a document, without those of the skiplist: [rows, width()].
  matrix_buffer query(std::string_view text, const embed_call& call = {}) {
    return std::move(queries(list<const std::string_view>(&text, 1), call).front());
  }
  matrix_buffer document(std::string_view text, const embed_call& call = {}) {
    return std::move(documents(list<const std::string_view>(&text, 1), call).front());
  }
  /// Those of each of a collection, in order; `call` names a prompt. Each is the same, to the bit, as that of its text
  /// alone. Throws weft::error for a value that is not finite, with the number of its text, unless the options allow
  /// it.
  template <text_source Texts>
  std::vector<matrix_buffer> queries(Texts&& texts, const embed_call& call = {}) {
    return rows_of(texts, call, true);
  }
  template <text_source Texts>
  std::vector<matrix_buffer> documents(Texts&& texts, const embed_call& call = {}) {
    return rows_of(texts, call, false);
  }

  /// How well a document answers a query, by their rows.
  float score(matrix<const float> query, matrix<const float> document) const { return max_similarity(query, document); }

  /// How well each text answers the query, in order.
  template <std::ranges::input_range Texts>
  std::vector<float> scores(std::string_view query_text, Texts&& texts) {
    std::vector<std::string_view> all;
    for (const auto& text : texts) all.push_back(text);
    const auto one = query(query_text);
    const auto rows = documents(all);
    std::vector<float> found(rows.size());
    runner_.run().for_each(static_cast<index_t>(rows.size()), [&](index_t i, index_t) {
      const auto at = static_cast<std::size_t>(i);
      found[at] = score(one, rows[at]);
    });
    return found;
  }
  std::vector<float> scores(std::string_view query_text, std::initializer_list<std::string_view> texts) {
    return scores(query_text, list<const std::string_view>(texts));
  }

  /// The k texts that answer the query best, the best first, of equals the earlier: places and scores.
  template <std::ranges::input_range Texts>
  std::vector<neighbour> operator()(std::string_view query_text, Texts&& texts, index_t k) {
    const auto all = scores(query_text, std::forward<Texts>(texts));
    std::vector<neighbour> best;
    for (const index_t i : detail::best_of(all, k)) best.push_back({i, all[static_cast<std::size_t>(i)]});
    return best;
  }
  std::vector<neighbour> operator()(std::string_view query_text, std::initializer_list<std::string_view> texts,
                                    index_t k) {
    return (*this)(query_text, list<const std::string_view>(texts), k);
  }

  /// Values of a row.
  index_t width() const { return width_; }
  /// Tokens of a query and of a document at most, prefix and special ones included; what is longer is cut.
  index_t query_length() const { return query_.length; }
  index_t document_length() const { return document_.length; }
  const late_interaction_modules& modules() const { return modules_; }
  const weft::tokenizer& tokenizer() const { return runner_.tokenizer(); }
  const encoder<Spec>& model() const { return runner_.model().body(); }

 private:
  // How one of the two kinds of texts becomes tokens.
  struct side {
    std::int32_t prefix = -1;  // the id of the token behind the first; -1: none
    index_t length = 0;
    bool expands = false;
  };

  static pipeline_options with_reading(const late_interaction_modules& m, pipeline_options options) {
    options.tokenizer = reading_of(m.text, options.tokenizer);
    options.max_length = 0;
    return options;
  }

  late_interaction(const late_interaction_modules& modules, running run, const pipeline_options& options)
      : modules_(modules), runner_(std::move(run)), refuse_longer_(options.refuse_longer) {
    auto steps = modules.text;
    steps.truncate = 0;
    width_ = detail::finished_width(steps, Spec::shape.width, 1);
    const index_t longest = runner_.limits().longest();
    document_ = {prefix_of("document_prefix", modules.document_prefix), std::min(modules.document_length, longest),
                 false};
    query_ = {prefix_of("query_prefix", modules.query_prefix), std::min(modules.query_length, longest),
              modules.do_query_expansion};
    if (options.max_length > 0) document_.length = std::min(document_.length, options.max_length);
    if (query_.expands && query_.length < modules.query_length)
      refuse("query_length", std::to_string(modules.query_length),
             "at most " + std::to_string(longest) + ", the positions of this model");
    if (query_.expands && tokenizer().mask_id() < 0)
      refuse("mask token", "a vocabulary without " + tokenizer().options().mask, "one that has it, to expand queries");
    skip_.resize(static_cast<std::size_t>(runner_.limits().vocabulary));
    const auto* const pieces = tokenizer().template as<wordpiece>();
    const auto unknown = pieces ? pieces->unknown_id() : tokenizer().find("<unk>");
    for (const auto& word : modules.skiplist_words) {
      const auto found = tokenizer().find(word), id = found >= 0 || !modules.skips_unknown ? found : unknown;
      if (id >= 0) skip_[static_cast<std::size_t>(id)] = true;
    }
  }

  [[noreturn]] void refuse(const char* subject, const std::string& found, const std::string& wanted) const {
    fail({.file = modules_.text.model.string(), .subject = subject, .found = found, .wanted = wanted});
  }

  std::int32_t prefix_of(const char* key, const std::string& token) const {
    if (token.empty()) return -1;
    const auto id = tokenizer().find(token);
    if (id < 0) refuse(key, detail::shown(token), "a token of the vocabulary, which the model learnt, or none");
    return id;
  }

  encoding encode(std::string_view text, const side& of) const {
    const index_t room = of.length - (of.prefix >= 0 ? 1 : 0);
    std::optional<truncation> cut;
    if (!refuse_longer_) cut = truncation{.max_length = room, .side = tokenizer().options().truncation_side};
    auto e = tokenizer().encode(text, cut);
    if (e.size() > room)
      fail({.found = std::to_string(e.size()) + " tokens",
            .wanted = "at most " + std::to_string(room),
            .remedy = "without refuse_longer, or at the prompt with --truncate, longer texts are cut"});
    if (of.prefix >= 0) {
      const auto behind = std::min<index_t>(1, e.size());
      e.ids.insert(e.ids.begin() + behind, of.prefix);
      e.segments.insert(e.segments.begin() + behind, 0);
    }
    return e;
  }

  template <text_source Texts>
  std::vector<matrix_buffer> rows_of(Texts&& texts, const embed_call& call, bool queries) {
    const auto& of = queries ? query_ : document_;
    const auto& usual = queries ? modules_.query_prompt : modules_.document_prompt;
    const auto& prompt = !call.prompt.empty() ? modules_.text.prompt_named(call.prompt)
                         : usual.empty()      ? modules_.text.prompt
                                              : usual;
    const index_t count = detail::count_of(texts);
    std::vector<matrix_buffer> out;
    std::vector<index_t> visible;  // rows of every text that serve as keys
    const auto run = [&](const batch& in) {
      batch seen = in;
      if (of.expands && !modules_.attend_to_expansion_tokens) seen.visible = visible;
      gather(seen, !queries, count, out);
      visible.clear();
    };
    runner_.clear();
    each_text(
        texts, runner_.run(),
        [&](const text_input& text, index_t) {
          if (text.second) fail("weft::late_interaction takes single texts, not pairs");
          return encode(prompt.empty() ? std::string(text.first) : prompt + std::string(text.first), of);
        },
        [&](encoding e) {
          const index_t own = e.size();
          if (of.expands) {
            e.ids.resize(static_cast<std::size_t>(of.length), tokenizer().mask_id());
            e.segments.resize(e.ids.size(), 0);
          }
          runner_.add(e, e.size(), run);
          visible.push_back(own);
        });
    runner_.flush(run);
    return out;
  }

  void gather(const batch& in, bool skips, index_t texts, std::vector<matrix_buffer>& out) {
    const auto before = static_cast<index_t>(out.size());
    constexpr index_t hidden = Spec::shape.width;
    rows_.resize(static_cast<std::size_t>(in.tokens() * hidden));
    const matrix<float> all(rows_.data(), in.tokens(), hidden);
    runner_.forward(in, all);
    out.resize(out.size() + static_cast<std::size_t>(in.sequences()));
    runner_.run().for_each(in.sequences(), [&](index_t s, index_t) {
      matrix_buffer rows(0, width_);
      rows.reserve(in.length(s));
      std::vector<float> now, other;
      for (index_t i = in.first(s); i < in.first(s) + in.length(s); ++i) {
        if (skips && skip_[static_cast<std::size_t>(in.ids[i])]) continue;
        now.assign(all.row(i), all.row(i) + hidden);
        for (const auto& step : modules_.text.steps) detail::take_step<simd::native>(step, now, other);
        normalize_length<simd::native>(now.data(), width_);
        std::copy(now.begin(), now.end(), rows.add(1).row(0));
      }
      const auto number = before + s;
      if (!runner_.allows_nonfinite())
        detail::require_finite({rows.data(), rows.count() * width_}, texts == 1 ? "" : detail::text_number(number, 0));
      out[static_cast<std::size_t>(number)] = std::move(rows);
    });
  }

  late_interaction_modules modules_;
  running runner_;
  bool refuse_longer_ = false;
  index_t width_ = 0;
  side query_, document_;
  std::vector<bool> skip_;   // by id: left out of documents
  std::vector<float> rows_;  // of a batch
};

}  // namespace weft
