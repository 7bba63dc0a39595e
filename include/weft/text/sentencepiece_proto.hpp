#pragma once
// What a SentencePiece model's file holds, read without the library: pieces, scores and the character map.
// Source: sentencepiece_model.proto of SentencePiece; https://protobuf.dev/programming-guides/encoding
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

/// The fields of a protocol buffer, one after the other.
class protobuf_reader {
 public:
  enum kinds { integer = 0, eight_bytes = 1, text = 2, four_bytes = 5 };
  struct field {
    std::uint64_t number = 0;
    kinds kind = integer;
    std::uint64_t value = 0;      ///< of a number
    std::string_view bytes = {};  ///< of a text or an inner message
  };

  explicit protobuf_reader(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }

  /// The next field; nothing if the bytes are none.
  std::optional<field> next() {
    const auto tag = varint();
    if (!tag || *tag >> 32 != 0 || *tag >> 3 == 0) return {};
    field f{.number = *tag >> 3, .kind = static_cast<kinds>(*tag & 7)};
    const auto fixed = [&](std::size_t bytes) {
      if (rest_.size() < bytes) return false;
      for (std::size_t i = 0; i < bytes; ++i) f.value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
      rest_.remove_prefix(bytes);
      return true;
    };
    switch (f.kind) {
      case integer: {
        const auto value = varint();
        if (!value) return {};
        f.value = *value;
        return f;
      }
      case eight_bytes:
        return fixed(8) ? std::optional(f) : std::nullopt;
      case text: {
        const auto size = varint();
        if (!size || *size > rest_.size()) return {};
        f.bytes = rest_.substr(0, static_cast<std::size_t>(*size));
        rest_.remove_prefix(f.bytes.size());
        return f;
      }
      case four_bytes:
        return fixed(4) ? std::optional(f) : std::nullopt;
      default:
        return {};
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 10 && i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      value |= std::uint64_t{byte & 0x7fu} << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return value;
      }
    }
    return {};
  }

  std::string_view rest_;
};

}  // namespace detail

/// A SentencePiece model as it is stored. Views point into the bytes that it was read from.
struct sentencepiece_proto {
  enum class piece_type { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
  enum class model_type { unigram = 1, bpe = 2, word = 3, character = 4 };

  struct piece {
    std::string_view text = {};
    float score = 0;
    piece_type type = piece_type::normal;
  };

  std::vector<piece> pieces = {};
  model_type type = model_type::unigram;
  std::string_view character_map = {};  ///< as precompiled_map takes it; empty: characters stay what they are

  /// Throws weft::error that names `file` if the bytes are no such model.
  static sentencepiece_proto parse(std::string_view bytes, std::string_view file);
};

inline sentencepiece_proto sentencepiece_proto::parse(std::string_view bytes, std::string_view file) {
  sentencepiece_proto out;
  const auto each_field = [&](std::string_view message, auto&& visit) {
    for (detail::protobuf_reader in(message); !in.empty();) {
      const auto field = in.next();
      if (!field)
        fail({.file = file,
              .subject = "SentencePiece model",
              .found = "bytes that are no protocol buffer",
              .wanted = "a spiece.model",
              .remedy = "download it again"});
      visit(*field);
    }
  };
  // Of numbers the last counts, as with the library; unknown fields are passed over.
  each_field(bytes, [&](const auto& part) {
    if (part.number == 1) {
      auto& piece = out.pieces.emplace_back();
      each_field(part.bytes, [&](const auto& f) {
        if (f.number == 1) piece.text = f.bytes;
        if (f.number == 2) piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(f.value));
        if (f.number == 3) piece.type = static_cast<piece_type>(f.value & 7);
      });
    } else if (part.number == 2) {
      each_field(part.bytes, [&](const auto& f) {
        if (f.number == 3) out.type = static_cast<model_type>(f.value & 7);
      });
    } else if (part.number == 3) {
      each_field(part.bytes, [&](const auto& f) {
        if (f.number == 2) out.character_map = f.bytes;
      });
    }
  });
  if (out.pieces.empty())
    fail({.file = file, .subject = "SentencePiece model", .found = "no pieces", .wanted = "a spiece.model"});
  return out;
}

}  // namespace weft
