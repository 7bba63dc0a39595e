// One line a family: the digest of a small model of it, with a head of its own.
#include <weft/model/albert.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/deberta.hpp>
#include <weft/model/deberta_v2.hpp>
#include <weft/model/distilbert.hpp>
#include <weft/model/electra.hpp>
#include <weft/model/eurobert.hpp>
#include <weft/model/gte.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/model/modernbert.hpp>
#include <weft/model/mosaic_bert.hpp>
#include <weft/model/mpnet.hpp>
#include <weft/model/nomic_bert.hpp>
#include <weft/model/roberta.hpp>
#include <weft/model/roformer.hpp>
#include <weft/score/alibi.hpp>
#include <weft/score/soft_cap.hpp>

#include "bits/digest.hpp"

namespace {

template <class Family>
struct small : Family {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 70};
};
struct small_electra : small<weft::electra_small> {
  using embedding = weft::factorised<20>;
};
struct small_albert : small<weft::albert_base> {
  using embedding = weft::factorised<20>;
};
struct small_convbert : small<weft::convbert_base> {
  using mixer = weft::mixed_attention<weft::full, weft::span_convolution<9>, weft::head_ratio<2>>;
  using feed_forward = weft::grouped<2>;
};
struct small_bigbird : small<weft::bigbird_base> {
  using mixer = weft::attention<weft::bigbird_blocks<16, 2>>;
};
struct small_mobilebert : small<weft::mobilebert> {
  using embedding = weft::trigram<20>;
  using layout = weft::bottleneck<24, 2, weft::narrowed::query_key>;
};
struct bert_with_alibi : small<weft::bert_base> {
  using mixer = weft::attention<weft::full, weft::alibi>;
};
struct bert_with_soft_cap : small<weft::bert_base> {
  using mixer = weft::attention<weft::full, weft::soft_cap<30>>;
};

struct small_eurobert
    : weft::eurobert_of<weft::eurobert_numbers{
          .hidden_size = 48, .num_attention_heads = 4, .intermediate_size = 70, .num_key_value_heads = 2}> {};

constexpr auto padded = [] {
  auto s = weft_test::bit_sizes;
  s.positions += 2, s.first_position = 2;
  return s;
}();

}  // namespace

int main() {
  using namespace weft_test;
  print_digest<small<weft::bert_base>, weft::masked_lm<>>("bert");
  print_digest<small_electra, weft::dense_classification<>>("electra");
  print_digest<small_convbert, weft::token_classification>("convbert");
  print_digest<small_bigbird, weft::question_answering>("bigbird");
  print_digest<small_mobilebert, weft::pooled_classification<weft::bare_pooler>>("mobilebert");
  print_digest<small<weft::roberta_base>, weft::dense_classification<weft::hyperbolic_tangent>>("roberta", padded);
  print_digest<small<weft::xlm_roberta_base>, weft::masked_lm<>>("xlm_roberta", padded);
  print_digest<small<weft::distilbert_base>, weft::dense_classification<weft::relu>>("distilbert");
  print_digest<small<weft::mpnet_base>, weft::masked_lm<>>("mpnet", padded);
  print_digest<small_albert, weft::pooled_classification<weft::bare_pooler>>("albert");
  print_digest<bert_with_alibi, weft::token_classification>("alibi");
  print_digest<bert_with_soft_cap, weft::token_classification>("soft_cap");
  print_digest<small<weft::modernbert_base>, weft::modernbert_base::tasks::masked_lm>("modernbert");
  print_digest<small<weft::mosaicbert_base>, weft::pooled_classification<>>("mosaic_bert");
  print_digest<small<weft::deberta_base>, weft::deberta_base::tasks::masked_lm>("deberta");
  print_digest<small<weft::deberta_v3_base>, weft::deberta_v3_base::tasks::enhanced_masked_lm>("deberta_v3");
  print_digest<small<weft::deberta_v2_xlarge>, weft::token_classification>("deberta_v2_convolved");
  print_digest<small<weft::nomic_bert_base>, weft::token_classification>("nomic_bert");
  print_digest<small<weft::gte_base>, weft::pooled_classification<>>("gte");
  print_digest<small<weft::roformer_base>, weft::last_token_choice>("roformer");
  print_digest<small_eurobert, weft::averaged_classification<>>("eurobert");
  print_build();
}
