#pragma once
#include <weft/embedding/neighbourhood.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// MobileBERT's embedding without neighbours (`trigram_input` false): the word's row, TableWidth wide, projected; then
/// position and segment at the encoder's width, and the norm (reference: MobileBertEmbeddings). Unlike `factorised`,
/// which adds and normalises before it projects. Norm replaces the spec's norm.
template <index_t TableWidth, class Norm = void>
struct projected : detail::neighbourhood<TableWidth, 1, Norm, invisible_rows::read> {};

}  // namespace weft
