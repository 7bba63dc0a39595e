// The embedding and a layer of I-BERT, compiled for scripts/check_whole_numbers.py to look at: nothing that runs
// between the ids and the heads may compute in floating point.
#include <weft/encoder/encoder.hpp>
#include <weft/model/ibert.hpp>

namespace {
using spec = weft::ibert_of<weft::ibert_numbers{.quant_mode = true}>;
using encoder = weft::encoder<spec>;
using form = encoder::form;
constexpr weft::index_t width = spec::shape.width;
using bytes = weft::rows<std::int8_t, width>;
}  // namespace

void embed(const encoder::embedding& part, const weft::weights<form, encoder::embedding>& p, bytes x,
           const weft::context& ctx) {
  part.forward(p, x, ctx);
}
void run_layer(const encoder::layer& part, const weft::weights<form, encoder::layer>& p,
               weft::rows<const std::int8_t, width> x, bytes y, const weft::context& ctx) {
  part.forward(p, x, y, ctx);
}
