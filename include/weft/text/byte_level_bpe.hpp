#pragma once
// Byte-level byte pair encoding: the bytes of a word, joined pair by pair in the order in which the pairs were learnt.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/text/byte_level.hpp>
#include <weft/text/flat_table.hpp>
#include <weft/text/vocabulary.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct byte_level_bpe_options {
  std::string unknown = {};    ///< stands for bytes that no piece holds; empty: they are left out
  bool fuse_unknown = false;   ///< those in a row are one token
  bool ignore_merges = false;  ///< a word that is a piece is never taken apart
  std::string file = {};       ///< for messages
};

/// Sennrich et al., "Neural machine translation of rare words with subword units" (2016), on bytes as in GPT-2.
class byte_level_bpe {
 public:
  struct merge {
    std::string first, second;
  };
  static constexpr std::size_t longest_unknown = 4096;  ///< bytes of the unknown token, which one byte may stand for

  /// Memory that cut uses again.
  struct scratch {
    struct symbol {
      std::int32_t id;
      index_t begin, end, before, after;  // its bytes, and its neighbours: -1 at the ends
    };
    struct pair {
      std::int32_t rank, id;
      index_t place;

      // A heap has its largest on top: the lowest rank, and of equal ones the leftmost.
      friend bool operator<(const pair& a, const pair& b) {
        return a.rank != b.rank ? a.rank > b.rank : a.place > b.place;
      }
    };
    std::vector<symbol> symbols;
    std::vector<pair> heap;
  };

  /// `pieces[id]` is a piece in byte_level.hpp's characters; merges stand in the order of their ranks. Throws
  /// weft::error if a merge joins what are no pieces, or to what is none, or if the unknown token is too long.
  byte_level_bpe(list<const std::string> pieces, list<const merge> merges, byte_level_bpe_options options = {})
      : options_(std::move(options)), words_(pieces, "", options_.file) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string character;
      append_utf8(byte_character(static_cast<unsigned char>(byte)), character);
      bytes_[byte] = words_.find(character);
    }
    if (options_.unknown.size() > longest_unknown)
      fail({.file = options_.file,
            .subject = "unk_token",
            .found = std::to_string(options_.unknown.size()) + " bytes",
            .wanted = "at most " + std::to_string(longest_unknown)});
    if (!options_.unknown.empty()) unknown_ = piece(options_.unknown, "unk_token");
    std::int32_t rank = 0;
    for (const auto& [first, second] : merges) {
      const std::string where = "merge " + std::to_string(rank);
      const std::int32_t a = piece(first, where), b = piece(second, where), both = piece(first + second, where);
      merges_.at(key(a, b), {}) = {rank++, both};
    }
  }

  /// Calls put(id, begin, end) for the pieces of a word of UTF-8, from left to right.
  template <class Put>
  void cut(std::string_view word, scratch& s, Put&& put) const {
    if (options_.ignore_merges)
      if (const std::int32_t id = find(word); id >= 0) return void(put(id, 0, static_cast<index_t>(word.size())));
    s.symbols.clear();
    for (index_t at = 0; at < static_cast<index_t>(word.size()); ++at) add(word, at, s.symbols);
    if (s.symbols.empty()) return;
    s.symbols.back().after = -1;
    merge_all(s);
    for (index_t i = 0; i >= 0; i = s.symbols[static_cast<std::size_t>(i)].after) {
      const auto& symbol = s.symbols[static_cast<std::size_t>(i)];
      put(symbol.id, symbol.begin, symbol.end);
    }
  }

 private:
  struct joined {
    std::int32_t rank = 0, id = -1;
  };

  static std::uint64_t key(std::int32_t a, std::int32_t b) {
    return static_cast<std::uint64_t>(a) << 32 | static_cast<std::uint32_t>(b);
  }

  std::int32_t piece(const std::string& text, const std::string& where) const {
    const std::int32_t id = words_.find(text);
    if (id < 0)
      fail({.file = options_.file,
            .subject = where,
            .found = "\"" + text.substr(0, 100) + "\", which is no piece",
            .wanted = "pieces of the vocabulary"});
    return id;
  }

  std::int32_t find(std::string_view word) const {
    std::string characters;
    for (const char byte : word) append_utf8(byte_character(static_cast<unsigned char>(byte)), characters);
    return words_.find(characters);
  }

  void add(std::string_view word, index_t at, std::vector<scratch::symbol>& symbols) const {
    const auto place = static_cast<index_t>(symbols.size());
    std::int32_t id = bytes_[static_cast<unsigned char>(word[static_cast<std::size_t>(at)])];
    const bool known = id >= 0;
    if (!known) id = unknown_;
    if (id < 0) return;
    if (!known && options_.fuse_unknown && place > 0 && symbols.back().id == unknown_ && symbols.back().end == at)
      symbols.back().end = at + 1;
    else
      symbols.push_back({id, at, at + 1, place - 1, place + 1});
  }

  // The cheapest pair first, from a heap: n log n steps for n bytes, however the pairs lie.
  void merge_all(scratch& s) const {
    const auto symbol = [&](index_t i) -> scratch::symbol& { return s.symbols[static_cast<std::size_t>(i)]; };
    const auto offer = [&](index_t place) {
      if (place < 0 || symbol(place).after < 0) return;
      if (const joined* to = merges_.find(key(symbol(place).id, symbol(symbol(place).after).id))) {
        s.heap.push_back({to->rank, to->id, place});
        std::push_heap(s.heap.begin(), s.heap.end());
      }
    };
    s.heap.clear();
    for (index_t i = 0; i < static_cast<index_t>(s.symbols.size()); ++i) offer(i);
    while (!s.heap.empty()) {
      const scratch::pair top = s.heap.front();
      std::pop_heap(s.heap.begin(), s.heap.end());
      s.heap.pop_back();
      auto& left = symbol(top.place);
      if (left.id < 0 || left.after < 0) continue;
      auto& right = symbol(left.after);
      const joined* const to = merges_.find(key(left.id, right.id));
      if (!to || to->id != top.id) continue;  // the pair is another by now
      left.id = top.id;
      left.end = right.end;
      left.after = right.after;
      right.id = -1;
      if (left.after >= 0) symbol(left.after).before = top.place;
      offer(left.before);
      offer(top.place);
    }
  }

  byte_level_bpe_options options_;
  vocabulary words_;
  std::array<std::int32_t, 256> bytes_{};  // -1: no piece
  std::int32_t unknown_ = -1;
  detail::flat_table<joined> merges_;
};

}  // namespace weft
