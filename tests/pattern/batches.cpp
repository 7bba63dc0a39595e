// Patterns inside encoders: what they refuse, what padding does, and that neighbours do not matter.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/block_table.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/documents.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/union_of.hpp>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace weft::batches_test {
namespace {
using numbers = std::vector<index_t>;

template <class Pattern>
struct tiny : bert_base {
  static constexpr model_shape shape{.width = 16, .heads = 2, .hidden = 8};
  using mixer = attention<Pattern>;
};

// A batch that owns all its tables.
struct owned {
  std::vector<std::int32_t> ids;
  numbers offsets{0}, visible, documents;
  block_lists lists;
  bool has_lists = false;

  explicit owned(std::initializer_list<index_t> lengths) {
    for (const auto length : lengths) {
      for (index_t t = 0; t < length; ++t) ids.push_back(static_cast<std::int32_t>((7 * t + length) % 50));
      offsets.push_back(offsets.back() + length);
    }
  }
  batch view() const {
    batch b{ids, {}, offsets, visible};
    b.documents = documents;
    if (has_lists) b.blocks = &lists;
    return b;
  }
};

template <class Pattern>
class model {
 public:
  explicit model(index_t positions = 64, index_t layers = 2)
      : sizes_{.layers = layers, .vocabulary = 50, .positions = positions},
        stored_(testing::random_weights<encoder<tiny<Pattern>>>(sizes_, 3, {.weights = 0.3})),
        encoder_(stored_.record, sizes_) {}
  row_buffer<16> run(const batch& in) const {
    row_buffer<16> out(in.tokens());
    workspace work(encoder_.workspace_bytes(in.size()));
    encoder_.forward(in, out, work);
    return out;
  }
  std::string refusal(const owned& in) const {
    return refusal_of([&] { run(in.view()); });
  }

