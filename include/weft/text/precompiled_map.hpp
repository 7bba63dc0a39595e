#pragma once
// SentencePiece's table of character replacements ("precompiled charsmap"), as the tokenizers library applies it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/text/aligned_text.hpp>
#include <weft/text/unicode_class.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A double array of keys and a block of texts that they are replaced by.
/// Source: the file format of SentencePiece's normaliser (normalizer.cc) and of darts-clone's arrays: the array's bytes
/// as a little-endian 32-bit number, the array, then texts that each end in a NUL.
class precompiled_map {
 public:
  /// Throws weft::error that names `file` if the bytes are no such table. What the array holds is not trusted: a step
  /// that leads out of it ends the search.
  explicit precompiled_map(std::string_view bytes, std::string_view file = "") {
    const auto refuse = [&](const std::string& found, const std::string& wanted) {
      fail({.file = file, .subject = "precompiled_charsmap", .found = found, .wanted = wanted});
    };
    const std::string size = std::to_string(bytes.size()) + " bytes";
    if (bytes.size() < 8) refuse(size, "at least 8");
    const std::size_t length = number(bytes, 0);
    if (length % 4 != 0 || length < 4 || length > bytes.size() - 4)
      refuse("an array of " + std::to_string(length) + " bytes in " + size,
             "a multiple of 4 that the bytes have room for");
    units_.resize(length / 4);
    for (std::size_t i = 0; i < units_.size(); ++i) units_[i] = number(bytes, 4 + 4 * i);
    texts_ = bytes.substr(4 + length);
  }

  /// The replacement of the shortest key that `part` begins with. (The shortest, and for all of `part`: the reference
  /// does so.)
  std::optional<std::string_view> find(std::string_view part) const {
    std::uint32_t at = offset(units_[0]);
    for (const char letter : part) {
      const auto byte = static_cast<unsigned char>(letter);
      if (byte == 0) return {};
      at ^= byte;
      if (at >= units_.size()) return {};
      const std::uint32_t unit = units_[at];
      if ((unit & 0x800000ff) != byte) return {};
      at ^= offset(unit);
      if ((unit >> 8 & 1) == 0) continue;
      if (at >= units_.size()) return {};
      const std::uint32_t place = units_[at] & 0x7fffffff;
      if (place > texts_.size()) return {};
      const std::string_view rest = std::string_view(texts_).substr(place);
      return rest.substr(0, rest.find('\0'));
    }
    return {};
  }

  /// Replaces in a text: what a reader sees as one character if it is shorter than six bytes and begins with a key, or
  /// else each code point that does. Throws weft::error if the text becomes longer than `most` bytes.
  void apply(normalised_text& text, index_t most) const {
    std::vector<character_change> changes;
    changes.reserve(text.text.size());
    bool changed = false;
    index_t bytes_out = 0;
    const auto replace = [&](std::string_view part, bool single) {
      const auto by = find(part);
      if (!by) return false;
      changed = true;
      bytes_out += static_cast<index_t>(by->size());
      if (bytes_out > most) detail::refuse_growth();
      put(single ? 1 : count(part), *by, changes);
      return true;
    };
    const std::string_view all = text.text;
    for (index_t begin = 0; begin < static_cast<index_t>(all.size());) {
      const index_t end = cluster_end(all, begin);
      const auto cluster = all.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
      if (cluster.size() >= 6 || !replace(cluster, false))
        for (index_t at = begin; at < end;) {
          const auto [value, bytes] = decode_utf8(all, at);
          if (!replace(all.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(bytes)), true))
            changes.push_back({value}), bytes_out += bytes;
          at += bytes;
        }
      begin = end;
    }
    if (changed) apply_changes(changes, 0, text);
  }
  void apply(normalised_text& text) const {
    apply(text, detail::longest_normal_form(static_cast<index_t>(text.text.size())));
  }

 private:
  static std::uint32_t number(std::string_view bytes, std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < 4; ++i) n |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    return n;
  }
  static std::uint32_t offset(std::uint32_t unit) { return unit >> 10 << ((unit & 0x200) >> 6); }

  static index_t count(std::string_view text) {
    index_t n = 0;
    for (index_t at = 0; at < static_cast<index_t>(text.size()); ++n) at += decode_utf8(text, at).bytes;
    return n;
  }

  // As the reference counts: what is left over of the old characters goes to the last new one, even to one that an
  // earlier replacement put there; at the beginning of a text it goes nowhere.
  static void put(index_t old_count, std::string_view by, std::vector<character_change>& changes) {
    const std::size_t before = changes.size();
    for (index_t at = 0; at < static_cast<index_t>(by.size());) {
      const auto [value, bytes] = decode_utf8(by, at);
      changes.push_back({value});
      at += bytes;
    }
    const index_t difference = static_cast<index_t>(changes.size() - before) - old_count;
    if (difference < 0 && !changes.empty()) changes.back().change += static_cast<std::int32_t>(difference);
    for (index_t i = 0; i < difference; ++i) changes[changes.size() - 1 - static_cast<std::size_t>(i)].change = 1;
  }

  // Whether a cluster ends between two characters. A mark that utf8proc is too old for counts as another one.
  static bool breaks(char32_t last, char32_t next, utf8proc_int32_t& state) {
    const auto before = static_cast<utf8proc_int32_t>(last);
    return utf8proc_grapheme_break_stateful(before, static_cast<utf8proc_int32_t>(next), &state) &&
           !(classify_unicode(next).extends() && !utf8proc_grapheme_break(before, 0x300));
  }

  // Where the grapheme cluster that begins at `begin` ends.
  static index_t cluster_end(std::string_view text, index_t begin) {
    const auto size = static_cast<index_t>(text.size());
    auto [last, bytes] = decode_utf8(text, begin);
    index_t at = begin + bytes;
    utf8proc_int32_t state = 0;
    while (at < size) {
      const auto next = decode_utf8(text, at);
      const bool plain = last < 0x80 && next.value < 0x80 && !(last == '\r' && next.value == '\n');
      if (plain || breaks(last, next.value, state)) return at;
      last = next.value;
      at += next.bytes;
    }
    return size;
  }

  std::vector<std::uint32_t> units_;
  std::string texts_;
};

}  // namespace weft
