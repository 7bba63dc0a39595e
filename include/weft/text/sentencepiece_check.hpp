#pragma once
// A spiece.model looked through before the sentencepiece library reads it, which trusts what it reads: a table of
// replacements that leads out of its array, or more pieces in each other than it has room for, and it reads other
// memory.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/text/sentencepiece_proto.hpp>
#include <weft/text/table_key.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

/// A table of replacements (see precompiled_map.hpp) as the library walks it: a double array whose steps must stay
/// inside of it, come to an end, and pass at most 32 keys on the way, which is what the library has room for.
class replacement_check {
 public:
  /// Throws weft::error for the first thing that is not so. `bytes` are not empty.
  replacement_check(std::string_view bytes, std::string_view file) : file_(file) {
    const std::size_t length = bytes.size() < 4 ? 0 : number(bytes, 0);
    if (length == 0 || length % 1024 != 0 || length >= bytes.size() - 4 || bytes.back() != 0)
      refuse("an array of " + std::to_string(length) + " bytes in " + std::to_string(bytes.size()),
             "a multiple of 1024, and texts behind it that end in NUL");
    units_.resize(length / 4);
    for (std::size_t i = 0; i < units_.size(); ++i) units_[i] = number(bytes, 4 + 4 * i);
    texts_ = bytes.substr(4 + length);
    group();
    walk(next(0));
  }

 private:
  static constexpr int most_keys = 32;
  static constexpr std::size_t longest_text = 256;
  static constexpr int unseen = -1, open = -2;

  [[noreturn]] void refuse(const std::string& found, const std::string& wanted) const {
    fail({.file = file_, .subject = "precompiled_charsmap", .found = found, .wanted = wanted});
  }

  static std::uint32_t number(std::string_view bytes, std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < 4; ++i) n |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    return n;
  }

  static bool is_value(std::uint32_t unit) { return unit >> 31; }
  static bool ends_key(std::uint32_t unit) { return unit >> 8 & 1; }

  // The place that a unit's children are numbered from; a child lies at that place ^ its byte.
  std::uint32_t next(std::uint32_t at) const {
    const std::uint32_t unit = units_[at], to = at ^ (unit >> 10 << ((unit & 0x200) >> 6));
    if ((to | 255) >= units_.size())
      refuse("a step to unit " + std::to_string(to | 255) + " of " + std::to_string(units_.size()), "one inside");
    return to;
  }

  // The units by the place that their byte is counted from.
  void group() {
    begins_.assign(units_.size() + 1, 0);
    const auto parent = [&](std::uint32_t at) { return at ^ (units_[at] & 255); };
    const auto size = static_cast<std::uint32_t>(units_.size());
    for (std::uint32_t at = 0; at < size; ++at)
      if (!is_value(units_[at])) ++begins_[parent(at) + 1];
    for (std::size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
    children_.resize(begins_.back());
    auto filled = begins_;
    for (std::uint32_t at = 0; at < size; ++at)
      if (!is_value(units_[at])) children_[filled[parent(at)]++] = at;
  }

  void check_text(std::uint32_t at) const {
    const std::uint32_t place = units_[at] & 0x7fffffff;
    if (place >= texts_.size())
      refuse("a text at byte " + std::to_string(place) + " of " + std::to_string(texts_.size()), "one inside");
    const auto rest = texts_.substr(place, longest_text + 1);
    const auto end = rest.find('\0');
    if (end == rest.npos)
      refuse("a replacement that is too long", "at most " + std::to_string(longest_text) + " bytes");
    if (find_invalid_utf8(rest.substr(0, end)) >= 0) refuse("a replacement that is not UTF-8", "UTF-8 text");
  }

  // How many keys end on the longest way from each place, the deepest first; without recursion.
  void walk(std::uint32_t root) {
    struct step {
      std::uint32_t place, child;
    };
    std::vector<int> keys(units_.size(), unseen);
    std::vector<step> way{{root, begins_[root]}};
    keys[root] = open;
    std::vector<int> most(1, 0);
    while (!way.empty()) {
      auto& [place, child] = way.back();
      if (child == begins_[place + 1]) {
        keys[place] = most.back();
        if (keys[place] > most_keys)
          refuse("more than " + std::to_string(most_keys) + " keys that begin with each other",
                 "at most " + std::to_string(most_keys));
        way.pop_back(), most.pop_back();
        continue;
      }
      const std::uint32_t at = children_[child], to = next(at);
      if (keys[to] == open) refuse("steps that lead back to where they came from", "keys that end");
      if (keys[to] == unseen) {
        keys[to] = open;
        way.push_back({to, begins_[to]});
        most.push_back(0);
        continue;  // this child again when it is known
      }
      if (ends_key(units_[at])) check_text(to);
      most.back() = std::max(most.back(), keys[to] + ends_key(units_[at]));
      ++way.back().child;
    }
  }

  std::string_view file_, texts_;
  std::vector<std::uint32_t> units_, begins_, children_;
};

}  // namespace detail

