#pragma once
// The pieces of a vocabulary as a tree of bytes: all pieces that a text begins with, in one walk.
#include <cstdint>
#include <string_view>
#include <vector>
#include <weft/text/flat_table.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

class prefix_tree {
 public:
  /// Adds a piece. One that is there already keeps its first id.
  void add(std::string_view piece, std::int32_t id) {
    std::int32_t node = 0;
    for (const char byte : piece) {
      std::int32_t& child = children_.at(key(node, byte), -1);
      if (child < 0) {
        child = static_cast<std::int32_t>(ids_.size());
        ids_.push_back(-1);
      }
      node = child;
    }
    if (ids_[static_cast<std::size_t>(node)] < 0) ids_[static_cast<std::size_t>(node)] = id;
  }

  /// Calls visit(bytes, id) for every piece that `text` begins with, the shortest first. The empty piece is none.
  template <class Visit>
  void for_each_prefix(std::string_view text, Visit&& visit) const {
    std::int32_t node = 0;
    for (std::size_t n = 0; n < text.size(); ++n) {
      const auto* const child = children_.find(key(node, text[n]));
      if (!child) return;
      node = *child;
      if (const std::int32_t id = ids_[static_cast<std::size_t>(node)]; id >= 0) visit(static_cast<index>(n + 1), id);
    }
  }

  /// The id of the piece that is all of `text`, or -1.
  std::int32_t find(std::string_view text) const {
    std::int32_t node = 0;
    for (const char byte : text) {
      const auto* const child = children_.find(key(node, byte));
      if (!child) return -1;
      node = *child;
    }
    return ids_[static_cast<std::size_t>(node)];
  }

 private:
  static std::uint64_t key(std::int32_t node, char byte) {
    return static_cast<std::uint64_t>(node) << 8 | static_cast<unsigned char>(byte);
  }

  detail::flat_table<std::int32_t> children_;  // node and byte to node
  std::vector<std::int32_t> ids_{-1};          // of nodes; -1: no piece ends here
};

}  // namespace weft