 private:
  sizes sizes_;
  testing::random_record<typename encoder<tiny<Pattern>>::template params<raw>> stored_;
  encoder<tiny<Pattern>> encoder_;
};

bool same(const float* a, const float* b, index_t rows) { return std::equal(a, a + rows * 16, b); }

// ---- refusals -----------------------------------------------------------------------------------------------------

const auto one_block = [](index_t, index_t, index_t) { return numbers{0}; };

TEST_CASE("block tables that do not fit are refused before anything is read") {
  const model<block_table<4>> m;
  owned in{9, 4};
  CHECK(m.refusal(in) ==
        "batch: blocks: found none, wanted lists of key blocks for block_table<4>; build block_list_buffer and point "
        "batch::blocks at it");
  in.has_lists = true;
  CHECK(m.refusal(in).find("batch: blocks: tables: found 0, wanted 2") == 0);
  const auto refusal = [&](index_t layers, index_t heads, index_t first_rows, auto blocks) {
    block_list_buffer buffer(layers, heads);
    buffer.add(first_rows, blocks), buffer.add(1, one_block);
    in.lists = buffer.view();
    return m.refusal(in);
  };
  CHECK(refusal(2, 2, 3, one_block) == "");
  CHECK(refusal(1, 1, 3, one_block) == "");
  CHECK(
      refusal(3, 2, 3, one_block) ==
      "batch: blocks: layers: found 3, wanted 2, or 1 for all of them; build block_list_buffer for this model and this "
      "mixer");
  CHECK(refusal(2, 4, 3, one_block).find("batch: blocks: heads: found 4, wanted 2") == 0);
  CHECK(refusal(2, 2, 2, one_block) ==
        "batch: blocks of sequence 0: found 2 lists for each head, wanted 3 for block_table<4> and 9 tokens");
  CHECK_THAT(refusal(2, 2, 4, one_block), mentions("found 4 lists for each head"));
  CHECK(refusal(2, 2, 3, [](index_t l, index_t h, index_t r) {
          return l + h + r == 4 ? numbers{1, 3} : numbers{2};
        }) == "batch: blocks of sequence 0, layer 1, head 1, list 2: found block 3, wanted 0 to 2");
  CHECK(refusal(2, 2, 3, [](index_t l, index_t, index_t) { return numbers{l == 0 ? 0 : -1}; }) ==
        "batch: blocks of sequence 0, layer 1, head 0, list 0: found block -1, wanted 0 to 2");
  CHECK(refusal(2, 2, 3, [](index_t, index_t, index_t r) { return numbers(static_cast<std::size_t>(r), 1); }) ==
        "batch: blocks of sequence 0, layer 0, head 0, list 0: found 0 blocks, wanted at least 1");
}

TEST_CASE("given plans are wanted for sparse sequences only") {
  const model<bigbird_blocks<4, 1, given_plan>> m;
  owned in{28, 0, 5};  // 28 tokens see everything
  CHECK(m.refusal(in) == "");
  owned sparse{29, 28};
  CHECK(m.refusal(sparse).find("batch: blocks: found none, wanted lists of key blocks for given_plan") == 0);
  sparse.has_lists = true;
  const auto refusal = [&](index_t rows, auto blocks) {
    block_list_buffer buffer(2, 2);
    buffer.add(rows, blocks), buffer.add_none();
    sparse.lists = buffer.view();
    return m.refusal(sparse);
  };
  CHECK(refusal(6, one_block) == "");
  CHECK(refusal(8, one_block) ==
        "batch: blocks of sequence 0: found 8 lists for each head, wanted 6 for given_plan and 29 tokens");
  CHECK(refusal(6, [](index_t, index_t, index_t) {
          return numbers{0, 1};
        }) == "batch: blocks of sequence 0, layer 0, head 0, list 0: found 2 blocks, wanted 1");
  CHECK(refusal(6, [](index_t, index_t, index_t) { return numbers{8}; }) ==
        "batch: blocks of sequence 0, layer 0, head 0, list 0: found block 8, wanted 0 to 7");
}

TEST_CASE("parts of combined patterns refuse, too") {
  const owned in{9};
  CHECK(model<union_of<causal, block_table<4>>>{}.refusal(in).find("batch: blocks: found none") == 0);
  CHECK(model<per_layer<2, full, block_table<4>>>{}.refusal(in).find("batch: blocks: found none") == 0);
  CHECK(model<landmarks<2, block_table<4>>>{}.refusal(in).find("batch: blocks: found none") == 0);
}

TEST_CASE("documents out of order are refused") {
  owned in{4};
  in.documents = {0, 1, 1, 0};
  CHECK(model<documents>{}.refusal(in).find("batch: document of id 3 of sequence 0: found 0") == 0);
}

TEST_CASE("a sequence beyond the positions is refused") {
  CHECK_THAT((model<bigbird_blocks<64, 3>>(4096, 1).refusal(owned{4097})),
             mentions("length of sequence 0: found 4097 tokens, wanted at most 4096"));
}

// ---- what texts and blocks see --------------------------------------------------------------------------------------

TEST_CASE("texts of one sequence do not see each other") {
  const model<documents> m(64, 2);
  owned all{30};
  for (index_t t = 0; t < 30; ++t) all.documents.push_back(t < 11 ? 0 : 4);
  const auto together = m.run(all.view());
  auto other = all;
  for (std::size_t t = 11; t < 30; ++t) other.ids[t] = 3;
  const auto changed = m.run(other.view());
  CHECK(same(together.row(0), changed.row(0), 11));
  CHECK_FALSE(same(together.row(11), changed.row(11), 19));
  all.documents.clear();
  CHECK_FALSE(same(together.row(0), m.run(all.view()).row(0), 11));
}

TEST_CASE("a block table reaches layers, heads and sequences") {
  // Every block sees itself alone: the same as documents of four tokens.
  const model<block_table<4>> m;
  const model<documents> other;
  owned in{10, 7};
  block_list_buffer buffer;
  const auto itself = [](index_t, index_t, index_t row) { return numbers{row}; };
  buffer.add(3, itself), buffer.add(2, itself);
  in.lists = buffer.view(), in.has_lists = true;
  const auto found = m.run(in.view());
  owned texts{10, 7};
  for (const index_t length : {10, 7})
    for (index_t t = 0; t < length; ++t) texts.documents.push_back(t / 4);
  const auto expected = other.run(texts.view());
  for (index_t i = 0; i < 17 * 16; ++i) CHECK(found.data()[i] == Approx(expected.data()[i]).margin(1e-5));
}

// ---- padding
// ----------------------------------------------------------------------------------------------------------

TEST_CASE("padding to whole blocks changes no bit of real rows") {
  const auto check = [](const auto& m, index_t length, index_t whole) {
    CAPTURE(length);
    owned ragged{length}, padded{whole};
    std::copy(ragged.ids.begin(), ragged.ids.end(), padded.ids.begin());
    padded.visible = {length};
    CHECK(same(m.run(ragged.view()).row(0), m.run(padded.view()).row(0), length));
  };
  const model<bigbird_blocks<4, 3>> m(64, 2);
  const model<bigbird_blocks<4, 3, hugging_face_plan>> drawn(64, 2);
  for (const index_t length : {45, 46, 47, 49})
    check(m, length, round_up(length, 4)), check(drawn, length, round_up(length, 4));
  const model<bigbird_blocks<64, 3>> published(4096, 2);
  for (const index_t length : {705, 767, 769, 1023, 1025}) check(published, length, round_up(length, 64));
}

TEST_CASE("sequences up to the threshold have the bits of full attention, longer ones in the blocks that see all") {
  const model<bigbird_blocks<64, 3>> sparse(4096, 1);
  const model<full> dense(4096, 1);
  for (const index_t length : {703, 704, 705, 767, 768, 769, 1023, 1024, 1025, 2048}) {
    CAPTURE(length);
    const owned in{length};
    const auto a = sparse.run(in.view()), b = dense.run(in.view());
    const index_t last = (length - 1) / 64 * 64;  // the first row of the last block
    CHECK(same(a.row(0), b.row(0), 64));
    CHECK(same(a.row(last), b.row(last), length - last));
    for (index_t row = 64; row < last; row += 64) CHECK(same(a.row(row), b.row(row), 64) == (length <= 704));
  }
}

TEST_CASE("a model of the published lengths repeats its bits, alone and among others") {
  const model<bigbird_blocks<64, 3>> m(4096, 2);
  const owned all{1024, 4096, 704, 705, 3072};
  const auto together = m.run(all.view()), again = m.run(all.view());
  CHECK(same(together.row(0), again.row(0), all.view().tokens()));
  for (index_t s = 0; s < all.view().sequences(); ++s) {
    const auto length = all.view().length(s);
    CAPTURE(length);
    CHECK(same(together.row(all.view().first(s)), m.run(owned{length}.view()).row(0), length));
  }
}

TEST_CASE("a short call does not change a long one, nor a short neighbour") {
  const model<bigbird_blocks<4, 3>> m(64, 2);
  const owned two{50, 20}, longer{50}, shorter{20};
  const auto before = m.run(longer.view()), small = m.run(shorter.view()), both = m.run(two.view());
  CHECK(same(before.row(0), m.run(longer.view()).row(0), 50));
  CHECK(same(before.row(0), both.row(0), 50));
  CHECK(same(small.row(0), both.row(50), 20));
}

// A mixer's output before anything is added to it, with an output projection of nothing but its bias' zeros.
TEST_CASE("rows that are no keys are silent in sparse sequences, and only there") {
  using policy = attention<bigbird_blocks<4, 3>>;
  constexpr auto shape = mixer_shape::self(8, 1);
  using part = policy::bind<shape>;
  const sizes model{.layers = 1, .vocabulary = 1, .positions = 64};
  auto stored = testing::random_weights<part>(model, 1, {.weights = 0.3, .biases = 0});
  weights<prepared<float32, simd::native>, part> ready{};
  prepare(stored.record, ready, model, stored.store);
  part mixer;
  set_up(mixer, {1, 64, 1}, stored.store);
  for (const index_t length : {48, 44}) {
    owned in{length};
    in.visible = {length - 5};
    const auto b = in.view();
    row_buffer<8> x(length), y(length);
    for (index_t i = 0; i < length * 8; ++i) x.data()[i] = static_cast<float>(i % 13) - 6;
    workspace work(scratch_bytes(mixer, b.size(), 1));
    const rows<const float, 8> read = x;
    mixer.forward(ready, streams<shape>{read, read, read}, y, context{b, work});
    for (index_t t = 0; t < length; ++t) {
      const bool silent = std::all_of(y.row(t), y.row(t) + 8, [](float value) { return value == 0; });
      CHECK(silent == (length == 48 && t >= length - 5));
    }
  }
}

// ---- mixer laws
// -------------------------------------------------------------------------------------------------------

template <class Pattern>
std::string broken() {
  return testing::broken_mixer_law<attention<Pattern>, mixer_shape::self(16, 2)>();
}
TEST_CASE("attention is lawful with every pattern") {
  CHECK(broken<window<5>>() == "");
  CHECK(broken<causal>() == "");
  CHECK(broken<documents>() == "");
  CHECK(broken<landmarks<3, window<4>>>() == "");
  CHECK(broken<union_of<window<2>, bigbird_blocks<4, 2>>>() == "");
  CHECK(broken<per_layer<2, full, window<9>>>() == "");
  CHECK(broken<bigbird_blocks<4, 3>>() == "");
  CHECK(broken<bigbird_blocks<8, 1, hugging_face_plan>>() == "");
}
}  // namespace
}  // namespace weft::batches_test
