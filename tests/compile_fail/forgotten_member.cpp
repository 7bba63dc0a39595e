// says: weft: each\(\) of a part's params leaves out a member
// lines: 25 35
// A feed-forward whose each() forgets one of its linears, which then would read a null pointer.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct forgetful {
  template <weft::row_shape S>
  struct bind {
    template <class Form>
    struct params {
      weft::linear<Form, S.width, S.hidden> up;
      weft::linear<Form, S.hidden, S.width> down;
      static constexpr void each(auto&& f, auto&... p) {
        f("up", p.up...);
#ifdef RIGHT
        f("down", p.down...);
#endif
      }
    };
    template <class Form>
    void forward(const params<Form>&, weft::rows<const float, S.width>, weft::rows<float, S.width>,
                 const weft::context&) const {}
  };
};

struct my_bert : weft::bert_base {
  using feed_forward = forgetful;
};

template class weft::encoder<my_bert>;
