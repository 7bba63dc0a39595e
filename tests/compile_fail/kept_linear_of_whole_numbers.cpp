// says: whose rows are whole numbers keeps no linear in float32
#include <weft/encoder/encoder.hpp>
#include <weft/model/ibert.hpp>
#include <weft/numeric/keep_float32.hpp>

struct kept_ibert : weft::ibert_of<weft::ibert_numbers{.quant_mode = true}> {
#ifndef RIGHT
  using numeric = weft::keep_float32<weft::integer, "query">;
#endif
};

template class weft::encoder<kept_ibert>;
