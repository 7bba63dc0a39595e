// One model in one translation unit, as users write it: what scripts/check_compile_cost.py times.
#include <weft/head/model.hpp>
#include <weft/model/bert.hpp>

void classify(const weft::model<weft::bert_base, weft::pooled_classification<>>& model, const weft::batch& in,
              weft::matrix<float> out, weft::workspace& work) {
  model.forward(in, out, work);
}

weft::model<weft::bert_base, weft::pooled_classification<>> make(
    const weft::model<weft::bert_base, weft::pooled_classification<>>::params<weft::raw>& stored,
    const weft::sizes& s) {
  return {stored, s};
}
