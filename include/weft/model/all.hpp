#pragma once
// Every family that weft has: one line each, of which readers of configurations know.
#include <weft/model/albert.hpp>
#include <weft/model/autobert.hpp>
#include <weft/model/bert_bilstm.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/deberta.hpp>
#include <weft/model/deberta_v2.hpp>
#include <weft/model/distilbert.hpp>
#include <weft/model/electra.hpp>
#include <weft/model/eurobert.hpp>
#include <weft/model/facts.hpp>
#include <weft/model/fnet.hpp>
#include <weft/model/gte.hpp>
#include <weft/model/ibert.hpp>
#include <weft/model/jina_embeddings_v3.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/model/modernbert.hpp>
#include <weft/model/moebert.hpp>
#include <weft/model/mosaic_bert.hpp>
#include <weft/model/mpnet.hpp>
#include <weft/model/nomic_bert.hpp>
#include <weft/model/roberta.hpp>
#include <weft/model/roberta_prelayernorm.hpp>
#include <weft/model/roformer.hpp>
#include <weft/model/squeezebert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

using all_families =
    family_list<bert_family, electra_family, convbert_family, bigbird_family, mobilebert_family, roberta_family,
                xlm_roberta_family, distilbert_family, albert_family, mpnet_family, nomic_bert_family,
                modernbert_family, mosaic_bert_family, bert_bilstm_family, autobert_family, moebert_family,
                squeezebert_family, fnet_family, ibert_family, roberta_prelayernorm_family, deberta_family,
                deberta_v2_family, jina_embeddings_v3_family, gte_family, roformer_family, eurobert_family>;

}  // namespace weft
