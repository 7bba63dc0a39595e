// says: the mixer of an extended_encoder is two_stream_attention
// lines: 25 45
// The extended encoder has two streams; a mixer of one does not fit.
#include <weft/encoder/extended.hpp>
#include <weft/mixer/attention.hpp>
#include <weft/model/etc.hpp>

struct my_etc : weft::etc_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 64};
#ifdef RIGHT
  using mixer = weft::two_stream_attention<>;
#else
  using mixer = weft::attention<>;
#endif
};

template class weft::extended_encoder<my_etc>;
