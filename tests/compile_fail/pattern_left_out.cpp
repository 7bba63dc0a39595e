// says: weft: `each` of a policy that is made of others leaves one out
// A pattern of two patterns that names one of them: the other's tables would never be made.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bigbird.hpp>

using blocks = weft::bigbird_base::mixer::pattern_type;

struct alternate {
  static constexpr weft::index_t query_tile = blocks::query_tile;
  blocks even, odd;
#ifdef RIGHT
  static constexpr void each(auto&& f, auto&... self) { f("even", self.even...), f("odd", self.odd...); }
#else
  static constexpr void each(auto&& f, auto&... self) { f("even", self.even...); }
#endif
  weft::index_t sees(const weft::query_block& b, weft::index_t query, weft::index_t key) const {
    return b.layer % 2 == 0 ? even.sees(b, query, key) : odd.sees(b, query, key);
  }
  void visit(const weft::query_block& b, auto&& spans) const {
    b.layer % 2 == 0 ? even.visit(b, spans) : odd.visit(b, spans);
  }
};

struct my_bert : weft::bert_base {
  using mixer = weft::attention<alternate>;
};

template class weft::encoder<my_bert>;
