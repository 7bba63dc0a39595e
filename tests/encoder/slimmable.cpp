// A part of a model at run time: the first heads, the first hidden columns, some layers.
#include <cstring>
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/numeric/bfloat16.hpp>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace slimmable_test {
namespace {
using weft::index_t;

struct small : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 101};
};
struct slim : small {
  static constexpr bool slimmable = true;
};
struct slim_half : slim {
  using numeric = weft::bfloat16;
};
struct small_half : small {
  using numeric = weft::bfloat16;
};
static_assert(!weft::is_slimmable<weft::form_of<small>> && weft::is_slimmable<weft::form_of<slim>>);
static_assert(weft::own_bytes<weft::form_of<slim_half>>() == weft::own_bytes<weft::form_of<small_half>>());

constexpr weft::sizes sizes{.layers = 3, .vocabulary = 50, .positions = 80};

template <class Spec>
weft::encoder<Spec> made(auto&& change) {
  auto [record, store] = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 5, {.weights = 0.2, .biases = 0.1});
  change(record, store);
  return weft::encoder<Spec>(record, sizes, std::move(store));
}

weft::token_batch texts() {
  weft::token_batch batch;
  for (const index_t length : {1, 70, 7, 33}) {
    std::vector<std::int32_t> ids;
    for (index_t t = 0; t < length; ++t) ids.push_back(static_cast<std::int32_t>((t * 7 + length) % 50));
    batch.add(ids);
  }
  return batch;
}

// What is not active made zero, in a model of full size: zeros leave every sum as it is.
void silence(auto& record, weft::arena& store, index_t heads, index_t hidden) {
  const auto zero_from = [&](auto& view, index_t rows, index_t row_length, index_t first) {
    const auto copy = store.take<float>(rows * row_length);
    for (index_t i = 0; i < rows * row_length; ++i) copy[i] = i % row_length < first ? view.data[i] : 0.0f;
    view.data = copy.data();
  };
  for (auto& layer : record.layers) {
    zero_from(layer.mix.output.weight, 48, 48, heads * 12);
    zero_from(layer.feed.down.weight, 48, 101, hidden);
  }
}

template <class Slim, class Plain>
void same_bits(const weft::active_size& active, index_t workers) {
  CAPTURE(active.heads, active.hidden, workers);
  const auto part = made<Slim>([](auto&, auto&) {});
  const auto plain = made<Plain>([&](auto& record, auto& store) {
    silence(record, store, active.heads ? active.heads : 4, active.hidden ? active.hidden : 101);
  });
  const auto batch = texts();
  weft::row_buffer<48> is(batch.tokens()), wanted(batch.tokens());
  weft::testing::scrambled_pool pool(workers);
  weft::workspace work(part.workspace_bytes(batch.size(), workers));
  part.forward(active, batch, is, work, pool);
  plain.forward(batch, wanted, work);
  CHECK(std::memcmp(is.data(), wanted.data(), static_cast<std::size_t>(batch.tokens() * 48) * sizeof(float)) == 0);
}
}  // namespace

TEST_CASE("the active part of a model has the bits of a model of that size") {
  for (const index_t workers : {1, 3}) {
    for (const weft::active_size active :
         {weft::active_size{}, weft::active_size{.heads = 1, .hidden = 1}, weft::active_size{.heads = 3, .hidden = 64},
          weft::active_size{.hidden = 33}, weft::active_size{.heads = 4, .hidden = 101}}) {
      same_bits<slim, small>(active, workers);
      same_bits<slim_half, small_half>(active, workers);
    }
  }
}

TEST_CASE("the layers that are named run") {
  const auto part = made<slim>([](auto&, auto&) {});
  const auto batch = texts();
  weft::row_buffer<48> is(batch.tokens()), wanted(batch.tokens());
  weft::workspace work(part.workspace_bytes(batch.size()));
  const index_t layers[] = {0, 2}, both[] = {0, 1};
  part.forward(weft::active_size{.layers = {layers, 2}}, batch, is, work);
  const auto other = made<slim>([](auto& record, auto&) { std::swap(record.layers[1], record.layers[2]); });
  other.forward(weft::active_size{.layers = {both, 2}}, batch, wanted, work);
  CHECK(std::memcmp(is.data(), wanted.data(), static_cast<std::size_t>(batch.tokens() * 48) * sizeof(float)) == 0);
}

TEST_CASE("a part that does not fit is refused") {
  const auto part = made<slim>([](auto&, auto&) {});
  const auto batch = texts();
  weft::row_buffer<48> out(batch.tokens());
  weft::workspace work(part.workspace_bytes(batch.size()));
  const index_t twice[] = {1, 1}, beyond[] = {3};
  const auto refused = [&](const weft::active_size& active) {
    return refusal_of([&] { part.forward(active, batch, out, work); });
  };
  CHECK_THAT(refused({.heads = 5}), mentions("found heads 5, wanted 1 to 4"));
  CHECK_THAT(refused({.hidden = -1}), mentions("found hidden -1, wanted 1 to 101"));
  CHECK_THAT(refused({.layers = {twice, 2}}), mentions("found layer 1, wanted 2 to 2"));
  CHECK_THAT(refused({.layers = {beyond, 1}}), mentions("found layer 3, wanted 0 to 2"));
}

}  // namespace slimmable_test
