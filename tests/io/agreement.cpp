// Every key that changes a result is compared with the type. For each family one key at a time is changed: the type
// refuses it by name, and the type that follows the change accepts it. A key that is new in a family's tables has to be
// added here.
#include <weft/io/agreement.hpp>

#include <set>
#include <weft/io/any_encoder.hpp>
#include <weft/model/albert.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/distilbert.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/model/mpnet.hpp>
#include <weft/pattern/window.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace agreement_test {

using namespace weft;

configuration described(const std::string& family, const std::string& keys) {
  return configuration::parse("{\"model_type\": \"" + family + "\"" + keys + "}", "c.json");
}
template <class Spec>
std::string encoder_refusal(const configuration& c) {
  return refusal_of([&] { weft::detail::agree<Spec>(c); });
}
template <class Spec, class Head>
std::string head_refusal(const configuration& c) {
  return refusal_of([&] {
    all_families::each([&]<class Family>(Family) {
      if (c.family == facts_of<Family>.family) weft::detail::say_head_of<Family, Spec, Head>(agreement(c));
    });
  });
}

constexpr model_shape small{.width = 32, .heads = 4, .hidden = 64}, wide{.width = 48, .heads = 4, .hidden = 64},
    many{.width = 32, .heads = 8, .hidden = 64}, deep{.width = 32, .heads = 4, .hidden = 72};
constexpr model_shape wide_inside{.width = 32, .heads = 4, .hidden = 3072};
template <class Spec, model_shape Shape>
struct sized : Spec {
  static constexpr model_shape shape = Shape;
};
template <class Spec, class Embedding>
struct embedded : Spec {
  using embedding = Embedding;
};
template <class Spec, class Mixer>
struct mixed : Spec {
  using mixer = Mixer;
};
template <class Spec, class Feed>
struct fed : Spec {
  using feed_forward = Feed;
};
template <class Spec, class Norm>
struct normed : Spec {
  using norm = Norm;
};
template <class Spec, class Layout>
struct laid : Spec {
  using layout = Layout;
};

using asks = std::string (*)(const configuration&);
struct change {
  std::string key, to;
  asks follows;  // what the type that follows says
};
struct family_case {
  std::string family, keys;  // a configuration that the type fits
  asks type;
  std::vector<change> changes;
  std::set<std::string> others;  // keys that no type depends on
};

// The keys that most families have, for a type of the shape `small`.
template <class Spec>
std::vector<change> common(const std::string& family, std::vector<change> own = {}) {
  using other_norm = layer_norm<std::ratio<1, 1000>>;
  const auto spelt = [&](const char* name) {
    for (const auto& k : find_family(family)->keys)
      if (k.name == name) return std::string(k.spelt);
    return std::string();
  };
  own.push_back({spelt("hidden_size"), "48", encoder_refusal<sized<Spec, wide>>});
  own.push_back({spelt("num_attention_heads"), "8", encoder_refusal<sized<Spec, many>>});
  own.push_back({spelt("intermediate_size"), "72", encoder_refusal<sized<Spec, deep>>});
  own.push_back({spelt("hidden_act"), "\"tanh\"", encoder_refusal<fed<Spec, dense<hyperbolic_tangent>>>});
  if (!spelt("layer_norm_eps").empty())
    own.push_back({"layer_norm_eps", "0.001", encoder_refusal<normed<Spec, other_norm>>});
  return own;
}

template <class Family>
using tiny = sized<Family, small>;
template <class Family>
using narrow = embedded<tiny<Family>, factorised<16>>;
struct tiny_mobilebert : tiny<mobilebert> {
  using embedding = trigram<16>;
  using layout = bottleneck<16, 4, narrowed::query_key>;
};
using pico = layer_norm<>;
using framework = layer_norm<std::ratio<1, 100'000>>;

