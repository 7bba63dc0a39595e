#include <weft/encoder/encoder.hpp>
#include <weft/memory/record_laws.hpp>
#include <weft/model/electra.hpp>

#include "catch.hpp"

namespace record_laws_test {
namespace {
using weft::broken_record_law;
using weft::linear, weft::nothing, weft::tensor;

struct lawful {
  template <class Form>
  struct params {
    linear<Form, 4, 8> up;
    linear<Form, 8, 4> down;
    tensor<Form, 4> gain;
    [[no_unique_address]] nothing absent;
    weft::derived<Form, linear<Form, 4, 4>> table;  // nothing in a checkpoint, and no name there
    static constexpr void each(auto&& f, auto&... p) {
      f("up", p.up...);
      f("down", p.down...);
      f("gain", p.gain...);
      f("absent", p.absent...);
    }
  };
};
struct forgets {
  template <class Form>
  struct params {
    linear<Form, 4, 8> up;
    linear<Form, 8, 4> down;
    tensor<Form, 4> gain;
    static constexpr void each(auto&& f, auto&... p) {
      f("up", p.up...);
      f("down", p.down...);
    }
  };
};
struct repeats {  // what copying a line and changing half of it makes
  template <class Form>
  struct params {
    tensor<Form, 4> weight, bias;
    static constexpr void each(auto&& f, auto&... p) {
      f("weight", p.weight...);
      f("bias", p.weight...);
    }
  };
};
struct same_names {
  template <class Form>
  struct params {
    tensor<Form, 4> weight, bias;
    static constexpr void each(auto&& f, auto&... p) {
      f("weight", p.weight...);
      f("weight", p.bias...);
    }
  };
};
struct nameless {
  template <class Form>
  struct params {
    tensor<Form, 4> weight;
    static constexpr void each(auto&& f, auto&... p) { f("", p.weight...); }
  };
};
struct forgets_layers {
  template <class Form>
  struct params {
    tensor<Form, 4> weight;
    std::vector<tensor<Form, 4>> layers;
    static constexpr void each(auto&& f, auto&... p) { f("weight", p.weight...); }
  };
};
struct forgets_a_record {
  template <class Form>
  struct params {
    tensor<Form, 4> weight;
    weft::weights<Form, repeats> inner;
    static constexpr void each(auto&& f, auto&... p) { f("weight", p.weight...); }
  };
};
struct weightless {};

// Every part of ours, by the compiler.
struct small : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 24, .heads = 3, .hidden = 40};
  using embedding = weft::factorised<16>;
};
static_assert(broken_record_law<weft::attention<>::bind<weft::mixer_shape::self(24, 3)>>().empty());
static_assert(broken_record_law<weft::dense<>::bind<weft::row_shape{24, 40}>>().empty());
static_assert(broken_record_law<weft::layer_norm<>::bind<24>>().empty());
static_assert(broken_record_law<weft::post_norm::bind<small>>().empty());
static_assert(broken_record_law<weft::summed::bind<small>>().empty());
static_assert(broken_record_law<weft::factorised<16>::bind<small>>().empty());
template <class... Heads>
constexpr bool lawful_heads = (broken_record_law<typename Heads::template bind<small>>().empty() && ...);
static_assert(lawful_heads<weft::pooler, weft::pooled_classification<>, weft::pooled_choice<>, weft::next_sentence<>,
                           weft::dense_classification<>, weft::summary_choice<>, weft::masked_lm<>, weft::generator_lm,
                           weft::replaced_token_detection<>, weft::token_classification, weft::question_answering>);

static_assert(broken_record_law<lawful>().empty());
static_assert(broken_record_law<weightless>().empty());
static_assert(broken_record_law<forgets>() == "params has a member that each() does not name");
static_assert(broken_record_law<forgets_a_record>() == "params has a member that each() does not name");
static_assert(broken_record_law<repeats>() == "each() names a member of params twice");
static_assert(broken_record_law<same_names>() == "each() gives two members of params the same name");
static_assert(broken_record_law<nameless>() ==
              "each() gives a tensor of params no name; only records inside may have an empty one");
}  // namespace

TEST_CASE("records with layers keep the law too") {
  CHECK(broken_record_law<weft::encoder<small>>().empty());
  CHECK(broken_record_law<forgets_layers>() == "params has a member that each() does not name");
}

}  // namespace record_laws_test
