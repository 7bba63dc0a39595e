// says: p\.sees\(b, i, i\)
// A pattern that visits keys but does not say which it sees.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct everything {
  static constexpr weft::index_t query_tile = 32;
#ifdef RIGHT
  constexpr bool sees(const weft::query_block&, weft::index_t, weft::index_t) const { return true; }
#endif
  constexpr void visit(const weft::query_block& b, auto&& spans) const { spans.full({0, b.length}); }
};

struct my_bert : weft::bert_base {
  using mixer = weft::attention<everything>;
};

template class weft::encoder<my_bert>;
