// says: weft::mixed_attention: Companion::bind<S> needs
// lines: 25 110
// A companion that is not given the attention's query.
#include <weft/encoder/encoder.hpp>
#include <weft/mixer/mixed_attention.hpp>
#include <weft/model/bert.hpp>

struct silent {
  template <weft::companion_shape S>
  struct bind {
#ifdef RIGHT
    void forward(const auto&, weft::rows<const float, S.key>, weft::rows<const float, S.value>,
                 weft::rows<const float, S.inner>, weft::rows<float, S.inner> y, const weft::context&) const {
#else
    void forward(const auto&, weft::rows<const float, S.key>, weft::rows<const float, S.value>,
                 weft::rows<float, S.inner> y, const weft::context&) const {
#endif
        for (weft::index_t t = 0; t < y.count; ++t) std::fill_n(y.row(t), S.inner, 0.0f);
  }
};
}
;

struct my_bert : weft::bert_base {
  using mixer = weft::mixed_attention<weft::full, silent>;
};

template class weft::encoder<my_bert>;
