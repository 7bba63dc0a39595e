#pragma once
#include <weft/embedding/summed.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The embedding Tables, a policy of summed.hpp, without its norm: EuroBERT's words_alone, which pre-norm layers read
/// as they are (Boizard et al. 2025; reference: EuroBertModel.embed_tokens).
template <class Tables>
struct not_normed {
  static constexpr auto options = Tables::options;
  template <class Spec, index_t Width = Spec::shape.width>
  struct bind : Tables::template bind<with_norm<Spec, none>, Width> {};
};

}  // namespace weft
