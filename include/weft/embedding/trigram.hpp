#pragma once
#include <weft/embedding/neighbourhood.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// MobileBERT's embedding: the next, the current and the previous word's row, each TableWidth wide, side by side and
/// projected; then position and segment at the encoder's width, and the norm (Sun et al. 2020, section 3.2; reference:
/// MobileBertEmbeddings). Norm replaces the spec's norm: the reference gives this one another epsilon.
template <index_t TableWidth, class Norm = void, invisible_rows Invisible = invisible_rows::read>
struct trigram : detail::neighbourhood<TableWidth, 3, Norm, Invisible> {};

}  // namespace weft
