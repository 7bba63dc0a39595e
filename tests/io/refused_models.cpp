// What a recorded checkpoint's configuration may not become: every change is refused by its key, before a type is
// compiled for it.
#include <weft/io/expected_parameters.hpp>
#include <weft/io/families.hpp>
#include <weft/io/json.hpp>
#include <weft/io/safetensors_writer.hpp>
#include <weft/io/spec_source.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

namespace refused_models_test {

using namespace weft;
using json = nlohmann::json;

// A change of the config.json of a recorded checkpoint, and the beginning of the sentence that says what is wrong;
// empty: it is accepted.
struct changed_model {
  const char *model, *keys, *says;
};

constexpr changed_model changes[]{
    // DeBERTa
    {"deberta_v3_classify", R"({"pos_att_type": "p2c|c2p"})", ""},
    {"deberta_v3_classify", R"({"pos_att_type": ["c2p", "p2q"]})", "pos_att_type: found "},
    {"deberta_v3_classify", R"({"pos_att_type": 3})", "pos_att_type: found 3, wanted "},
    {"deberta_v3_classify", R"({"position_buckets": 1})", "position_buckets: found 1, wanted an even number"},
    {"deberta_v3_classify", R"({"position_buckets": 8})", "position_buckets: found 8, wanted half of 32, the rows"},
    {"deberta_v3_classify", R"({"max_relative_positions": 1000000000000})", "max_relative_positions: found "},
    {"deberta_v3_classify", R"({"share_att_key": false})", "share_att_key: found false, wanted true: the checkpoint"},
    {"deberta_v3_classify", R"({"attention_head_size": 16})", "attention_head_size: found 16, wanted 8"},
    {"deberta_v3_classify", R"({"norm_rel_ebd": "rms_norm"})", "norm_rel_ebd: found \"rms_norm\", wanted "},
    {"deberta_v2_conv5_groups", R"({"conv_kernel_size": 4})", "conv_kernel_size: found 4, wanted an odd number"},
    {"deberta_v2_conv5_groups", R"({"conv_groups": 5})", "conv_groups: found 5, wanted a divisor of hidden_size"},
    {"deberta_v1_narrow", R"({"talking_head": true})", "talking_head: found true, wanted false"},
    // ModernBERT
    {"modernbert_layer_types", R"({"nobody": "knows it"})", ""},
    {"modernbert_layer_types", R"({"global_attn_every_n_layers": 2})", ""},  // layer_types wins
    {"modernbert_layer_types", R"({"layer_types": ["full_attention"]})", "layer_types: found "},
    {"modernbert_layer_types", R"({"layer_types": ["full_attention", "full_attention", "half", "full_attention"]})",
     "layer_types: found "},
    {"modernbert_layer_types", R"({"rope_parameters": {"full_attention": {"rope_theta": 0}}})",
     "rope_parameters.full_attention.rope_theta: found 0.0, wanted "},
    {"modernbert_layer_types", R"({"rope_parameters": {"full_attention": {"rope_theta": -1.0}}})",
     "rope_parameters.full_attention.rope_theta: found -1"},
    {"modernbert_layer_types", R"({"rope_parameters": {"full_attention": {"rope_theta": "10000"}}})",
     "rope_parameters.full_attention.rope_theta: found \"10000\", wanted "},
    {"modernbert_layer_types", R"({"rope_parameters": {"sliding_attention": {"rope_type": "yarn"}}})",
     "rope_parameters.sliding_attention.rope_type: found \"yarn\", wanted default"},
    {"modernbert_layer_types", R"({"local_attention": 0})", "local_attention: found 0, wanted "},
    {"modernbert_layer_types", R"({"local_attention": -7})", "local_attention: found -7, wanted "},
    {"modernbert_layer_types", R"({"layer_types": null, "global_attn_every_n_layers": 0})",
     "global_attn_every_n_layers: found 0, wanted "},
    {"modernbert_layer_types", R"({"classifier_pooling": "max"})", "classifier_pooling: found \"max\", wanted "},
    {"modernbert_layer_types", R"({"num_attention_heads": 32})",
     "num_attention_heads: found 32, wanted heads of an even"},
    // MosaicBERT, Nomic BERT and the others with rotary positions
    {"mosaic_bert_classify", R"({"num_attention_heads": 5})", "num_attention_heads: found 5, wanted "},
    {"nomic_bert", R"({"rope_parameters": {"rope_type": "linear"}})", "rope_parameters.rope_type: found \"linear\""},
    {"nomic_bert", R"({"hidden_size": null, "num_attention_heads": null, "intermediate_size": null, "n_embd": 32,
                      "n_head": 4, "n_inner": 48, "activation_function": "swiglu", "rotary_emb_base": 1000})",
     ""},
    {"nomic_bert", R"({"hidden_size": null, "n_embd": 33})", "num_attention_heads: found 4, wanted a divisor of "},
    {"nomic_bert", R"({"activation_function": "geglu"})", "activation_function: found \"geglu\", wanted swiglu"},
    {"nomic_bert", R"({"prenorm": true})", "prenorm: found true, wanted false"},
    {"nomic_bert", R"({"qkv_proj_bias": true})", "qkv_proj_bias: found true, wanted false"},
    {"nomic_bert", R"({"rotary_emb_base": 10000})", "rotary_emb_base: found 10000, wanted rope_parameters.rope_theta"},
    {"nomic_bert", R"({"head_dim": 3})", "head_dim: found 3, wanted 8"},
    {"jina_embeddings_v3_mlm", R"({"rope_scaling": {"type": "yarn"}})", "rope_scaling.type: found \"yarn\""},
    {"gte_mlm", R"({"rope_scaling": {"type": "ntk", "factor": 8.0}})", "rope_scaling.type: found \"ntk\""},
    {"gte_mlm", R"({"model_type": "new"})", "model_type: found \"new\", wanted one of "},
    {"gte_mlm", R"({"rope_parameters": {"rope_theta": 0.5}})", "rope_parameters.rope_theta: found 0.5, wanted "},
    {"roformer_mlm", R"({"num_attention_heads": 16})", "num_attention_heads: found 16, wanted heads of an even width"},
    {"roformer_mlm", R"({"rotary_value": 2})", "rotary_value: found 2, wanted "},
    {"eurobert_late", R"({"num_key_value_heads": 3})", "num_key_value_heads: found 3, wanted a divisor of "},
    {"eurobert_late", R"({"num_key_value_heads": 0})", "num_key_value_heads: found 0, wanted "},
    {"eurobert_late", R"({"head_dim": 8})", "head_dim: found 8, wanted 4"},
    {"eurobert_late", R"({"classifier_pooling": "eos"})", "classifier_pooling: found \"eos\", wanted "},
};

