#include <weft/encoder/encoder.hpp>

#include <algorithm>
#include <limits>
#include <weft/encoder/describe.hpp>
#include <weft/head/model.hpp>
#include <weft/head/pooler.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/electra.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "ragged.hpp"
#include "refusal.hpp"

namespace encoder_test {
namespace {
struct small_electra : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 48, .heads = 3, .hidden = 100};
  using embedding = weft::factorised<20>;
};
using encoder = weft::encoder<small_electra>;
const weft::sizes sizes{.layers = 3, .vocabulary = 97, .positions = 80, .segments = 2, .labels = 3};

encoder make() {
  auto [record, store] = weft::testing::random_weights<encoder>(sizes, 7);
  return encoder(record, sizes, std::move(store));
}
}  // namespace

TEST_CASE("a sequence has the same bits alone, in any batch and at any position") {
  const auto model = make();
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    const auto sequences = weft_test::random_sequences(seed, 9, sizes);
    const auto together = weft_test::hidden_of(model, sequences);
    for (std::size_t s = 0; s < sequences.size(); ++s)
      CHECK(weft_test::hidden_of(model, {sequences[s]})[0] == together[s]);
    auto turned = sequences;
    std::rotate(turned.begin(), turned.begin() + 4, turned.end());
    auto expected = together;
    std::rotate(expected.begin(), expected.begin() + 4, expected.end());
    CHECK(weft_test::hidden_of(model, turned) == expected);
  }
}

TEST_CASE("weights that workers packed are the same, and as many bytes") {
  const auto model = make();
  auto [record, store] = weft::testing::random_weights<encoder>(sizes, 7);
  weft::thread_pool pool(3);
  const auto drawn = store.bytes();
  const encoder shared(record, sizes, std::move(store), pool);
  CHECK(shared.weight_bytes() == model.weight_bytes());
  CHECK(shared.weight_bytes() > drawn);
  const auto sequences = weft_test::random_sequences(3, 5, sizes);
  CHECK(weft_test::hidden_of(shared, sequences) == weft_test::hidden_of(model, sequences));
}

TEST_CASE("a forward pass uses exactly the workspace that it stated") {
  const auto model = make();
  for (const weft::index_t longest : {1, 5, 80}) {
    const auto sequences = weft_test::random_sequences(3, longest < 6 ? 2 : 9, sizes, longest);
    const auto batch = weft_test::batch_of(sequences);
    const auto bytes = model.workspace_bytes(batch.size(), 1);
    weft::workspace work(bytes);
    weft::row_buffer<48> out(batch.tokens());
    model.forward(batch, out, work);
    CHECK(work.peak() == bytes);
    CHECK(work.used() == 0);
    weft::workspace small(bytes - 64);
    CHECK_THROWS_WITH(model.forward(batch, out, small), mentions("workspace_bytes"));
    CHECK(small.used() == 0);
  }
}

TEST_CASE("empty batches, empty sequences, one token and a full position table work") {
  const auto model = make();
  CHECK(weft_test::hidden_of(model, {}).empty());
  const auto all = weft_test::hidden_of(model, {{}, {5}, std::vector<std::int32_t>(80, 3), {}});
  CHECK(all[0].empty());
  CHECK(all[1].size() == 48);
  CHECK(all[2].size() == 80 * 48);
  CHECK(all[1] == weft_test::hidden_of(model, {{5}})[0]);
}

TEST_CASE("too many tokens and foreign ids are refused and leave the output alone") {
  const auto model = make();
  weft::workspace work(model.workspace_bytes({100, 100, 1}));
  weft::row_buffer<48> out(81);
  out.row(0)[0] = 42;
  const std::vector<std::int32_t> ids(81, 1);
  const std::vector<weft::index_t> offsets{0, 81};
  CHECK_THROWS_WITH(model.forward({ids, {}, offsets}, out, work), mentions("81 tokens, wanted at most 80"));
  const std::vector<std::int32_t> foreign{1, 97};
  const std::vector<weft::index_t> two{0, 2};
  CHECK_THROWS_WITH(model.forward({foreign, {}, two}, out, work), mentions("found 97"));
  const std::vector<std::int32_t> known{1, 96};
  CHECK_THROWS_WITH(model.forward({known, {}, two}, out, work), mentions("found 81 rows, wanted 2"));
  CHECK(out.row(0)[0] == 42);
}

