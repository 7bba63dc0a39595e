// says: an array on the stack takes at most 64 KiB
// A buffer of a kernel's, sized by a template argument, that a small stack has no room for.
#include <weft/base/on_stack.hpp>

template <weft::index_t Width>
float last_of(const float* x) {
  float copy[weft::on_stack<float, Width>];
  for (weft::index_t i = 0; i < Width; ++i) copy[i] = x[i];
  return copy[Width - 1];
}

#ifdef RIGHT
template float last_of<16384>(const float*);
#else
template float last_of<16385>(const float*);
#endif
