#pragma once
// Memory that lives as long as a model: packed weights, converted tensors, tables. Grows while a model is built,
// never during a forward pass.
#include <algorithm>
#include <iterator>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>
#include <weft/base/list.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/large_pages.hpp>
#include <weft/memory/weight_order.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
inline unit_string join(const unit_string& at, std::string_view part) {
  if (part.empty()) return at;
  if (part.front() == '/') return unit_string(part.substr(1));
  return at.empty() ? unit_string(part) : at + "." + unit_string(part);
}
}  // namespace detail

/// A step of the way from a model's record to what is packed: the name of a part in what `outer` stands for, or its
/// number among equal ones.
struct record_step {
  std::string_view text;
  index_t number = 0;  ///< of the first element, where the part is an array
  const record_step* outer = nullptr;
};

class arena {
 public:
  arena() = default;
  arena(arena&& o) noexcept { *this = std::move(o); }
  arena& operator=(arena&& o) noexcept {
    blocks_ = std::exchange(o.blocks_, {}), kept_ = std::exchange(o.kept_, {});
    next_ = std::exchange(o.next_, nullptr), left_ = std::exchange(o.left_, 0), bytes_ = std::exchange(o.bytes_, 0);
    order_ = std::exchange(o.order_, {});
    taken_ = std::exchange(o.taken_, {}), again_ = std::exchange(o.again_, -1);
    return *this;
  }

  /// n zeroed values beginning on a cache line; they live as long as the arena, also when it is moved. Behind rewind()
  /// they are what they were.
  template <class T>
  list<T> take(index_t n) {
    const auto bytes = round_up(n * static_cast<index_t>(sizeof(T)), cache_line);
    if (bytes == 0) return {};
    if (again_ >= 0) return {reinterpret_cast<T*>(taken_again(bytes)), n};
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

  /// From here on what was taken is handed out again, in the same order: who builds tables of the same sizes once more
  /// builds them in place, without any request for memory. An arena that adopted another cannot.
  void rewind() { again_ = 0, order_ = {}, together_ = 1; }

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

  /// Where what is packed next stands in the model's record: the last step of the way there, which lives on the stack
  /// of who walks the record. Returns what it was.
  const record_step* stand_at(const record_step* step) { return std::exchange(place_, step); }
  const record_step* place() const { return place_; }
  /// Its name, as parts have it: "encoder.layer.0.attention.self.query"; a head's begins with "head". Empty where
  /// nobody walks a record.
  unit_string place_name() const { return name_of(place_); }

  /// The order so far; another one begins.
  weight_order take_order() { return std::exchange(order_, {}); }

 private:
  // Not a shared pointer, whose functions every arena would share with those of units of other instructions.
  using kept = std::unique_ptr<void, void (*)(void*)>;
  template <class Owner>
  static void let_go(void* owner) {
    delete static_cast<std::shared_ptr<Owner>*>(owner);
  }

  static unit_string name_of(const record_step* step) {
    if (!step) return {};
    const auto outer = name_of(step->outer);
    const bool in_head = outer == "head" || std::string_view(outer).starts_with("head.");
    if (in_head && step->text.starts_with('/')) return detail::join("head", step->text.substr(1));
    return detail::join(outer, step->text);
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
    taken_.push_back({here, bytes});
    return here;
  }
  std::byte* taken_again(index_t bytes) {
    const auto number = static_cast<std::size_t>(again_++);
    if (number >= taken_.size() || taken_[number].bytes != bytes)
      fail({.subject = "an arena that was rewound",
            .found = "a request for " + decimal(bytes) + " bytes",
            .wanted = "the requests of the first time, in their order"});
    return taken_[number].from;
  }

  struct piece {
    std::byte* from;
    index_t bytes;
  };

  unit_vector<page_block> blocks_;
  unit_vector<kept> kept_;
  std::byte* next_ = nullptr;
  index_t left_ = 0, bytes_ = 0, together_ = 1;
  weight_order order_;
  unit_vector<piece> taken_;
  const record_step* place_ = nullptr;
  index_t again_ = -1;  // the next piece to be handed out again; -1: none is
};

/// Says to an arena, while it lives, that what is packed stands in this part.
class standing_in {
 public:
  standing_in(arena& store, std::string_view text, index_t number = 0)
      : store_(store), step_{text, number, store.place()} {
    store.stand_at(&step_);
  }
  ~standing_in() { store_.stand_at(step_.outer); }
  standing_in(const standing_in&) = delete;
  standing_in& operator=(const standing_in&) = delete;

 private:
  arena& store_;
  const record_step step_;
};

}  // namespace weft
