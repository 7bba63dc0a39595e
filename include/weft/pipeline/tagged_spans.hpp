#pragma once
// How the labels of tokens become labelled spans of a text: the ways of joining that transformers'
// TokenClassificationPipeline has (src/transformers/pipelines/token_classification.py).
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/list.hpp>
#include <weft/base/utf8.hpp>
#include <weft/pipeline/scores.hpp>
#include <weft/text/encoding.hpp>
#include <weft/text/tokenizer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A part of a text that has a label.
struct tagged_span {
  std::string label;           ///< "PER"; of a token that is not joined "B-PER"
  float score = 0;             ///< its probability; of several tokens the mean of theirs
  index_t begin = 0, end = 0;  ///< its bytes in the text
};

/// What is joined, and whose label a word has.
enum class joining {
  none,     ///< every token is a span
  simple,   ///< tokens of one label that follow each other, unless the later says B-
  first,    ///< words likewise; a word has the label of its first token
  average,  ///< the label with the highest mean probability of its tokens
  maximum,  ///< the label that one of its tokens is surest of
};

namespace detail {

/// Whether a token goes on with the word of the one before it. WordPiece's tokens say so by "##": they are as long as
/// their part of the text, counted in characters, or not. Of others it is a heuristic: no blank stands before it.
class word_parts {
 public:
  explicit word_parts(const tokenizer& words)
      : words_(&words), prefixed_(words.as<wordpiece>() != nullptr), unknown_(words.find("[UNK]")) {
    if (prefixed_) unknown_ = words.as<wordpiece>()->unknown_id();
    if (unknown_ < 0) unknown_ = words.find("<unk>");
  }

  bool operator()(std::string_view text, std::int32_t id, text_range from) const {
    if (id == unknown_) return false;
    const auto begin = static_cast<std::size_t>(from.begin);
    if (!prefixed_) return begin > 0 && text[begin - 1] != ' ' && text.substr(begin, 1) != " ";
    return characters(words_->token(id)) != characters(text.substr(begin, static_cast<std::size_t>(from.end) - begin));
  }

 private:
  static index_t characters(std::string_view text) {
    index_t count = 0;
    for (index_t at = 0; at < static_cast<index_t>(text.size()); ++count) at += decode_utf8(text, at).bytes;
    return count;
  }

  const tokenizer* words_;
  bool prefixed_;
  std::int32_t unknown_;
};

// A token or a word: probabilities of the labels, the best of them, where it is.
struct labelled_part {
  index_t label;
  float score;
  text_range from;
};

inline labelled_part best_label(list<const float> probabilities, text_range from) {
  const index_t best = best_of(probabilities, 1).front();
  return {best, probabilities[best], from};
}

// The label of a word whose tokens have these probabilities, one row a token.
inline labelled_part label_word(list<const float> rows, index_t labels, text_range from, joining how) {
  const index_t tokens = rows.size() / labels;
  index_t chosen = 0;
  if (how == joining::average) {
    std::vector<float> mean(static_cast<std::size_t>(labels));
    for (index_t l = 0; l < labels; ++l) {
      float sum = 0;
      for (index_t t = 0; t < tokens; ++t) sum += rows[t * labels + l];
      mean[static_cast<std::size_t>(l)] = sum / static_cast<float>(tokens);
    }
    return best_label(mean, from);
  }
  if (how == joining::maximum)
    for (index_t t = 1; t < tokens; ++t) {
      const auto most = [&](index_t of) { return best_label(rows.part(of * labels, (of + 1) * labels), from).score; };
      if (most(t) > most(chosen)) chosen = t;
    }
  return best_label(rows.part(chosen * labels, (chosen + 1) * labels), from);
}

// "B-PER" and "I-PER" are PER, and the former begins; any other label is another name and goes on where it is the same.
struct tag_name {
  explicit tag_name(std::string_view label)
      : begins(label.starts_with("B-")), name(begins || label.starts_with("I-") ? label.substr(2) : label) {}
  bool begins;
  std::string_view name;
};

// What a span of it is called: "PER" of "B-PER", and of "S-PER".
inline std::string_view span_name(std::string_view label) { return label.substr(label.find('-') + 1); }

}  // namespace detail

/// The spans of a text, in order, without those whose label is among `ignored`. `probabilities` has a row of
/// labels.size() for every token of the encoding.
inline std::vector<tagged_span> join_tags(std::string_view text, const encoding& tokens,
                                          const detail::word_parts& parts, list<const float> probabilities,
                                          list<const std::string> labels, joining how,
                                          list<const std::string> ignored) {
  const index_t width = labels.size();
  const auto row = [&](index_t t) { return probabilities.part(t * width, (t + 1) * width); };
  const auto at = [&](index_t t) { return tokens.offsets[static_cast<std::size_t>(t)]; };
  std::vector<detail::labelled_part> found;
  const bool by_word = how != joining::none && how != joining::simple;
  for (index_t t = tokens.first.begin; t < tokens.first.end;) {
    index_t end = t + 1;
    while (by_word && end < tokens.first.end && parts(text, tokens.ids[static_cast<std::size_t>(end)], at(end))) ++end;
    const text_range from{at(t).begin, at(end - 1).end};
    found.push_back(by_word ? detail::label_word(probabilities.part(t * width, end * width), width, from, how)
                            : detail::best_label(row(t), from));
    t = end;
  }
  std::vector<tagged_span> spans;
  for (std::size_t i = 0; i < found.size();) {
    const auto& label = labels[found[i].label];
    std::size_t end = i + 1;
    const detail::tag_name own(label);
    if (how != joining::none)
      for (; end < found.size(); ++end)
        if (const detail::tag_name next(labels[found[end].label]); next.begins || next.name != own.name) break;
    float sum = 0;
    for (std::size_t k = i; k < end; ++k) sum += found[k].score;
    const std::string name(how == joining::none ? std::string_view(label) : detail::span_name(label));
    if (std::find(ignored.begin(), ignored.end(), name) == ignored.end())
      spans.push_back({name, sum / static_cast<float>(end - i), found[i].from.begin, found[end - 1].from.end});
    i = end;
  }
  return spans;
}

}  // namespace weft
