// says: needs a mixer and a feed-forward of which a part can run
// A slimmable spec whose feed-forward cannot be cut.
#include <weft/encoder/encoder.hpp>
#include <weft/ffn/grouped.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
  static constexpr bool slimmable = true;
#ifdef RIGHT
  using feed_forward = weft::dense<>;
#else
  using feed_forward = weft::grouped<2>;
#endif
};

template class weft::encoder<my_bert>;
