#pragma once
// The register-blocked product that every matrix kernel is made of: a tile of rows times a few vectors of columns, its
// sums in registers from the first product to the last.
#include <algorithm>
#include <type_traits>
#include <weft/base/on_stack.hpp>
#include <weft/memory/weight_order.hpp>
#include <weft/simd/each.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Vectors of sums that stay in registers: a third of them or less is left for the operands.
template <class Arch>
inline constexpr index_t accumulators = simd::registers<Arch> >= 32 ? 24 : 12;

/// Rows of a tile that is `Vectors` vectors wide.
template <class Arch, index_t Vectors>
inline constexpr index_t tile_rows = std::min<index_t>(8, accumulators<Arch> / Vectors);

/// Memory to ask for while a product runs: `lines` cache lines from `from` on for every `steps` steps, and after
/// `turns` of these, where that is not 0, from `next` on. By default none.
struct read_ahead {
  const float* from = nullptr;
  index_t lines = 0;
  index_t steps = index_t{1} << 30;
  index_t turns = 0;
  const float* next = nullptr;
};

/// What tile `number` of `tiles` over a panel of `steps` lines of Columns 32-bit words asks for while it runs: its
/// share of a panel, at a distance in the order in which weights are read. A single tile asks for them 16 KiB ahead.
/// The first of several reads the panel at once and finds it in the second cache, so that they ask for a whole panel
/// ahead; where `after` says what follows, for 128 KiB or more, since the next panels may be larger. Tiles that ask for
/// little ask seldom: to stop for it costs a hundredth of a product's speed. These are addresses to ask for, never to
/// read, whatever lies there.
template <index_t Columns, class Word>
read_ahead ahead_of(const Word* panel, index_t steps, index_t number, index_t tiles, const weights_ahead& after) {
  static_assert(sizeof(Word) == sizeof(float));
  const index_t every = tiles < 8 ? 8 : 32;          // steps
  const index_t panel_lines = Columns * every / 16;  // of the cache, in so many steps
  const auto share = ceil_div(panel_lines, tiles), all = share * ceil_div(steps, every) * 16;
  const index_t panel_words = Columns * steps;
  const index_t distance = tiles == 1 ? 4096 : after.next ? std::max<index_t>(panel_words, 32768) : panel_words;
  const auto* const from = reinterpret_cast<const float*>(panel) + number * all + distance;
  if (!after.next) return {from, share, every};
  const auto* const next = reinterpret_cast<const float*>(after.next);
  const auto left = reinterpret_cast<const float*>(after.end) - from;
  return left <= 0 ? read_ahead{next - left, share, every}
                   : read_ahead{from, share, every, ceil_div(left, share * 16), next};
}

/// Where vector j of a line of a tile's columns lies: one behind the other, but the last two of four `apart` behind the
/// first two, in the next panel.
template <class Arch, index_t Vectors>
[[gnu::always_inline]] constexpr index_t vector_offset(index_t j, index_t apart) {
  constexpr index_t side = Vectors == 4 ? 2 : Vectors;
  return j / side * apart + j % side * simd::lanes<Arch>;
}

/// Numbers of a packed column and of a row as they are: floats (concept/numeric.hpp says what a format offers).
template <class Arch>
struct float_format {
  using arch = Arch;
  using word = float;
  using element = float;
  using sum = simd::vector<Arch>;
  static constexpr index_t inputs = 1, parts = 1;

  static float pack(const auto& weight, index_t i, index_t /*in*/) { return weight(i); }
  [[gnu::always_inline]] static sum begin(const simd::vector<Arch>& start) { return start; }
  [[gnu::always_inline]] static simd::vector<Arch> column(const float* words, auto /*part*/) {
    return simd::load<Arch>(words);
  }
  [[gnu::always_inline]] static simd::vector<Arch> row(const float& element) { return simd::set<Arch>(element); }
  [[gnu::always_inline]] static sum add(const simd::vector<Arch>& row, const simd::vector<Arch>& column,
                                        const sum& before) {
    return simd::fma(row, column, before);
  }
};

/// What a product reads and writes. Row i of a and y begins at a + i * lda and y + i * ldy, line k of b, which the k-th
/// word of every column stands in, at b + k * ldb. A panel takes `apart` words: that far a tile of four vectors finds
/// its last two (vector_offset), and a format's finish() what stands behind its columns.
template <class Format>
struct product {
  const typename Format::element* a;
  const typename Format::word* b;
  const float* start;  ///< what sums begin with; row i at start + i * ld_start; null means 0
  float* y;
  index_t lda, ldb, ld_start, ldy;
  index_t steps;  ///< elements of a row: where a word is of one input, columns of a and lines of b
  index_t apart = 0;
  read_ahead ahead = {};
};