TEST_CASE("changes of recorded configurations get their verdicts by their keys") {
  for (const auto& change : changes) {
    INFO(change.model << " " << change.keys);
    const auto at = std::filesystem::path(WEFT_TEST_DATA) / "models" / change.model;
    const auto file = mapped_file::open(at / "config.json");
    auto config = json::parse(file->text());
    config.merge_patch(json::parse(change.keys));
    const auto said = refusal_of([&] {
      const auto c = configuration::parse(config.dump(), "c.json");
      (void)spec_of(c, "type");
      detail::check_stored(checkpoint::open(at), c, std::string(c.facts().prefix));
    });
    const std::string wanted = change.says;
    if (wanted.empty())
      CHECK(said == "");
    else
      CHECK_THAT(said, mentions("c.json: " + wanted));
  }
}

// The type of deberta_v3_classify; its other numbers say nothing about what is stored.
struct small_deberta : deberta_v2_of<deberta_v2_numbers{.hidden_size = 32,
                                                        .num_attention_heads = 4,
                                                        .intermediate_size = 48,
                                                        .relative_attention = true,
                                                        .pos_att_type = 0b11,
                                                        .position_buckets = 16,
                                                        .share_att_key = true,
                                                        .norm_rel_ebd = deberta_table_norm::layer_norm,
                                                        .position_biased_input = false,
                                                        .max_position_embeddings = 64}> {};

