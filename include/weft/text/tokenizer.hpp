#pragma once
// One type for every kind of tokenizer.
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <weft/base/list.hpp>
#include <weft/text/decode.hpp>
#include <weft/text/sequence_template.hpp>
#include <weft/text/tokenizer_options.hpp>
#include <weft/text/wordpiece.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What cuts a text into tokens and puts it together again: weft::wordpiece, weft::subwords<...>, weft::sentencepiece,
/// or a class of your own. All of it is const and safe to call from several threads.
template <class Model>
concept token_model = requires(const Model& m, std::string_view text, std::int32_t id, list<const std::int32_t> ids,
                               const decode_options& how) {
  { m.pieces(text) } -> std::same_as<encoding>;              // of a text alone
  { m.decode(ids, how) } -> std::same_as<std::string>;       // the text of tokens
  { m.size() } -> std::same_as<index_t>;                     // the number of ids
  { m.token(id) } -> std::convertible_to<std::string_view>;  // throws for an id outside of [0, size())
  { m.find(text) } -> std::same_as<std::int32_t>;            // the id of a token, or -1
  { m.is_special(id) } -> std::same_as<bool>;
};

/// A model, whichever kind it is, with the special tokens that stand around texts. It costs one virtual call a text.
/// Copies share the model; threads may share a tokenizer.
class tokenizer : public sequence_encoder<tokenizer> {
 public:
  template <token_model Model>
  tokenizer(Model model, sequence_template layout, tokenizer_options options = {})
      : model_(std::make_shared<const held<Model>>(std::move(model))),
        layout_(std::move(layout)),
        options_(std::move(options)),
        padding_(model_->find(options_.padding)),
        mask_(model_->find(options_.mask)) {}

  /// With the options and special tokens that the WordPiece tokenizer has.
  tokenizer(wordpiece model)  // NOLINT: a wordpiece is a tokenizer
      : tokenizer(std::make_shared<const held<wordpiece>>(std::move(model))) {}

  /// The tokens of a text alone: no special tokens around them, no truncation.
  encoding pieces(std::string_view text) const { return model_->pieces(text); }

  /// The text of tokens, as far as it can be had back. Throws weft::error for an id outside the vocabulary.
  std::string decode(list<const std::int32_t> ids, const decode_options& how = {}) const {
    return model_->decode(ids, how);
  }

  /// The number of ids, added tokens included.
  index_t size() const { return model_->size(); }
  /// The text of a token. Throws weft::error for an id outside the vocabulary.
  std::string_view token(std::int32_t id) const { return model_->token(id); }
  /// The id of a token, or -1.
  std::int32_t find(std::string_view token) const { return model_->find(token); }
  bool is_special(std::int32_t id) const { return model_->is_special(id); }

  std::int32_t padding_id() const { return padding_; }  ///< -1 if the vocabulary has none
  std::int32_t mask_id() const { return mask_; }        ///< -1 if the vocabulary has none

  /// The same with segment 0 for every token, for models that have one segment. It shares the model.
  tokenizer without_segments() const {
    tokenizer same = *this;
    same.layout_ = std::move(same.layout_).without_segments();
    return same;
  }

  const tokenizer_options& options() const { return options_; }
  const sequence_template& layout() const { return layout_; }
  const std::optional<truncation>& own_truncation() const { return options_.truncation; }

  /// The model, if it is of this type, or null.
  template <token_model Model>
  const Model* as() const {
    return static_cast<const Model*>(model_->if_type(&type_mark<Model>));
  }

 private:
  template <class Model>
  static constexpr char type_mark = 0;  // its address stands for the type; works without type information

  struct any_model {
    virtual ~any_model() = default;
    virtual encoding pieces(std::string_view text) const = 0;
    virtual std::string decode(list<const std::int32_t> ids, const decode_options& how) const = 0;
    virtual index_t size() const = 0;
    virtual std::string_view token(std::int32_t id) const = 0;
    virtual std::int32_t find(std::string_view token) const = 0;
    virtual bool is_special(std::int32_t id) const = 0;
    virtual const void* if_type(const char* mark) const = 0;
  };

  template <class Model>
  struct held final : any_model {
    explicit held(Model m) : model(std::move(m)) {}
    encoding pieces(std::string_view text) const override { return model.pieces(text); }
    std::string decode(list<const std::int32_t> ids, const decode_options& how) const override {
      return model.decode(ids, how);
    }
    index_t size() const override { return model.size(); }
    std::string_view token(std::int32_t id) const override { return model.token(id); }
    std::int32_t find(std::string_view token) const override { return model.find(token); }
    bool is_special(std::int32_t id) const override { return model.is_special(id); }
    const void* if_type(const char* mark) const override { return mark == &type_mark<Model> ? &model : nullptr; }

    Model model;
  };

  explicit tokenizer(const std::shared_ptr<const held<wordpiece>>& words)
      : model_(words),
        layout_(words->model.layout()),
        options_(options_of(words->model.options())),
        padding_(words->model.padding_id()),
        mask_(words->model.mask_id()) {}

  static tokenizer_options options_of(const wordpiece_options& o) {
    return {.padding = o.padding,
            .mask = o.mask,
            .truncation = o.truncation,
            .model_max_length = o.model_max_length,
            .file = o.file};
  }

  std::shared_ptr<const any_model> model_;
  sequence_template layout_;
  tokenizer_options options_;
  std::int32_t padding_ = -1, mask_ = -1;
};

}  // namespace weft
