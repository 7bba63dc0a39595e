// says: a score that has a member `begin` needs
// lines: 25 50
// A score that begins with something that writes no start.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct begun {
#ifdef RIGHT
  void start(weft::index_t, const weft::key_step& keys, float* to) const { std::fill_n(to, keys.width, 0.0f); }
#else
  void start(weft::index_t, float* to) const { *to = 0; }
#endif
};
struct begins {
  template <class Arch, weft::index_t HeadWidth>
  begun begin(const weft::score_site&, const weft::query_rows&) const {
    return {};
  }
  auto operator()(const weft::score_site& at, auto, auto dot) const { return dot * at.scale; }
};

struct my_bert : weft::bert_base {
  using mixer = weft::attention<weft::full, begins>;
};

template class weft::encoder<my_bert>;