// An embedding and a head with a table that they build once, and with a batch that they refuse.
struct numbered {
  template <class Spec>
  struct bind {
    static constexpr weft::index_t width = Spec::shape.width, table_width = width;
    weft::list<const float> table;
    void prepare(const weft::setup& s, weft::arena& store) {
      const auto all = store.take<float>(s.positions);
      for (weft::index_t i = 0; i < s.positions; ++i) all[i] = static_cast<float>(i + 1);
      table = all;
    }
    void check(const weft::batch& in) const {
      if (in.tokens() == 5) weft::fail("an embedding that wants no five tokens");
    }
    void forward(const auto&, weft::rows<float, width> x, const weft::context& ctx) const {
      for (weft::index_t i = 0; i < x.count; ++i) std::fill_n(x.row(i), width, table[ctx.in.ids[i]]);
    }
  };
};
struct first_value_times {
  template <class Spec>
  struct bind {
    static constexpr auto reads_rows = weft::reads::every_token;
    static constexpr weft::index_t width = Spec::shape.width;
    weft::list<const float> table;
    static weft::index_t outputs(const weft::sizes&) { return 1; }
    void prepare(const weft::setup& s, weft::arena& store) {
      const auto all = store.take<float>(1);
      all[0] = static_cast<float>(s.heads);
      table = all;
    }
    void check(const weft::batch& in) const {
      if (in.tokens() == 6) weft::fail("a head that wants no six tokens");
    }
    void forward(const auto&, weft::rows<const float, width> x, weft::matrix<float> y, const weft::context&) const {
      for (weft::index_t i = 0; i < x.count; ++i) y.row(i)[0] = table[0] * x.row(i)[0];
    }
  };
};
struct with_tables : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 8, .heads = 2, .hidden = 8};
  using embedding = numbered;
};

TEST_CASE("tables of an embedding and of a head are built, and both may refuse a batch before anything is computed") {
  const weft::sizes s{.layers = 0, .vocabulary = 9, .positions = 9};
  const weft::model<with_tables, first_value_times> model({}, s);
  weft::workspace work(model.workspace_bytes({9, 9, 1}));
  const auto answer = [&](const std::vector<std::int32_t>& ids, weft::index_t rows) {
    std::vector<float> out(static_cast<std::size_t>(rows), -1.0f);
    const std::vector<weft::index_t> offsets{0, static_cast<weft::index_t>(ids.size())};
    try {
      model.forward({ids, {}, offsets}, weft::matrix<float>{out.data(), rows, 1}, work);
    } catch (const weft::error& e) {
      CHECK(out == std::vector<float>(static_cast<std::size_t>(rows), -1.0f));
      throw;
    }
    return out;
  };
  CHECK(answer({3, 0, 8}, 3) == std::vector<float>{8, 2, 18});
  CHECK_THROWS_WITH(answer({1, 1, 1, 1, 1}, 5), mentions("no five tokens"));
  CHECK_THROWS_WITH(answer({1, 1, 1, 1, 1, 1}, 6), mentions("no six tokens"));
  CHECK_THROWS_WITH(answer({3, 0, 8}, 2), mentions("output 0 of forward: found [2, 1], wanted [3, 1]"));
}

TEST_CASE("an output of the wrong shape is refused before the encoder runs") {
  const weft::sizes s{.layers = 1, .vocabulary = 9, .positions = 9};
  const auto [record, store] = weft::testing::random_weights<weft::model<with_tables, first_value_times>>(s, 1);
  const weft::model<with_tables, first_value_times> model(record, s);
  const auto batch = weft_test::batch_of({{1, 2, 3}});
  weft::workspace work(model.workspace_bytes(batch.size()));
  std::vector<float> out(9);
  bool ran = false;
  const auto watch = weft::observe_hidden{[&](weft::index_t, auto) { ran = true; }};
  CHECK_THROWS_WITH(model.forward(batch, weft::matrix<float>{out.data(), 3, 3}, work, {}, watch), mentions("[3, 3]"));
  CHECK(!ran);
  const std::vector<weft::index_t> chosen{0, 2};
  CHECK_THROWS_WITH(model.forward_at(batch, chosen, weft::matrix<float>{out.data(), 3, 1}, work), mentions("[2, 1]"));
  CHECK(work.peak() == 0);
}

TEST_CASE("an observer sees the embedding and every layer") {
  const auto model = make();
  const auto batch = weft_test::batch_of({{1, 2, 3}});
  weft::workspace work(model.workspace_bytes(batch.size()));
  weft::row_buffer<48> out(3);
  std::vector<weft::index_t> levels;
  float last = 0;
  model.forward(batch, out, work, {}, weft::observe_hidden{[&](weft::index_t level, auto rows) {
                  levels.push_back(level);
                  last = rows.row(2)[7];
                }});
  CHECK(levels == std::vector<weft::index_t>{0, 1, 2, 3});
  CHECK(last == out.row(2)[7]);
}

TEST_CASE("parameters are counted as published") {
  const auto count = []<class Model>(std::type_identity<Model>, const weft::sizes& s) {
    weft::index_t n = 0;
    for (const auto& p : weft::describe<Model>(s)) {
      weft::index_t values = 1;
      for (const auto d : p.shape) values *= d;
      n += values;
    }
    return n;
  };
  using std::type_identity;
  const weft::sizes base{.layers = 12, .vocabulary = 30522, .positions = 512};
  const weft::sizes large{.layers = 24, .vocabulary = 30522, .positions = 512};
  CHECK(count(type_identity<weft::encoder<weft::bert_base>>{}, base) == 108'891'648);
  CHECK(count(type_identity<weft::model<weft::bert_base, weft::pooler>>{}, base) == 109'482'240);
  CHECK(count(type_identity<weft::model<weft::bert_large, weft::pooler>>{}, large) == 335'141'888);
  CHECK(count(type_identity<weft::encoder<weft::electra_small>>{}, base) == 13'483'008);
  CHECK(count(type_identity<weft::model<weft::electra_small, weft::replaced_token_detection<>>>{}, base) == 13'549'057);
  CHECK(count(type_identity<weft::model<weft::electra_base, weft::replaced_token_detection<>>>{}, base) == 109'483'009);
  CHECK(count(type_identity<weft::model<weft::electra_large, weft::replaced_token_detection<>>>{}, large) ==
        335'142'913);
  CHECK(count(type_identity<weft::model<weft::electra_base_generator, weft::generator_lm>>{}, base) == 57'181'498);
  CHECK(count(type_identity<weft::model<weft::electra_large_generator, weft::generator_lm>>{}, large) == 82'549'818);
}

