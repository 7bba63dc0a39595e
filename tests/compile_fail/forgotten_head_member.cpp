// says: weft: each\(\) of a part's params names a member twice
// A head whose each() was copied, and half of the line changed.
#include <weft/head/model.hpp>
#include <weft/model/bert.hpp>

struct repeats {
  template <class Spec>
  struct bind {
    static constexpr weft::index_t width = Spec::shape.width;
    static constexpr auto reads_rows = weft::reads::first_token;
    static constexpr weft::index_t outputs(const weft::sizes&) { return 2; }
    template <class Form>
    struct params {
      weft::linear<Form, width, width> dense;
      weft::linear<Form, width, 2> classifier;
      static constexpr void each(auto&& f, auto&... p) {
        f("/dense", p.dense...);
#ifdef RIGHT
        f("/classifier", p.classifier...);
#else
        f("/classifier", p.dense...);
#endif
      }
    };
    template <class Form>
    void forward(const params<Form>&, weft::rows<const float, width>, weft::matrix<float>, const weft::context&) const {
    }
  };
};

template class weft::basic_model<weft::simd::native, weft::bert_base, repeats>;
