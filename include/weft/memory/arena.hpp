#pragma once
// Memory that lives as long as a model: packed weights, converted tensors, tables. Grows while a model is built,
// never during a forward pass.
#include <memory>
#include <new>
#include <vector>
#include <weft/base/index.hpp>
#include <weft/base/list.hpp>
#include <weft/memory/workspace.hpp>

namespace weft {

class arena {
 public:
  /// n zeroed values beginning on a cache line; they live as long as the arena, also when it is moved.
  template <class T>
  list<T> take(index n) {
    const auto bytes = round_up(n * static_cast<index>(sizeof(T)), cache_line);
    if (bytes == 0) return {};
    blocks_.emplace_back(
        static_cast<std::byte*>(::operator new (static_cast<std::size_t>(bytes), std::align_val_t{cache_line})));
    bytes_ += bytes;
    return {new (blocks_.back().get()) T[static_cast<std::size_t>(n)]{}, n};
  }

  /// Keeps something alive that stored tensors point into: the mapped file.
  void keep(std::shared_ptr<const void> owner) { kept_.push_back(std::move(owner)); }

  index bytes() const { return bytes_; }

 private:
  struct free_aligned {
    void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{cache_line}); }
  };
  std::vector<std::unique_ptr<std::byte, free_aligned>> blocks_;
  std::vector<std::shared_ptr<const void>> kept_;
  index bytes_ = 0;
};

}  // namespace weft
