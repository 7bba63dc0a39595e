#pragma once
// Scratch memory of one forward pass: sized up front, handed out in frames, given back when a frame ends.
// The same frame type measures how many bytes a `scratch` struct needs and borrows them, so the two cannot disagree.
#include <cstddef>
#include <memory>
#include <new>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/large_pages.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What sizes a forward pass: rows of the whole batch, rows of its longest sequence, number of sequences.
struct extent {
  index_t tokens = 0, longest = 0, sequences = 0;
};

/// The only memory that a forward pass uses. One workspace serves one forward pass at a time.
class workspace {
 public:
  /// Takes `bytes` (from `encoder.workspace_bytes(extent, workers)`) once; forward passes never allocate.
  explicit workspace(index_t bytes) : capacity_(bytes), owned_(memory(bytes)), base_(owned_.get()) {}

  /// A part of another workspace, for one worker.
  workspace(std::byte* base, index_t bytes) : capacity_(bytes), base_(base) {}

  index_t capacity() const { return capacity_; }
  index_t used() const { return used_; }
  /// The most that was in use at once since construction.
  index_t peak() const { return peak_; }

  std::byte* at(index_t offset) const { return base_ + offset; }

  /// Fails unless that many more bytes are free.
  void require(index_t bytes) const {
    if (used_ + bytes > capacity_) refuse(used_ + bytes);
  }
  void claim(index_t to) {
    if (to > capacity_)
      refuse(to,
             "; if it has that size, a part takes scratch that is not declared: every part that is inside "
             "another is named in the `each` of its params, in_chain where it runs inside a chain");
    used_ = to;
    if (to > peak_) peak_ = to;
  }
  void release(index_t to) { used_ = to; }

 private:
  // A small one comes from the heap, which keeps what is given back at hand: some callers make one for every batch.
  static page_block memory(index_t bytes) {
    if (bytes < 0)
      fail({.subject = "workspace", .found = decimal(bytes) + " bytes", .wanted = "what workspace_bytes says"});
    if (bytes >= 2 * large_page) return zeroed_pages(bytes);
    return page_block(
        static_cast<std::byte*>(::operator new (static_cast<std::size_t>(bytes), std::align_val_t{cache_line})));
  }
  [[noreturn]] void refuse(index_t to, const char* or_else = "") const {
    fail({.subject = "workspace",
          .found = decimal(capacity_) + " bytes",
          .wanted = "at least " + decimal(to) + " for this batch and this number of workers",
          .remedy = unit_string("size it with workspace_bytes(batch.size(), executor.workers())") + or_else});
  }

  index_t capacity_ = 0, used_ = 0, peak_ = 0;
  page_block owned_;
  std::byte* base_ = nullptr;
};

/// A bracket of scratch: whatever is taken from it is given back when it ends.
class frame {
 public:
  const extent size;

  explicit frame(extent e) : size(e) {}  // measures
  frame(extent e, workspace& w) : size(e), work_(&w), start_(w.used()), next_(w.used()) {}
  ~frame() {
    if (work_) work_->release(start_);
  }
  frame(const frame&) = delete;
  frame& operator=(const frame&) = delete;

  /// Uninitialised memory for n values, beginning on a cache line; null when measuring.
  template <class T = float>
  T* take(index_t n) {
    const auto from = next_;
    next_ += round_up(n * static_cast<index_t>(sizeof(T)), cache_line);
    if (!work_) return nullptr;
    work_->claim(next_);
    return reinterpret_cast<T*>(work_->at(from));
  }
  index_t bytes() const { return next_ - start_; }

 private:
  workspace* work_ = nullptr;
  index_t start_ = 0, next_ = 0;
};

/// How much a `scratch` struct (first member `frame from`) takes for batches of this extent.
template <class Scratch>
index_t bytes_of(extent e) {
  const Scratch s{frame(e)};
  return s.from.bytes();
}

}  // namespace weft
