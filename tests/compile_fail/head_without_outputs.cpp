// says: weft::model: every head needs
// A head that does not say how wide its output is.
#include <weft/head/model.hpp>
#include <weft/model/bert.hpp>

struct first_number {
  template <class Spec>
  struct bind {
    static constexpr auto reads_rows = weft::reads::first_token;
#ifdef RIGHT
    static constexpr weft::index_t outputs(const weft::sizes&) { return 1; }
#endif
    void forward(const auto&, weft::rows<const float, Spec::shape.width> x, weft::matrix<float> y,
                 const weft::context&) const {
      for (weft::index_t i = 0; i < x.count; ++i) y.row(i)[0] = x.row(i)[0];
    }
  };
};

template class weft::basic_model<weft::simd::native, weft::bert_base, first_number>;
