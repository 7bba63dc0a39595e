// Types of every kind of layer in one program: what scripts/check_compile_cost.py measures, and whose instantiations it
// counts.
#include <weft/weft.hpp>

// Makes the compiler build all that a program needs to keep an encoder and to run it.
template <class Spec>
void encode(const typename weft::encoder<Spec>::template params<weft::raw>& stored, const weft::sizes& s,
            const weft::batch& in, float* out, weft::workspace& work) {
  const weft::encoder<Spec> encoder(stored, s);
  encoder.forward(in, weft::rows<float, Spec::shape.width>(out, in.tokens()), work);
}

#ifdef WEFT_ONE_SPEC
template void encode<WEFT_ONE_SPEC>(const weft::encoder<WEFT_ONE_SPEC>::params<weft::raw>&, const weft::sizes&,
                                    const weft::batch&, float*, weft::workspace&);
#else
template <class... Spec>
void encode_each(const weft::batch& in, float* out, weft::workspace& work) {
  (encode<Spec>({}, {}, in, out, work), ...);
}

void encode_with_all(const weft::batch& in, float* out, weft::workspace& work) {
  using namespace weft;
  encode_each<bert_base, bert_large, minilm_l6, electra_small, electra_base, electra_large, electra_small_generator,
              electra_base_generator, electra_large_generator, convbert_small, convbert_medium_small, convbert_base,
              bigbird_base, bigbird_large, mobilebert, mobilebert_tiny, ib_bert>(in, out, work);
}
#endif