const std::vector<family_case>& cases() {
  static const std::string sizes =
      ", \"hidden_size\": 32, \"num_attention_heads\": 4, \"intermediate_size\": 64, \"max_position_embeddings\": 20";
  static const std::vector<family_case> all = [] {
    using big = tiny<bigbird_base>;
    using conv = narrow<convbert_base>;
    using mobile = tiny_mobilebert;
    using roberta = tiny<roberta_base>;
    using electra = narrow<electra_small>;
    using albert = narrow<albert_base>;
    const change sixteen_electra{"embedding_size", "24", encoder_refusal<embedded<electra, factorised<24>>>};
    std::vector<family_case> c{
        {"bert", sizes, encoder_refusal<tiny<bert_base>>, common<tiny<bert_base>>("bert"), {}},
        {"electra",
         sizes + ", \"embedding_size\": 16",
         encoder_refusal<electra>,
         common<electra>("electra", {{"embedding_size", "24", encoder_refusal<embedded<electra, factorised<24>>>},
                                     {"embedding_size", "32", encoder_refusal<embedded<electra, summed>>}}),
         {}},
        {"convbert",
         sizes + ", \"embedding_size\": 16",
         encoder_refusal<conv>,
         common<conv>(
             "convbert",
             {{"embedding_size", "24", encoder_refusal<embedded<conv, factorised<24>>>},
              {"head_ratio", "4",
               encoder_refusal<mixed<conv, mixed_attention<full, span_convolution<9>, head_ratio<4>>>>},
              {"conv_kernel_size", "5", encoder_refusal<mixed<conv, mixed_attention<full, span_convolution<5>>>>},
              {"num_groups", "2", encoder_refusal<fed<conv, grouped<2>>>}}),
         {}},
        {"big_bird",
         sizes,
         encoder_refusal<big>,
         common<big>(
             "big_bird",
             {{"block_size", "16", encoder_refusal<mixed<big, attention<bigbird_blocks<16, 3>>>>},
              {"num_random_blocks", "2", encoder_refusal<mixed<big, attention<bigbird_blocks<64, 2>>>>},
              {"attention_type", "\"original_full\"", encoder_refusal<mixed<big, attention<full>>>},
              {"use_bias", "false", encoder_refusal<mixed<big, attention<bigbird_blocks<64, 3>, scaled, false>>>},
              {"rescale_embeddings", "true", encoder_refusal<embedded<big, summed_rescaled>>}}),
         {"sep_token_id"}},  // of a head: below
        {"mobilebert",
         sizes + ", \"embedding_size\": 16, \"intra_bottleneck_size\": 16",
         encoder_refusal<mobile>,
         {{"hidden_size", "48", encoder_refusal<sized<mobile, wide>>},
          {"num_attention_heads", "8", encoder_refusal<sized<mobile, many>>},
          {"intermediate_size", "72", encoder_refusal<sized<mobile, deep>>},
          {"hidden_act", "\"tanh\"", encoder_refusal<fed<mobile, dense<hyperbolic_tangent>>>},
          {"embedding_size", "24", encoder_refusal<embedded<mobile, trigram<24>>>},
          {"trigram_input", "false", encoder_refusal<embedded<mobile, projected<16>>>},
          {"intra_bottleneck_size", "24", encoder_refusal<laid<mobile, bottleneck<24, 4, narrowed::query_key>>>},
          {"num_feedforward_networks", "2", encoder_refusal<laid<mobile, bottleneck<16, 2, narrowed::query_key>>>},
          {"use_bottleneck_attention", "true", encoder_refusal<laid<mobile, bottleneck<16, 4, narrowed::all>>>},
          {"key_query_shared_bottleneck", "false", encoder_refusal<laid<mobile, bottleneck<16, 4, narrowed::none>>>},
          {"use_bottleneck", "false", encoder_refusal<laid<mobile, stacked<4>>>},
          {"normalization_type", "\"layer_norm\"",
           encoder_refusal<laid<embedded<normed<mobile, pico>, trigram<16, framework>>,
                                bottleneck<16, 4, narrowed::query_key, framework>>>}},
         {"classifier_activation", "layer_norm_eps"}},  // of heads, and of layer norms: below
        {"roberta", sizes, encoder_refusal<roberta>, common<roberta>("roberta"), {}},
        {"xlm-roberta",
         sizes,
         encoder_refusal<tiny<xlm_roberta_base>>,
         common<tiny<xlm_roberta_base>>("xlm-roberta"),
         {}},
        {"distilbert",
         ", \"dim\": 32, \"n_heads\": 4, \"hidden_dim\": 64",
         encoder_refusal<tiny<distilbert_base>>,
         common<tiny<distilbert_base>>("distilbert"),
         {"sinusoidal_pos_embds"}},
        {"albert",
         sizes + ", \"embedding_size\": 16",
         encoder_refusal<albert>,
         common<albert>("albert", {{"embedding_size", "24", encoder_refusal<embedded<albert, factorised<24>>>},
                                   {"embedding_size", "32", encoder_refusal<embedded<albert, factorised<32>>>}}),
         {"num_hidden_groups", "inner_group_num"}},  // a run-time size; refused unless 1
        {"mpnet",
         sizes,
         encoder_refusal<tiny<mpnet_base>>,
         common<tiny<mpnet_base>>("mpnet"),
         {"relative_attention_num_buckets"}}};  // refused unless 32
    for (auto& one : c)                         // what the types have and the reference does not assume
      for (const auto& [family, keys] : {std::pair{"roberta", ", \"layer_norm_eps\": 1e-5"},
                                         {"xlm-roberta", ", \"layer_norm_eps\": 1e-5"},
                                         {"mpnet", ", \"layer_norm_eps\": 1e-5"}})
        if (one.family == family) one.keys += keys;
    return c;
  }();
  return all;
}

