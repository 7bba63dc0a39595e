// says: typename S::layout|'layout'
// A spec without a layout.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct unfinished {
  static constexpr weft::model_shape shape{.width = 64, .heads = 4, .hidden = 256};
  using embedding = weft::summed;
  using mixer = weft::attention<>;
  using feed_forward = weft::dense<>;
  using norm = weft::layer_norm<>;
  using numeric = weft::float32;
#ifdef RIGHT
  using layout = weft::post_norm;
#endif
};

template class weft::encoder<unfinished>;
