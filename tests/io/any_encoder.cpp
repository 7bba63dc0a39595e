#include <weft/io/any_encoder.hpp>

#include <weft/model/bert.hpp>
#include <weft/model/electra.hpp>

#include "catch.hpp"
#include "ragged.hpp"
#include "refusal.hpp"

namespace any_encoder_test {

using namespace weft;

const std::filesystem::path models = std::filesystem::path(WEFT_TEST_DATA) / "models";

struct small_bert : bert_base {
  static constexpr model_shape shape{.width = 32, .heads = 4, .hidden = 64};
};
struct small_electra : electra_small {
  static constexpr model_shape shape{.width = 32, .heads = 4, .hidden = 64};
  using embedding = factorised<16>;
};

TEST_CASE("the type that config.json describes is chosen, and gives the same bits as the type itself") {
  const auto any = any_encoder::load<small_bert, small_electra>(models / "electra_narrow");
  REQUIRE(any.as<small_electra>());
  CHECK(any.as<small_bert>() == nullptr);
  const auto typed = load<small_electra>(models / "electra_narrow");
  CHECK(any.width() == 32);
  CHECK(any.limits().layers == typed.limits().layers);
  CHECK(any.weight_bytes() == typed.weight_bytes());

  const auto batch = weft_test::batch_of(weft_test::random_sequences(3, 4, typed.limits()));
  const auto bytes = typed.workspace_bytes(batch.size());
  CHECK(any.workspace_bytes(batch.size()) == bytes);
  CHECK(any.workspace_bytes(batch.size(), 3) == typed.workspace_bytes(batch.size(), 3));
  row_buffer<32> wanted(batch.tokens());
  workspace work(bytes);
  typed.forward(batch, wanted, work);

  // Rows with a gap between them, so that a forgotten stride shows.
  std::vector<float> found(static_cast<std::size_t>(batch.tokens() * 40), -1.0f);
  matrix<float> out(found.data(), batch.tokens(), 32);
  out.stride = 40;
  any.forward(batch, out, work);
  CHECK(work.peak() == bytes);
  for (weft::index_t i = 0; i < batch.tokens(); ++i) {
    REQUIRE(std::equal(out.row(i), out.row(i) + 32, wanted.row(i)));
    REQUIRE(std::count(out.row(i) + 32, out.row(i) + 40, -1.0f) == 8);
  }

  CHECK_THAT(refusal_of([&] {
               any.forward(batch, {found.data(), batch.tokens(), 40}, work);
             }),
             mentions("the output of forward: found rows of 40 floats, wanted 32, the width of this encoder"));
  CHECK_THAT(refusal_of([&] { any.forward(batch, {found.data(), 1, 32}, work); }), mentions("one for each token"));
  workspace small(bytes - 64);
  CHECK_THAT(refusal_of([&] { any.forward(batch, out, small); }), mentions("workspace_bytes"));
}

TEST_CASE("a checkpoint of none of the types is refused with what each differs in") {
  const auto said = refusal_of([] { any_encoder::load<bert_base, small_electra>(models / "bert_classify2"); });
  CHECK_THAT(said, mentions("config.json: it describes none of the types that this program has"));
  CHECK_THAT(said, mentions("bert of width 768: hidden_size: found 32, wanted 768"));
  CHECK_THAT(said, mentions("electra of width 32: model_type: found \"bert\", wanted \"electra\""));
  CHECK_THAT(said, mentions("weft type"));
  // What is wrong with a file is said as ever, not taken for another type.
  CHECK_THAT(refusal_of([] { any_encoder::load<small_bert>("no/such/directory"); }), mentions("no/such/directory"));
}

}  // namespace any_encoder_test