// Keys of a case, one of them changed.
configuration changed(const family_case& c, const std::string& key, const std::string& to) {
  auto document = nlohmann::json::parse("{\"model_type\": \"" + c.family + "\"" + c.keys + "}");
  document[key] = nlohmann::json::parse(to);
  return configuration::parse(document.dump(), "c.json");
}

// Beside families.cpp, which changes every key of every family: here the type that fits instead is given by hand.
TEST_CASE("a key that changes a result is compared with the type, and fits another") {
  for (const auto& c : cases()) {
    const auto base = described(c.family, c.keys);
    INFO(c.family);
    CHECK(c.type(base) == "");
    for (const auto& [key, to, follows] : c.changes) {
      INFO(key << " " << to);
      const auto other = changed(c, key, to);
      CHECK(c.type(other).find("c.json: " + key + ": found " + to) == 0);
      CHECK(follows(other) == "");
      CHECK(follows(base) != "");
    }
  }
}

TEST_CASE("no key of a family's tables is forgotten") {
  for (const auto& c : cases()) {
    auto seen = c.others;
    for (const auto& one : c.changes) seen.insert(one.key);
    const std::set<std::string_view> loaded{"num_hidden_layers", "vocab_size", "max_position_embeddings",
                                            "type_vocab_size", "pad_token_id"};
    for (const auto& k : find_family(c.family)->keys) {
      INFO(c.family << " " << k.name);
      if (!k.spelt.empty() && !loaded.count(k.name)) CHECK(seen.count(std::string(k.spelt)) == 1);
    }
  }
}

TEST_CASE("what no key says is compared too") {
  const auto refused = [](const std::string& family, asks type) {
    for (const auto& c : cases())
      if (c.family == family) return type(described(family, c.keys));
    return std::string();
  };
  CHECK_THAT(refused("roberta", encoder_refusal<embedded<tiny<roberta_base>, summed>>),
             mentions("the position of a text's first token: found 2, wanted 0"));
  CHECK_THAT(refused("mpnet", encoder_refusal<embedded<tiny<mpnet_base>, words_and_positions>>),
             mentions("first token"));
  CHECK_THAT(refused("bert", encoder_refusal<embedded<tiny<bert_base>, words_and_positions>>),
             mentions("type_vocab_size: found 2, wanted 0"));
  CHECK_THAT(refused("mpnet", encoder_refusal<mixed<tiny<mpnet_base>, attention<full>>>),
             mentions("relative_attention_num_buckets: found 32, wanted 0"));
  CHECK_THAT(refused("mpnet", encoder_refusal<mixed<tiny<mpnet_base>, attention<full, relative_bias<32, 64>>>>),
             mentions("found 128"));
  CHECK_THAT((encoder_refusal<embedded<tiny<albert_base>, summed>>(
                 described("albert", ", \"hidden_size\": 32, \"num_attention_heads\": 4, \"embedding_size\": 32"))),
             mentions("the embedding: found tables and a projection"));
  CHECK_THAT((encoder_refusal<embedded<tiny<electra_small>, factorised<32>>>(
                 described("electra", ", \"hidden_size\": 32, \"embedding_size\": 32"))),
             mentions("embedding_size: found hidden_size"));
  // The reference gives two of MobileBERT's layer norms 1e-5.
  const auto plain = changed(cases()[4], "normalization_type", "\"layer_norm\"");
  using plain_mobile = normed<tiny_mobilebert, pico>;
  CHECK_THAT(encoder_refusal<plain_mobile>(plain), mentions("the epsilon of the embedding's norm and"));
  CHECK_THAT((encoder_refusal<embedded<plain_mobile, trigram<16, framework>>>(plain)), mentions("found 1e-05"));
  CHECK_THAT((encoder_refusal<laid<tiny_mobilebert, post_norm>>(described("mobilebert", cases()[4].keys))),
             mentions("use_bottleneck: found true, wanted false"));
  // A policy of another kind takes the replaced one's keys out of the comparison.
  CHECK(encoder_refusal<mixed<tiny<bigbird_base>, attention<window<7>>>>(changed(cases()[3], "block_size", "8")) == "");
}