/// y[i, j] = start[i, j] + sum over k of a[i, k] b[k, j] for Rows rows and Vectors * lanes columns. The sum of an
/// element runs over k in order from its start, so that it does not depend on Rows, Vectors or the element's place in
/// the tile.
template <class Format, index_t Rows, index_t Vectors>
void multiply(const product<Format>& p) {
  using Arch = typename Format::arch;
  using simd::each, simd::lanes;
  constexpr index_t parts = Format::parts;
  typename Format::sum sum[array_size(Rows)][array_size(Vectors)];
  if (p.start) {
    each<Rows>([&](auto i) __attribute__((always_inline)) {
      each<Vectors>([&](auto j) __attribute__((always_inline)) {
        sum[i][j] = Format::begin(simd::load<Arch>(p.start + i * p.ld_start + j * lanes<Arch>));
      });
    });
  } else {
    each<Rows>([&](auto i) __attribute__((always_inline)) {
      each<Vectors>([&](auto j) __attribute__((always_inline)) { sum[i][j] = Format::begin(simd::set<Arch>(0.0f)); });
    });
  }
  const auto* a = p.a;
  const auto* b = p.b;
  const float* ahead = p.ahead.from;
  const index_t lda = p.lda, ldb = p.ldb, lines = p.ahead.lines, every = p.ahead.steps, apart = p.apart;
  index_t turns = p.ahead.turns;
  const auto add = [&](auto part) __attribute__((always_inline)) {
    std::remove_cvref_t<decltype(Format::column(b, part))> column[array_size(Vectors)];
    each<Vectors>([&](auto j) __attribute__((always_inline)) {
      column[j] = Format::column(b + vector_offset<Arch, Vectors>(j, apart), part);
    });
    each<Rows>([&](auto i) __attribute__((always_inline)) {
      const auto row = Format::row(a[i * lda + part]);
      each<Vectors>([&](auto j) __attribute__((always_inline)) { sum[i][j] = Format::add(row, column[j], sum[i][j]); });
    });
  };
  for (index_t left = p.steps / parts; left > 0;) {
    for (index_t l = 0; l < lines; ++l, ahead += 16) simd::prefetch(ahead);
    if (--turns == 0) ahead = p.ahead.next;
    const index_t group = std::min(every, left);
    left -= group;
    const auto* const stop = a + group * parts;
    // Unrolled, clang 14 hoists loads and spills sums: a third of the speed is lost.
#pragma GCC unroll 1
    for (; a != stop; a += parts, b += ldb) each<parts>(add);
  }
  if constexpr (parts > 1) {  // the last word of a row that does not fill it
    const index_t left = p.steps % parts;
    each<parts - 1>([&](auto part) __attribute__((always_inline)) {
      if (part < left) add(part);
    });
    a += left;
  }
  each<Rows>([&](auto i) __attribute__((always_inline)) {
    each<Vectors>([&](auto j) __attribute__((always_inline)) {
      float* const to = p.y + i * p.ldy + j * lanes<Arch>;
      if constexpr (requires { Format::tail_lines; })
        simd::store(to,
                    Format::finish(sum[i][j], a + i * lda,
                                   p.b + (apart - Format::tail_lines * ldb) + vector_offset<Arch, Vectors>(j, apart),
                                   simd::load<Arch>(p.start + i * p.ld_start + j * lanes<Arch>), ldb));
      else if constexpr (requires { Format::finish(sum[i][j], a, b, simd::load<Arch>(p.start)); })
        simd::store(to,
                    Format::finish(sum[i][j], a + i * lda, p.b + (apart - ldb) + vector_offset<Arch, Vectors>(j, apart),
                                   simd::load<Arch>(p.start + i * p.ld_start + j * lanes<Arch>)));
      else if constexpr (std::is_same_v<typename Format::sum, simd::vector<Arch>>)
        simd::store(to, sum[i][j]);
      // Anything else was refused in words (concept/numeric.hpp).
    });
  });
}

/// multiply for a number of rows known at run time, 1 <= rows <= Most.
template <class Format, index_t Vectors, index_t Most = tile_rows<typename Format::arch, Vectors>>
void multiply_rows(index_t rows, const product<Format>& p) {
  if constexpr (Most == 1) {
    multiply<Format, 1, Vectors>(p);
  } else {
    if (rows == Most) return multiply<Format, Most, Vectors>(p);
    multiply_rows<Format, Vectors, Most - 1>(rows, p);
  }
}

/// f(first, last): rows cut into as few tiles as possible, whose sizes differ by one at most, since small tiles are
/// slow.
template <index_t Most, class F>
[[gnu::always_inline]] inline void each_row_tile(index_t rows, F&& f) {
  for (index_t first = 0, tiles = ceil_div(rows, Most); tiles > 0; --tiles) {
    const index_t last = first + ceil_div(rows - first, tiles);
    f(first, last);
    first = last;
  }
}

/// f(vectors, panel): panels of Vectors vectors, one after another, and how wide the tiles over them are (a constant).
/// Where rows fill many tiles and there are registers, two panels of two vectors are taken at once, in tiles of four:
/// fewer tiles, each with more to do for a row that is read. A few rows fill their tiles better over one.
template <class Arch, index_t Vectors, class F>
[[gnu::always_inline]] inline void each_panel(index_t rows, index_t first, index_t last, F&& f) {
  if constexpr (Vectors == 2 && simd::registers<Arch> >= 32)
    if (rows > 2 * tile_rows<Arch, 2>)
      for (; first + 1 < last; first += 2) f(std::integral_constant<index_t, 4>{}, first);
  for (; first < last; ++first) f(std::integral_constant<index_t, Vectors>{}, first);
}

}  // namespace weft