TEST_CASE("an enhanced decoder is asked of a checkpoint without its table by the key and that table's name") {
  const auto at = std::filesystem::path(WEFT_TEST_DATA) / "models" / "deberta_v3_classify";
  const auto stored = checkpoint::open(at);
  const auto c = configuration::read(at);
  using tasks = small_deberta::tasks;
  CHECK(refusal_of([&] { (void)check_tensors<small_deberta, tasks::sequence_classification>(stored, c); }).empty());
  const auto plain = refusal_of([&] { (void)check_tensors<small_deberta, tasks::masked_lm>(stored, c); });
  CHECK(plain.find("position_embeddings") == plain.npos);
  const auto wanted =
      "config.json: position_biased_input: found false, and no embeddings.position_embeddings.weight in the checkpoint";
  CHECK_THAT(refusal_of([&] { (void)check_tensors<small_deberta, tasks::enhanced_masked_lm>(stored, c); }),
             mentions(wanted));
  arena store;
  CHECK_THAT(refusal_of([&] { (void)read_weights<small_deberta, tasks::enhanced_masked_lm>(stored, c, store); }),
             mentions(wanted));
}

// The type of modernbert_layer_types, with biases that its checkpoint has not.
struct biased_norms : modernbert_of<modernbert_numbers{.hidden_size = 32,
                                                       .num_attention_heads = 4,
                                                       .intermediate_size = 40,
                                                       .local_attention = 7,
                                                       .norm_bias = true,
                                                       .layer_types = 0b100}> {};

TEST_CASE("biases that a configuration promises and a checkpoint has not are missing by name") {
  const auto at = std::filesystem::path(WEFT_TEST_DATA) / "models" / "modernbert_layer_types";
  CHECK_THAT(refusal_of([&] { (void)check_tensors<biased_norms>(checkpoint::open(at), configuration::read(at)); }),
             mentions("norm.bias: wanted [32]"));
}

// The types of moebert_split and bert_bilstm_attention.
struct small_moebert
    : moebert_of<moebert_numbers{
          .hidden_size = 32, .num_attention_heads = 4, .moebert_expert_dim = 16, .moebert_expert_num = 4}> {};
struct small_student : bert_bilstm_of<bert_bilstm_numbers{.hidden_size = 32,
                                                          .projection_size = 16,
                                                          .lstm_hidden_size = 20,
                                                          .pooling = bilstm_pooling::attention,
                                                          .classifier_hidden_size = 24}> {};

// What is said of a recorded checkpoint of which every tensor but one is as it was: that one has these ids, or is
// absent.
template <class Spec>
std::string said_without(const std::string& model, const std::string& tensor,
                         const std::vector<std::int64_t>& ids = {}) {
  const auto at = std::filesystem::path(WEFT_TEST_DATA) / "models" / model;
  const auto file = weft_test::temporary_folder() / "model.safetensors";
  const auto stored = checkpoint::open(at);
  safetensors_writer out;
  for (const auto& name : stored.names())
    if (const auto* const t = stored.find(name); name != tensor) out.add(name, t->type, t->shape, t->bytes);
  if (!ids.empty()) out.add(tensor, {static_cast<index_t>(ids.size())}, list<const std::int64_t>(ids));
  out.save(file);
  const auto c = configuration::read(at);
  const auto said = refusal_of([&] { (void)check_tensors<Spec>(checkpoint::open(file), c); });
  arena store;
  CHECK(said == refusal_of([&] { (void)read_weights<Spec>(checkpoint::open(file), c, store); }));
  return said;
}

TEST_CASE("tables of experts and recurrent layers of which something is missing or wrong are refused by name") {
  const std::string model = "moebert_split", table = "bert.encoder.layer.0.experts.hash_list";
  std::vector<std::int64_t> ids(100, 3);
  CHECK(said_without<small_moebert>(model, table, ids).empty());
  CHECK_THAT(
      said_without<small_moebert>(model, table),
      mentions(table + ": wanted [100] of whole numbers below 4, a table that may also stand in tables.safetensors"));
  for (const std::int64_t wrong : {-1, 4}) {
    ids[7] = wrong;
    CHECK_THAT(
        said_without<small_moebert>(model, table, ids),
        mentions(table + "\": found " + std::to_string(wrong) + " as value 8 of 100, wanted whole numbers from 0"));
  }
  ids.pop_back();
  CHECK_THAT(said_without<small_moebert>(model, table, ids), mentions(table + ": found [99], wanted [100]"));
  const std::string backward = "lstm.weight_ih_l0_reverse";
  CHECK_THAT(said_without<small_student>("bert_bilstm_attention", backward), mentions(backward + ": wanted [80, 16]"));
}

}  // namespace refused_models_test
