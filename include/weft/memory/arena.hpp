#pragma once
// Memory that lives as long as a model: packed weights, converted tensors, tables. Grows while a model is built,
// never during a forward pass.
#include <algorithm>
#include <iterator>
#include <memory>
#include <new>
#include <utility>
#include <weft/base/index.hpp>
#include <weft/base/list.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/large_pages.hpp>
#include <weft/memory/weight_order.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

class arena {
 public:
  arena() = default;
  arena(arena&& o) noexcept { *this = std::move(o); }
  arena& operator=(arena&& o) noexcept {
    blocks_ = std::exchange(o.blocks_, {}), kept_ = std::exchange(o.kept_, {});
    next_ = std::exchange(o.next_, nullptr), left_ = std::exchange(o.left_, 0), bytes_ = std::exchange(o.bytes_, 0);
    order_ = std::exchange(o.order_, {});
    return *this;
  }

  /// n zeroed values beginning on a cache line; they live as long as the arena, also when it is moved.
  template <class T>
  list<T> take(index_t n) {
    const auto bytes = round_up(n * static_cast<index_t>(sizeof(T)), cache_line);
    if (bytes == 0) return {};
    return {new (zeroed(bytes)) T[static_cast<std::size_t>(n)], n};
  }

  /// Keeps something alive that stored tensors point into: the mapped file.
  template <class Owner>
  void keep(std::shared_ptr<Owner> owner) {
    if (owner) kept_.push_back(kept(new std::shared_ptr<Owner>(std::move(owner)), let_go<Owner>));
  }

  /// Takes over what another arena owns and keeps.
  void adopt(arena&& o) {
    std::move(o.blocks_.begin(), o.blocks_.end(), std::back_inserter(blocks_));
    std::move(o.kept_.begin(), o.kept_.end(), std::back_inserter(kept_));
    bytes_ += o.bytes_;
    o = arena();
  }

  index_t bytes() const { return bytes_; }

  /// Appends packed weights to those that are read before them.
  weight_block* append(const weight_block& weights) {
    auto& block = take<weight_block>(1)[0];
    block = weights;
    block.together = std::exchange(together_, 1);
    order_.append(block);
    return &block;
  }
  void append(weight_order later) { order_.append(later); }
  /// The next weights to be appended, and those after them, `count` in all, are multiplied at once.
  void begin_group(index_t count) { together_ = count; }
  /// The order so far; another one begins.
  weight_order take_order() { return std::exchange(order_, {}); }

 private:
  // Not a shared pointer, whose functions every arena would share with those of units of other instructions.
  using kept = std::unique_ptr<void, void (*)(void*)>;
  template <class Owner>
  static void let_go(void* owner) {
    delete static_cast<std::shared_ptr<Owner>*>(owner);
  }

  // Under the address sanitizer every tensor is a block of its own, so that a read beyond its end is seen.
  static constexpr index_t least = detail::memory_is_watched ? 1 : index_t{64} << 10,
                           most = detail::memory_is_watched ? 1 : index_t{32} << 20;

  // Small tensors share blocks, which grow with the model: large pages are filled, not one for each tensor.
  std::byte* zeroed(index_t bytes) {
    if (bytes > left_) {
      const auto size = std::max(bytes, std::clamp(bytes_, least, most));
      blocks_.push_back(zeroed_pages(size));
      next_ = blocks_.back().get(), left_ = size;
    }
    auto* const here = next_;
    next_ += bytes, left_ -= bytes, bytes_ += bytes;
    return here;
  }

  unit_vector<page_block> blocks_;
  unit_vector<kept> kept_;
  std::byte* next_ = nullptr;
  index_t left_ = 0, bytes_ = 0, together_ = 1;
  weight_order order_;
};

}  // namespace weft