struct of_my_own {
  template <class V>
  V operator()(V x) const {
    return x * x;
  }
};
TEST_CASE("a head's activation is the configuration's, or the one that the family has there") {
  using erf = tiny<bert_base>;
  using tanh = fed<erf, dense<gelu_tanh>>;
  const auto act = [](const char* family, const char* name) {
    return described(family, std::string(", \"") + (std::string(family) == "distilbert" ? "activation" : "hidden_act") +
                                 "\": \"" + name + "\"");
  };
  const auto differs = "found \"gelu_new\", wanted \"gelu\" or \"gelu_python\", which the type says";
  CHECK_THAT(refusal_of([&] { weft::detail::agree<bert_base, masked_lm<>>(act("bert", "gelu_new")); }),
             mentions("hidden_act"));
  CHECK_THAT((head_refusal<tanh, masked_lm<>>(act("bert", "gelu_new"))), mentions(differs));
  CHECK(head_refusal<tanh, masked_lm<gelu_tanh>>(act("bert", "gelu_new")) == "");
  CHECK_THAT((head_refusal<erf, masked_lm<>>(act("distilbert", "relu"))), mentions("activation: found \"relu\""));
  CHECK_THAT((head_refusal<narrow<albert_base>, factorised_lm<>>(act("albert", "gelu"))), mentions("found \"gelu\""));
  CHECK_THAT((head_refusal<tiny_mobilebert, concatenated_lm<>>(act("mobilebert", "gelu"))), mentions("hidden_act"));
  CHECK_THAT((head_refusal<erf, replaced_token_detection<>>(act("electra", "gelu_new"))), mentions(differs));
  CHECK_THAT((head_refusal<erf, dense_classification<>>(act("convbert", "gelu_new"))), mentions(differs));
  CHECK_THAT((head_refusal<erf, dense_classification<>>(act("big_bird", "gelu_new"))), mentions(differs));
  CHECK_THAT((head_refusal<sized<erf, wide_inside>, long_question_answering<gelu>>(act("big_bird", "gelu_new"))),
             mentions("hidden_act"));
  // Whatever hidden_act says.
  for (const char* family : {"electra", "convbert"}) {
    CHECK(head_refusal<erf, generator_lm>(act(family, "relu")) == "");
    CHECK(head_refusal<erf, dense_classification<>>(act("electra", "relu")) == "");
  }
  CHECK_THAT((head_refusal<erf, dense_classification<relu>>(act("electra", "relu"))),
             mentions("the activation of classification in electra: found \"gelu\", whatever hidden_act says"));
  for (const char* family : {"roberta", "xlm-roberta", "mpnet"}) {
    CHECK(head_refusal<normed<erf, framework>, masked_lm<>>(
              described(family, ", \"hidden_act\": \"relu\", \"layer_norm_eps\": 1e-5")) == "");
    CHECK_THAT((head_refusal<erf, masked_lm<relu>>(act(family, "relu"))), mentions("the activation of masked_lm in"));
    CHECK(head_refusal<erf, dense_classification<hyperbolic_tangent>>(act(family, "relu")) == "");
    CHECK_THAT((head_refusal<erf, dense_classification<>>(act(family, "gelu"))), mentions("found \"tanh\""));
  }
  CHECK(head_refusal<erf, dense_classification<relu>>(act("distilbert", "gelu")) == "");
  CHECK(head_refusal<erf, dense_classification<of_my_own>>(act("distilbert", "gelu")) == "");  // has no name to compare
  CHECK(head_refusal<erf, summary_choice<of_my_own>>(act("electra", "gelu")) == "");
  CHECK_THAT((head_refusal<erf, dense_classification<>>(act("distilbert", "gelu"))), mentions("found \"relu\""));
  CHECK_THAT((head_refusal<erf, summary_choice<>>(act("distilbert", "gelu"))), mentions("found \"relu\""));
}

