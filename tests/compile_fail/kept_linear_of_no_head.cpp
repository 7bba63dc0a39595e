// says: no linear of this model has this name
// A norm is no linear.
#include <weft/head/masked_lm.hpp>
#include <weft/head/model.hpp>
#include <weft/model/bert.hpp>
#include <weft/numeric/int8.hpp>
#include <weft/numeric/keep_float32.hpp>

struct kept_bert : weft::bert_base {
#ifdef RIGHT
  using numeric = weft::keep_float32<weft::int8<>, "head.cls.predictions.transform.dense">;
#else
  using numeric = weft::keep_float32<weft::int8<>, "head.cls.predictions.transform.LayerNorm">;
#endif
};

template class weft::basic_model<weft::simd::native, kept_bert, weft::masked_lm<>>;