TEST_CASE("packed weights stand in the order in which a forward pass reads them, whoever packed them") {
  weft::thread_pool pool(3);
  auto [record, store] = weft::testing::random_weights<encoder>(sizes, 7);
  const encoder model(record, sizes, std::move(store), pool);
  const auto& weights = model.prepared_weights();
  const auto* at = weights.layers[0].mix.query.block;
  for (const auto& layer : weights.layers) {
    CHECK(layer.mix.query.block->together == 3);
    for (const auto* block : {layer.mix.query.block, layer.mix.key.block, layer.mix.value.block, layer.mix.output.block,
                              layer.feed.up.block, layer.feed.down.block}) {
      REQUIRE(at == block);
      at = at->next;
    }
  }
  CHECK(at == nullptr);
}

TEST_CASE("every door of a model looks before it computes") {
  using tagger = weft::model<small_electra, small_electra::tasks::token_classification>;
  auto [record, store] = weft::testing::random_weights<tagger>(sizes, 7);
  const tagger model(record, sizes, std::move(store));
  std::vector<std::int32_t> ids{1, 2, 3};
  weft::workspace work(model.workspace_bytes({80, 80, 8}));
  constexpr auto least = std::numeric_limits<weft::index_t>::min(), most = std::numeric_limits<weft::index_t>::max();
  std::vector<float> hidden(3 * 48), logits(9, 7.0f);
  const std::vector<weft::index_t> chosen{2, 0};
  const auto forward = [&](std::vector<weft::index_t> offsets) {
    return refusal_of([&] { model.body().forward({ids, {}, offsets}, {hidden.data(), 3}, work); });
  };
  const auto all = [&](std::vector<weft::index_t> offsets, weft::index_t count, weft::index_t width) {
    return refusal_of([&] { model.forward({ids, {}, offsets}, {logits.data(), count, width}, work); });
  };
  const auto at = [&](std::vector<weft::index_t> offsets, const std::vector<weft::index_t>& rows, weft::index_t count) {
    return refusal_of([&] { model.forward_at({ids, {}, offsets}, rows, {logits.data(), count, 3}, work); });
  };
  using offsets = std::vector<weft::index_t>;
  for (const auto& wrong : {offsets{0, least, 3}, offsets{0, 3, least, 3}, offsets{0, most, least, 3},
                            offsets{0, most, 3}, offsets{least, 3}, offsets{0, least}, offsets{-1, 3}, offsets{}}) {
    CHECK_THAT(forward(wrong), mentions("offsets"));
    CHECK_THAT(all(wrong, 3, 3), mentions("offsets"));
    CHECK_THAT(at(wrong, chosen, 2), mentions("offsets"));
  }
  for (const weft::index_t row : {weft::index_t{-1}, weft::index_t{3}, least, most})
    CHECK_THAT(at({0, 3}, {0, row}, 2), mentions("the chosen rows: found row"));
  CHECK_THAT(at({0, 3}, {0, 1, 2, 0}, 4), mentions("the chosen rows: found 4"));
  CHECK_THAT(at({0, 3}, chosen, 3), mentions("output 0 of forward: found [3, 3], wanted [2, 3]"));
  CHECK_THAT(all({0, 3}, 3, 2), mentions("output 0 of forward: found [3, 2], wanted [3, 3]"));
  ids[1] = 97;
  CHECK_THAT(at({0, 3}, chosen, 2), mentions("id 1 of sequence 0: found 97"));
  ids[1] = 2;
  weft::workspace small(64);
  const offsets whole{0, 3};
  CHECK_THAT(refusal_of([&] {
               model.forward_at({ids, {}, whole}, chosen, {logits.data(), 2, 3}, small);
             }),
             mentions("workspace: found 64 bytes"));
  CHECK_THAT(refusal_of([] { weft::workspace(-1); }), mentions("workspace: found -1 bytes"));
  CHECK(logits == std::vector<float>(9, 7.0f));
  // The rows asked for, in that order, are those of all.
  CHECK(all({0, 3}, 3, 3).empty());
  const auto rows = logits;
  CHECK(at({0, 3}, chosen, 2).empty());
  CHECK(std::equal(rows.begin() + 6, rows.end(), logits.begin()));
  CHECK(std::equal(rows.begin(), rows.begin() + 3, logits.begin() + 3));
}

}  // namespace encoder_test
