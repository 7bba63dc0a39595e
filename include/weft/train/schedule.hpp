#pragma once
// How the rate of learning changes from step to step.
#include <algorithm>
#include <cmath>
#include <weft/base/elementary.hpp>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// With s the step, from 0 on, N all steps and W those of the warm-up:
enum class schedule_kind {
  linear,    ///< s < W: s / W, else (N - s) / (N - W) (transformers)
  bert,      ///< s < W: s / W, else 1 - s / N (Devlin et al. 2019, released code)
  electra,   ///< (1 - s / N) min(1, s / W) (Clark et al. 2020, released code)
  constant,  ///< min(1, s / W)
  cosine     ///< s < W: s / W, else (1 + cos(pi (s - W) / (N - W))) / 2 (transformers)
};

/// Where the warm-up has steps, the first has a rate of 0.
struct schedule {
  schedule_kind kind = schedule_kind::linear;
  index_t steps = 0, warm_up = 0;

  /// What the rate is multiplied by in step s.
  double factor(index_t s) const {
    const auto at = static_cast<double>(s), all = static_cast<double>(std::max<index_t>(steps, 1)),
               warm = static_cast<double>(warm_up);
    const bool warming = s < warm_up;
    const double left = std::max(0.0, 1 - at / all);
    switch (kind) {
      case schedule_kind::linear:
        return warming ? at / warm : steps > warm_up ? std::max(0.0, all - at) / (all - warm) : 0;
      case schedule_kind::bert:
        return warming ? at / warm : left;
      case schedule_kind::electra:
        return warming ? left * at / warm : left;
      case schedule_kind::constant:
        return warming ? at / warm : 1;
      case schedule_kind::cosine:
        return warming           ? at / warm
               : steps > warm_up ? (1 + cos_of(pi * std::min(1.0, (at - warm) / (all - warm)))) / 2
                                 : 0;
    }
    return 0;
  }

 private:
  static constexpr double pi = 3.141592653589793;
};

}  // namespace weft
