#pragma once
// Rows of floats, one per token, all sequences end to end. Views; they own nothing.
#include <type_traits>
#include <weft/base/list.hpp>
#include <weft/base/shape.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/workspace.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// `count` rows of a width that the compiler knows. Rows lie `stride` floats apart, so that side-by-side parts can
/// write columns of one buffer.
template <class T, index_t Width>
struct rows {
  static constexpr index_t width = Width;
  T* data = nullptr;
  index_t count = 0, stride = Width;

  constexpr rows() = default;
  constexpr rows(T* first, index_t n, index_t step = Width) : data(first), count(n), stride(step) {}
  template <class U>
  requires std::is_same_v<const U, T>
  constexpr rows(const rows<U, Width>& o) : data(o.data), count(o.count), stride(o.stride) {}
  template <class U, index_t Other>
  requires(Other != Width) rows(const rows<U, Other>& /* two parts disagree about the width between them */)
  = delete;

  // In a `scratch` struct: one row per token of the batch, or a stated number.
  explicit rows(frame& from) : rows(from, from.size.tokens) {}
  rows(frame& from, index_t n) : data(from.template take<T>(n * Width)), count(n) {}

  constexpr T* row(index_t i) const { return data + i * stride; }
  constexpr rows part(index_t first, index_t last) const { return {data + first * stride, last - first, stride}; }

  /// Columns [First, First + Columns) of every row.
  template <index_t First, index_t Columns>
  constexpr rows<T, Columns> columns() const {
    static_assert(First >= 0 && First + Columns <= Width, "weft: these columns do not lie inside the rows");
    return {data + First, count, stride};
  }
};

/// `count` rows of a width known at run time: logits over a vocabulary, labels.
template <class T>
struct matrix {
  T* data = nullptr;
  index_t count = 0, width = 0, stride = width;

  constexpr matrix() = default;
  constexpr matrix(T* first, index_t n, index_t columns) : matrix(first, n, columns, columns) {}
  constexpr matrix(T* first, index_t n, index_t columns, index_t step)
      : data(first), count(n), width(columns), stride(step) {}
  template <class U>
  requires std::is_same_v<const U, T>
  constexpr matrix(const matrix<U>& o) : data(o.data), count(o.count), width(o.width), stride(o.stride) {}

  constexpr T* row(index_t i) const { return data + i * stride; }
  constexpr matrix part(index_t first, index_t last) const {
    auto p = *this;
    p.data = row(first), p.count = last - first;
    return p;
  }
};

/// The inputs of a mixer: three streams, possibly of different tensors and widths.
template <mixer_shape S>
struct streams {
  rows<const float, S.query> query;
  rows<const float, S.key> key;
  rows<const float, S.value> value;
};

/// Rows that own their memory, for callers: `weft::row_buffer<768> hidden(batch.tokens());`
template <index_t Width>
class row_buffer {
 public:
  explicit row_buffer(index_t n = 0) : values_(static_cast<std::size_t>(n * Width)) {}
  operator rows<float, Width>() { return {values_.data(), count(), Width}; }              // NOLINT: it is those rows
  operator rows<const float, Width>() const { return {values_.data(), count(), Width}; }  // NOLINT
  index_t count() const { return static_cast<index_t>(values_.size()) / Width; }
  float* row(index_t i) { return values_.data() + i * Width; }
  const float* row(index_t i) const { return values_.data() + i * Width; }
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }

 private:
  unit_vector<float> values_;
};

/// The same of a width known at run time: vectors of texts.
class matrix_buffer {
 public:
  explicit matrix_buffer(index_t n = 0, index_t columns = 0)
      : count_(n), width_(columns), values_(static_cast<std::size_t>(n * columns)) {}
  operator matrix<float>() { return {values_.data(), count_, width_}; }              // NOLINT: it is that matrix
  operator matrix<const float>() const { return {values_.data(), count_, width_}; }  // NOLINT
  index_t count() const { return count_; }
  index_t width() const { return width_; }
  list<const float> operator[](index_t i) const { return {row(i), width_}; }
  float* row(index_t i) { return values_.data() + i * width_; }
  const float* row(index_t i) const { return values_.data() + i * width_; }
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }

  /// Makes room for n rows at once.
  void reserve(index_t n) { values_.reserve(static_cast<std::size_t>(n * width_)); }
  /// Appends n rows of zeros and gives them to be written.
  matrix<float> add(index_t n) {
    values_.resize(static_cast<std::size_t>((count_ + n) * width_));
    count_ += n;
    return matrix<float>(*this).part(count_ - n, count_);
  }

 private:
  index_t count_, width_;
  unit_vector<float> values_;
};

}  // namespace weft
