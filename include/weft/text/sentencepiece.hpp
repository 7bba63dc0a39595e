#pragma once
// SentencePiece models read by the sentencepiece library itself: the component weft::sentencepiece.
#if __has_include(<sentencepiece.pb.h>)
#include <sentencepiece.pb.h>
#endif
#include <sentencepiece_processor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/text/sentencepiece_check.hpp>
#include <weft/text/sentencepiece_source.hpp>
#include <weft/text/tokenizer.hpp>

namespace sentencepiece {
class SentencePieceText;           // since 0.2.3 what offsets are read from; complete where its protobuf header is
class ImmutableSentencePieceText;  // before 0.2.3
}  // namespace sentencepiece

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// Calls then(id, begin, end) for each piece of a text. Only one of the two types is complete, which one depends on the
// library's version; as template arguments, the other's members are not looked for.
template <class Immutable, class Protobuf>
auto each_piece(const ::sentencepiece::SentencePieceProcessor& library, std::string_view text, auto&& then) {
  const auto visit = [&](const auto& pieces) {
    for (const auto& piece : pieces)
      then(static_cast<std::int32_t>(piece.id()), static_cast<index_t>(piece.begin()),
           static_cast<index_t>(piece.end()));
  };
  if constexpr (requires(Immutable cut) { cut.mutable_proto(); }) {
    Immutable cut;
    const auto status = library.Encode(text, cut.mutable_proto());
    if (status.ok()) visit(cut.pieces());
    return status;
  } else {
    static_assert(
        requires(Protobuf cut) { cut.pieces(); },
        "this version of sentencepiece gives offsets through sentencepiece.pb.h, which was not found beside "
        "sentencepiece_processor.h: install it and the protobuf headers it needs");
    Protobuf cut;
    const auto status = library.Encode(text, &cut);
    if (status.ok()) visit(cut.pieces());
    return status;
  }
}
}  // namespace detail

/// A spiece.model. Its tokens are what the linked version of the library says, special pieces in the text included;
/// they differ from a tokenizer.json's on some texts, and between versions. Threads may share one.
class sentencepiece {
 public:
  /// `bytes` are those of the file; `file` is named in errors. Throws weft::error if they are unsound (see
  /// sentencepiece_check.hpp) or the library refuses them.
  explicit sentencepiece(std::string_view bytes, std::string_view file = "")
      : library_(std::make_shared<::sentencepiece::SentencePieceProcessor>()) {
    check_sentencepiece_model(bytes, file);
    const auto status = library_->LoadFromSerializedProto(bytes);
    if (!status.ok())
      fail({.file = file,
            .subject = "SentencePiece model",
            .found = "bytes that the sentencepiece library refuses (" + status.ToString().substr(0, 200) + ")",
            .wanted = "a spiece.model"});
    for (int id = 0; id < library_->GetPieceSize(); ++id) pieces_.push_back(library_->IdToPiece(id));
  }

  /// The library's pieces of a text; offsets are bytes of the text. Throws weft::error if the text is longer than
  /// 2^31 - 1 bytes or the library fails.
  encoding pieces(std::string_view text) const {
    check_text_length(text);
    encoding out;
    const auto status =
        detail::each_piece<::sentencepiece::ImmutableSentencePieceText, ::sentencepiece::SentencePieceText>(
            *library_, text, [&](std::int32_t id, index_t begin, index_t end) {
              out.add(id, 0, {begin, end});
            });
    if (!status.ok())
      fail({.subject = "text", .found = status.ToString().substr(0, 200), .wanted = "text that sentencepiece can cut"});
    return out;
  }

  /// The library's own decoding. Throws weft::error for an id outside the vocabulary.
  std::string decode(list<const std::int32_t> ids, const decode_options& how = {}) const {
    std::vector<int> kept;
    for (const std::int32_t id : ids) {
      check_token_id(id, size());
      if (!how.skip_special || !is_special(id)) kept.push_back(id);
    }
    std::string text;
    if (const auto status = library_->Decode(kept, &text); !status.ok())
      fail({.subject = "tokens",
            .found = status.ToString().substr(0, 200),
            .wanted = "ids that sentencepiece can join"});
    if (how.clean_up.value_or(false)) detail::clean_up_piece(text);
    return text;
  }

  index_t size() const { return static_cast<index_t>(pieces_.size()); }
  /// The text of a piece. Throws weft::error for an id outside the vocabulary.
  std::string_view token(std::int32_t id) const {
    check_token_id(id, size());
    return pieces_[static_cast<std::size_t>(id)];
  }
  /// The id of a piece, or -1.
  std::int32_t find(std::string_view piece) const {
    const int id = library_->PieceToId(piece);  // the unknown piece's where there is none
    return id >= 0 && id < size() && pieces_[static_cast<std::size_t>(id)] == piece ? id : -1;
  }
  /// Whether a piece is the unknown one or a control piece.
  bool is_special(std::int32_t id) const {
    return id >= 0 && id < size() && (library_->IsControl(id) || library_->IsUnknown(id));
  }

 private:
  std::shared_ptr<::sentencepiece::SentencePieceProcessor> library_;  // only read; copies share it
  std::vector<std::string> pieces_;
};

/// A tokenizer of a model: [CLS] text [SEP] as BERT has it, with the names that the source gives or that the model has.
/// For tokenizer_reading::sentencepiece. Throws weft::error if the model is unsound or lacks a name that was given.
inline tokenizer read_sentencepiece(const sentencepiece_source& source) {
  const std::string& file = source.options.file;
  sentencepiece model(source.bytes, file);
  const auto id_of = [&](const std::string& given, const char* bert, const char* other) {
    if (given.empty()) return model.find(bert) >= 0 ? model.find(bert) : model.find(other);
    if (model.find(given) < 0)
      fail({.file = file,
            .subject = "special token",
            .found = "a model without the piece " + given.substr(0, 100),
            .wanted = "one that has it"});
    return model.find(given);
  };
  const std::int32_t classifier = id_of(source.classifier, "[CLS]", "<s>");
  const std::int32_t separator = id_of(source.separator, "[SEP]", "</s>");
  auto layout =
      classifier < 0 || separator < 0 ? sequence_template::plain() : sequence_template::bert(classifier, separator);
  tokenizer_options options = source.options;
  if (model.find(options.padding) < 0 && model.find("<pad>") >= 0) options.padding = "<pad>";
  return tokenizer(std::move(model), std::move(layout), std::move(options));
}

}  // namespace weft
