// says: weft: this policy cannot be trained
// A norm that has no twin.
#include <weft/model/bert.hpp>
#include <weft/norm/rms_norm.hpp>
#include <weft/train/all.hpp>

struct mine : weft::bert_base {
#ifdef RIGHT
  using norm = weft::layer_norm<>;
#else
  using norm = weft::rms_norm<>;
#endif
};

using twin = weft::training_of<weft::post_norm>::bind<mine>;
static_assert(sizeof(twin) > 0);
