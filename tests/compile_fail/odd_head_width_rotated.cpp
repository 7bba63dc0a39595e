// says: rotary turns pairs and wants an even one
// lines: 25 75
// Rotation turns pairs; a head of 5 values has one without a partner.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/position/rotary.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  static constexpr weft::model_shape shape{.width = 24, .heads = 4, .hidden = 32};
#else
  static constexpr weft::model_shape shape{.width = 20, .heads = 4, .hidden = 32};
#endif
  using mixer = weft::attention<weft::full, weft::scaled, true, weft::rotary<>>;
};

template class weft::encoder<my_bert>;
