#pragma once
// Many pieces looked for in a text at once, in one pass over it, whatever their number and length.
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/text/flat_table.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Aho and Corasick, "Efficient string matching" (1975). Add the pieces, call finish, then only read. Bytes may as well
/// be given from the last to the first, of pieces and texts alike: what ends somewhere then begins there.
class piece_automaton {
 public:
  struct piece {
    std::int32_t id = -1;
    index_t bytes = 0;
  };

  /// Adds the bytes [begin, end) of a piece. One that is there already keeps its first id; the empty piece is none.
  template <class Byte>
  void add(Byte begin, Byte end, std::int32_t id) {
    if (begin == end) return;
    std::int32_t at = 0;
    for (; begin != end; ++begin) {
      std::int32_t& child = children_.at(key(at, *begin), -1);
      if (child < 0) {
        child = static_cast<std::int32_t>(nodes_.size());
        nodes_.push_back({.bytes = nodes_[static_cast<std::size_t>(at)].bytes + 1});
        steps_.push_back({at, *begin});
      }
      at = child;
    }
    if (auto& n = nodes_[static_cast<std::size_t>(at)]; n.id < 0) n.id = id;
  }

  bool empty() const { return nodes_.size() == 1; }

  /// To be called once, after the last piece.
  void finish() {
    first_.fill(0);
    std::vector<std::int32_t> order(nodes_.size());  // the shallow ones first
    std::vector<std::int32_t> begins(1);
    for (const auto& n : nodes_) {
      if (static_cast<std::size_t>(n.bytes) + 2 > begins.size()) begins.resize(static_cast<std::size_t>(n.bytes) + 2);
      ++begins[static_cast<std::size_t>(n.bytes) + 1];
    }
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      order[static_cast<std::size_t>(begins[static_cast<std::size_t>(nodes_[i].bytes)]++)] =
          static_cast<std::int32_t>(i);
    for (const std::int32_t i : order) {
      if (i == 0) continue;
      auto& n = nodes_[static_cast<std::size_t>(i)];
      const auto [parent, byte] = steps_[static_cast<std::size_t>(i) - 1];
      if (parent == 0)
        first_[static_cast<unsigned char>(byte)] = i;
      else
        n.fallback = next(nodes_[static_cast<std::size_t>(parent)].fallback, byte);
      n.shorter = with_piece(n.fallback);
    }
    steps_ = {};
  }

  /// The id of the piece that is all of `text`, or -1.
  std::int32_t find(std::string_view text) const {
    std::int32_t at = 0;
    for (const char byte : text) {
      const auto* const child = children_.find(key(at, byte));
      if (!child) return -1;
      at = *child;
    }
    return nodes_[static_cast<std::size_t>(at)].id;
  }

  /// The state after one byte more; the first is 0.
  std::int32_t next(std::int32_t state, char byte) const {
    for (; state != 0; state = nodes_[static_cast<std::size_t>(state)].fallback)
      if (const auto* const child = children_.find(key(state, byte))) return *child;
    return first_[static_cast<unsigned char>(byte)];
  }

  /// Calls visit(piece) for every piece that ends where this state was reached, the longest first.
  template <class Visit>
  void for_each(std::int32_t state, Visit&& visit) const {
    for (state = with_piece(state); state != 0; state = nodes_[static_cast<std::size_t>(state)].shorter) {
      const auto& n = nodes_[static_cast<std::size_t>(state)];
      visit(piece{n.id, n.bytes});
    }
  }

  /// A place of a text and the longest piece that begins there.
  struct beginning {
    index_t place;
    piece longest;
  };
  /// Where pieces begin in a text, from its end to its beginning; of pieces that were added from their last byte to
  /// their first.
  std::vector<beginning> beginnings(std::string_view text) const {
    std::vector<beginning> all;
    std::int32_t state = 0;
    for (std::size_t at = text.size(); at-- > 0;) {
      state = next(state, text[at]);
      if (state == 0) continue;
      if (const std::int32_t longest = with_piece(state); longest != 0) {
        const auto& n = nodes_[static_cast<std::size_t>(longest)];
        all.push_back({static_cast<index_t>(at), {n.id, n.bytes}});
      }
    }
    return all;
  }

 private:
  struct node {
    std::int32_t id = -1;       // of the piece that ends here; -1: none does
    std::int32_t bytes = 0;     // from the root
    std::int32_t fallback = 0;  // the node of the longest end of these bytes that is a node, too
    std::int32_t shorter = 0;   // the next node on the way back where a piece ends; 0: there is none
  };

  static std::uint64_t key(std::int32_t state, char byte) {
    return static_cast<std::uint64_t>(state) << 8 | static_cast<unsigned char>(byte);
  }
  std::int32_t with_piece(std::int32_t state) const {
    const auto& n = nodes_[static_cast<std::size_t>(state)];
    return state == 0 || n.id >= 0 ? state : n.shorter;
  }

  detail::flat_table<std::int32_t> children_;
  std::vector<node> nodes_{node{}};
  std::array<std::int32_t, 256> first_{};             // the root's children
  std::vector<std::pair<std::int32_t, char>> steps_;  // parent and byte of every node but the root, until finish
};

}  // namespace weft