/// Throws weft::error that says what is wrong with a spiece.model: bytes that are no such message; pieces that are
/// empty, no UTF-8, hold a NUL, are longer than 4096 bytes, come twice or have no finite score; no unknown piece, or
/// two; more than 64 user-defined pieces that begin with each other; a table of replacements that leads out of itself.
/// Linear in the bytes, but for one sort.
inline void check_sentencepiece_model(std::string_view bytes, std::string_view file) {
  using reader = detail::protobuf_reader;
  constexpr std::size_t longest_piece = 4096, most_nested = 64;
  const auto refuse = [&](const std::string& subject, const std::string& found, const std::string& wanted) {
    fail({.file = file, .subject = subject, .found = found, .wanted = wanted});
  };
  if (bytes.size() > 0x7fffffff)
    refuse("SentencePiece model", std::to_string(bytes.size()) + " bytes", "less than 2^31");
  const auto each_field = [&](std::string_view message, auto&& visit) {
    for (reader in(message); !in.empty();) {
      const auto f = in.next();
      if (!f) refuse("SentencePiece model", "bytes that are no protocol buffer", "a spiece.model");
      visit(*f);
    }
  };
  enum kinds { normal = 1, unknown = 2, user_defined = 4, last = 6 };
  std::unordered_set<std::string_view, detail::text_hash> known;
  std::vector<std::string_view> by_user;
  index_t unknowns = 0;
  const auto check_piece = [&](std::string_view message) {
    const std::string subject = "piece " + std::to_string(known.size());
    std::string_view text;
    float score = 0;
    std::uint64_t kind = normal;
    each_field(message, [&](const reader::field& f) {
      if (f.number == 1 && f.kind == reader::text) text = f.bytes;
      if (f.number == 2 && f.kind == reader::four_bytes)
        score = std::bit_cast<float>(static_cast<std::uint32_t>(f.value));
      if (f.number == 3 && f.kind == reader::integer) kind = f.value;
    });
    if (text.empty() || text.size() > longest_piece)
      refuse(subject, std::to_string(text.size()) + " bytes", "1 to " + std::to_string(longest_piece));
    if (find_invalid_utf8(text) >= 0 || text.find('\0') != text.npos)
      refuse(subject, "bytes that are not UTF-8, or a NUL among them", "UTF-8 text");
    if (!is_finite(score)) refuse(subject, "a score that is not finite", "a number");
    if (kind < normal || kind > last) refuse(subject, "type " + std::to_string(kind), "1 to 6");
    if (!known.insert(text).second) refuse(subject, "the text of another piece", "each text once");
    unknowns += kind == unknown;
    if (kind == user_defined) by_user.push_back(text);
  };
  each_field(bytes, [&](const reader::field& f) {
    if (f.kind != reader::text) return;
    if (f.number == 1) check_piece(f.bytes);
    if (f.number != 3 && f.number != 5) return;  // what normalises, and what undoes it
    each_field(f.bytes, [&](const reader::field& g) {
      if (g.number == 2 && g.kind == reader::text && !g.bytes.empty()) detail::replacement_check(g.bytes, file);
    });
  });
  if (unknowns != 1) refuse("SentencePiece model", std::to_string(unknowns) + " unknown pieces", "one");
  std::sort(by_user.begin(), by_user.end());
  std::vector<std::string_view> around;  // those that the next one begins with, if it begins with the last
  for (const auto piece : by_user) {
    while (!around.empty() && !piece.starts_with(around.back())) around.pop_back();
    around.push_back(piece);
    if (around.size() > most_nested)
      refuse("user-defined pieces", "more than " + std::to_string(most_nested) + " that begin with each other",
             "at most " + std::to_string(most_nested));
  }
}

}  // namespace weft