TEST_CASE("the other keys of heads are compared") {
  using spec = tiny<bert_base>;
  const auto electra = [](const char* keys) { return described("electra", keys); };
  CHECK(head_refusal<spec, summary_choice<>>(electra("")) == "");
  CHECK_THAT((head_refusal<spec, summary_choice<>>(electra(", \"summary_type\": \"mean\""))),
             mentions("summary_type: found \"mean\", wanted \"first\""));
  CHECK_THAT((head_refusal<spec, summary_choice<>>(electra(", \"summary_use_proj\": false"))),
             mentions("summary_use_proj"));
  CHECK_THAT((head_refusal<spec, summary_choice<>>(electra(", \"summary_activation\": \"relu\""))),
             mentions("found \"relu\""));
  CHECK_THAT((head_refusal<spec, summary_choice<>>(electra(", \"summary_activation\": null"))), mentions("found null"));
  CHECK(head_refusal<spec, summary_choice<relu>>(electra(", \"summary_activation\": \"relu\"")) == "");
  CHECK(head_refusal<spec, last_token_choice>(described("convbert", "")) == "");
  CHECK_THAT((head_refusal<spec, last_token_choice>(described("convbert", ", \"summary_type\": \"first\""))),
             mentions("summary_type: found \"first\", wanted \"last\""));
  CHECK_THAT((head_refusal<spec, last_token_choice>(described("convbert", ", \"summary_use_proj\": true"))),
             mentions("true"));
  const auto mobile = [](const char* keys) { return described("mobilebert", keys); };
  CHECK_THAT((head_refusal<tiny_mobilebert, concatenated_lm<>>(mobile(", \"layer_norm_eps\": 1e-5"))),
             mentions("layer_norm_eps: found 1e-05, wanted 1e-12"));
  CHECK(head_refusal<tiny_mobilebert, concatenated_lm<relu, framework>>(mobile(", \"layer_norm_eps\": 1e-5")) == "");
  using answers = long_question_answering<gelu_tanh, 66>;
  CHECK_THAT((head_refusal<sized<spec, wide_inside>, answers>(described("big_bird", ", \"sep_token_id\": 3"))),
             mentions("sep_token_id: found 3, wanted 66"));
  const auto off = mobile(", \"classifier_activation\": false"), on = mobile("");
  const auto check_both = [&]<class Pooled, class Bare>(std::type_identity<Pooled>, std::type_identity<Bare>) {
    CHECK_THAT((head_refusal<spec, Pooled>(off)), mentions("classifier_activation: found false, wanted true"));
    CHECK(head_refusal<spec, Pooled>(on) == "");
    CHECK_THAT((head_refusal<spec, Bare>(on)), mentions("classifier_activation: found true, wanted false"));
    CHECK(head_refusal<spec, Bare>(off) == "");
  };
  check_both(std::type_identity<pooler>{}, std::type_identity<first_token_pooler>{});
  check_both(std::type_identity<pooled_classification<>>{},
             std::type_identity<pooled_classification<first_token_pooler>>{});
  check_both(std::type_identity<next_sentence<>>{}, std::type_identity<next_sentence<first_token_pooler>>{});
}

