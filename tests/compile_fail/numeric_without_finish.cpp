// says: whose sum is no vector of floats needs finish
// lines: 25 50
// A numeric policy whose sums are whole numbers, and which does not say what they end as.
#include <array>
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct whole : weft::panel_numeric<whole> {
  template <class Arch>
  struct format : weft::float_format<Arch> {
    using vector = weft::simd::vector<Arch>;
    struct sum {
      vector of;
    };
    static sum begin(const vector& start) { return {start}; }
    static sum add(const vector& row, const vector& column, const sum& before) {
      return {weft::simd::fma(row, column, before.of)};
    }
#ifdef RIGHT
    static vector finish(const sum& s, const float*, const float*, const vector&) { return s.of; }
#endif
  };
};

struct my_bert : weft::bert_base {
  using numeric = whole;
};

template class weft::encoder<my_bert>;
