// says: (use of deleted function|invokes a deleted function)
// lines: 25 35
// A feed-forward that hands rows of one width to a linear of another.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct crossed {
  template <weft::row_shape S>
  struct bind {
    template <class Form>
    struct params {
      weft::linear<Form, S.hidden, S.width> down;
      static constexpr void each(auto&& f, auto&... p) { f("down", p.down...); }
    };
    struct scratch {
      weft::frame from;
      weft::rows<float, S.hidden> hidden{from};
    };
    template <class Form>
    void forward(const params<Form>& p, weft::rows<const float, S.width> x, weft::rows<float, S.width> y,
                 const weft::context& ctx) const {
      const scratch s{ctx.frame()};
#ifdef RIGHT
      p.down(weft::rows<const float, S.hidden>{s.hidden.data, x.count}, y, ctx);
#else
      p.down(x, y, ctx);
#endif
    }
  };
};

struct my_bert : weft::bert_base {
  using feed_forward = crossed;
};

void run(const weft::encoder<my_bert>& encoder, const weft::batch& in, weft::row_buffer<768>& out,
         weft::workspace& work) {
  encoder.forward(in, out, work);
}