TEST_CASE("any key of the file can be compared") {
  const auto c = described("bert", R"(, "my_window": 32, "my_kind": "b", "my_switch": true, "my_ratio": -0.5,
    "conv_kernel_size": 5, "attention_type": "mine", "none": null)");
  const auto refusal = [&](auto&& compare) { return refusal_of([&] { compare(agreement(c)); }); };
  const std::array kinds{"a", "c"};
  CHECK_THAT(refusal([](auto&& w) { w.integer("my_window", 64); }), mentions("c.json: my_window: found 32, wanted 64"));
  CHECK_THAT(refusal([](auto&& w) { w.integer("my_window", 64, 32); }), mentions("my_window: found 32, wanted 64"));
  CHECK_THAT(refusal([](auto&& w) { w.number("my_ratio", 0.5); }), mentions("my_ratio: found -0.5, wanted 0.5"));
  CHECK_THAT(refusal([](auto&& w) { w.flag("my_switch", false); }), mentions("my_switch: found true, wanted false"));
  CHECK_THAT(refusal([&](auto&& w) { w.one_of("my_kind", kinds); }),
             mentions("my_kind: found \"b\", wanted \"a\" or \"c\""));
  CHECK_THAT(refusal([&](auto&& w) { w.one_of("my_window", kinds); }),
             mentions("my_window: found 32, wanted a string"));
  CHECK(refusal([](auto&& w) { w.integer("my_window", 32), w.number("my_window", 32), w.number("my_ratio", -0.5); }) ==
        "");
  CHECK(refusal([](auto&& w) { w.flag("my_switch", true), w.one_of("my_kind", std::array{"b"}); }) == "");
  // A misspelt key is refused, unless it has a default.
  CHECK_THAT(refusal([](auto&& w) { w.integer("my_windwo", 32); }),
             mentions("my_windwo: found no such key, wanted 32"));
  CHECK_THAT(refusal([](auto&& w) { w.number("x", 0.5); }), mentions("x: found no such key, wanted 0.5"));
  CHECK_THAT(refusal([](auto&& w) { w.flag("x", true); }), mentions("x: found no such key, wanted true"));
  CHECK_THAT(refusal([&](auto&& w) { w.one_of("x", kinds); }), mentions("x: found no such key, wanted \"a\" or \"c\""));
  CHECK_THAT(refusal([](auto&& w) { w.integer("none", 1, 1); }), mentions("none: found null, wanted 1"));
  CHECK(refusal([&](auto&& w) {
          w.integer("x", 3, 3), w.number("x", 1, 1), w.flag("x", true, true), w.one_of("x", kinds, "a");
        }) == "");
  CHECK_THAT(refusal([](auto&& w) { w.integer("x", 3, 4); }), mentions("x: found 4, wanted 3"));
  // Keys of another family: as stated; absent, they say nothing.
  CHECK_THAT(refusal([](auto&& w) { w.integer("conv_kernel_size", 9); }),
             mentions("conv_kernel_size: found 5, wanted 9"));
  CHECK(refusal([](auto&& w) { w.integer("head_ratio", 9), w.flag("use_bias", false); }) == "");
  CHECK(refusal([](auto&& w) { w.part(full{}); }) == "");
  // Sizes that a model takes when it runs.
  CHECK_THAT(refusal([](auto&& w) { w.integer("vocab_size", 9); }), mentions("vocab_size: found 30522, wanted 9"));
  CHECK_THAT(refusal([](auto&& w) { w.integer("max_position_embeddings", 9); }), mentions("found 512"));
  CHECK_THAT(refusal([](auto&& w) { w.flag("tie_word_embeddings", false); }), mentions("found true"));
  // A key under the name that its family has for it.
  const auto d = described("distilbert", ", \"dim\": 48");
  CHECK_THAT(refusal_of([&] { agreement(d).integer("dim", 32); }), mentions("dim: found 48, wanted 32"));
}

struct big_of_16 : bigbird_base {
  using mixer = attention<bigbird_blocks<16, 2>>;
};
TEST_CASE("BigBird's type is compared by its blocks, and chosen by them") {
  const auto c = described("big_bird", R"(, "block_size": 16, "num_random_blocks": 3)");
  CHECK_THAT(encoder_refusal<bigbird_base>(c), mentions("block_size: found 16, wanted 64, which the type says"));
  CHECK_THAT(encoder_refusal<big_of_16>(c), mentions("num_random_blocks: found 3, wanted 2"));
  const auto of_file = [&](const auto& file) {
    return refusal_of([&] { any_encoder::load<bigbird_base, big_of_16>(checkpoint::parse(bytes_of_text(file)), c); });
  };
  const auto said = of_file(safetensors_file("{}      "));
  CHECK_THAT(said, mentions("big_bird of width 768: block_size: found 16, wanted 64"));
  CHECK_THAT(said, mentions("big_bird of width 768: num_random_blocks: found 3, wanted 2"));
}

}  // namespace agreement_test
