#pragma once
// Axis: numeric. How a linear's weights are stored and multiplied; everything else in a model is float32 rows. A
// numeric policy is a format of numbers over one panel kernel (kernel/multiply.hpp, kernel/linear.hpp): it says what a
// word of a packed column is and what is done with it, and the kernel does the rest.
#include <concepts>
#include <type_traits>
#include <weft/base/shape.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What a policy's `template <class Arch> struct format` offers:
///   arch                                the architecture
///   word                                32 bits of a packed column, `inputs` of its weights
///   element                             what a row is made of where it is multiplied: float, if rows are read as they
///   lie sum                                 what is added up: a vector of floats, or another type that finish() makes
///   one inputs, parts                       inputs of a word, and how many elements of a row it meets, one after
///   another pack(weight, i, in) -> word         inputs [i, i + inputs) of a column, `weight(i)` being one of them, of
///   `in` begin(vector start) -> sum          what a sum begins with: the bias, or nothing where finish() adds that
///   column(words, part) -> C            `part` (a constant) of a vector of neighbouring columns' words
///   row(element) -> R                   an element for all lanes
///   add(R, C, sum) -> sum               a step of the sum
/// Optional:
///   column_scale(weight, in) -> float   a number for each column, handed to pack() behind `in`; finish() finds it, as
///   a
///                                       word, in the line behind the column's last
///   write_row(x, in, to)                writes a row's elements; wants row_elements(in), how many; finish() finds
///   those
///                                       behind the last that is multiplied, a scale say
///   tail_lines, tail(words, ld, lines, scale, line) -> word
///                                       with column_scale: how many lines stand behind the last instead of the scale,
///                                       and a column's word in each: `words` is its first of `lines`, `ld` words apart
///   most_inputs                         of a linear, where sums have room for no more
///   finish(sum, row, words, start)      the vector of floats that a sum ends as: `row` and `words` point behind the
///   last
///                                       element and line, `start` is the bias; with tail_lines it takes `ld` as well,
///                                       last
/// A sum runs over the inputs in order, one add() a step: so a row's bits depend on that row alone.
template <class F>
concept panel_format = requires(const typename F::word* words, const typename F::element& element,
                                const typename F::sum& sum, simd::vector<typename F::arch> start,
                                float (*weight)(index_t), index_t n) {
  requires sizeof(typename F::word) == 4;
  requires F::inputs >
  0 && F::parts > 0 && F::inputs % F::parts == 0;
  { F::begin(start) } -> std::same_as<typename F::sum>;
  {
    F::add(F::row(element), F::column(words, std::integral_constant<index_t, 0>{}), sum)
    } -> std::same_as<typename F::sum>;
};

namespace detail {
template <class F>
concept scales_columns = requires(float (*weight)(index_t), index_t in) {
  { F::column_scale(weight, in) } -> std::same_as<float>;
};
template <class F>
concept writes_tails = scales_columns<F> && F::tail_lines >
0;
template <class F>
constexpr index_t tail_lines() {
  if constexpr (writes_tails<F>) return F::tail_lines;
  return scales_columns<F> ? 1 : 0;
}
template <class F>
concept writes_rows = requires(const float* x, index_t in, typename F::element* to) {
  F::write_row(x, in, to);
  { F::row_elements(in) } -> std::same_as<index_t>;
};
}  // namespace detail

/// Words of a column, with what stands behind them, and elements of a row that are multiplied.
template <class F>
constexpr index_t format_lines(index_t in) {
  return ceil_div(in, F::inputs) + detail::tail_lines<F>();
}
template <class F>
constexpr index_t format_steps(index_t in) {
  return ceil_div(in, F::inputs / F::parts);
}

/// True; what is no format is refused in words, each fault once.
template <class F>
constexpr bool keeps_format_contract() {
  constexpr bool names = requires {
    typename F::arch;
    typename F::word;
    typename F::element;
    typename F::sum;
    F::inputs + F::parts;
  };
  static_assert(names,
                "weft: a numeric policy's `template <class Arch> struct format` names `arch`, `word`, `element`, "
                "`sum`, and says `static constexpr index_t inputs` (of a word) and `parts`");
  if constexpr (names) {
    constexpr bool computes = panel_format<F>;
    static_assert(
        computes,
        "weft: a numeric policy's format has words of 32 bits, `parts` that divide `inputs`, and begin(vector) "
        "-> sum, column(words, part), row(element), add(row, column, sum) -> sum (weft/concept/numeric.hpp)");
    constexpr bool reads = std::is_same_v<typename F::element, float> || detail::writes_rows<F>;
    static_assert(reads,
                  "weft: a numeric policy's format whose element is no float needs write_row(x, in, to) and "
                  "row_elements(in) -> index_t");
    constexpr bool floats = std::is_same_v<typename F::sum, simd::vector<typename F::arch>>;
    constexpr bool ends = floats || detail::writes_tails<F> ||
                          requires(typename F::sum sum, const typename F::element* row, const typename F::word* words,
                                   simd::vector<typename F::arch> start) {
      { F::finish(sum, row, words, start) } -> std::same_as<simd::vector<typename F::arch>>;
    };
    static_assert(ends,
                  "weft: a numeric policy's format whose sum is no vector of floats needs finish(sum, row, words, "
                  "start) -> simd::vector<Arch>");
  }
  return true;
}

}  // namespace weft
