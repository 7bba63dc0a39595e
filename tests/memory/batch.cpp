#include <weft/memory/batch.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace {
const weft::sizes limits{.layers = 1, .vocabulary = 10, .positions = 4, .segments = 2};

std::string refusal(const weft::batch& b) {
  return refusal_of([&] { weft::check(b, limits); });
}
using ids = std::vector<std::int32_t>;
using offsets = std::vector<weft::index_t>;
}  // namespace

TEST_CASE("batches inside the limits pass") {
  const ids some{1, 2, 9, 0}, segments{0, 1, 0, 1};
  CHECK(refusal({some, segments, offsets{0, 3, 4}}).empty());
  CHECK(refusal({some, {}, offsets{0, 4}}).empty());
  CHECK(refusal({some, {}, offsets{0, 0, 4, 4}}).empty());
  CHECK(refusal({}).empty());
  CHECK(refusal({{}, {}, offsets{0}}).empty());
}

TEST_CASE("a model whose positions begin later takes shorter sequences, and one without segments reads none") {
  const ids three{1, 1, 1};
  weft::sizes other = limits;
  other.segments = 0;
  CHECK_NOTHROW(weft::check({three, ids{0, 7, 1}, offsets{0, 3}}, other));
  other.first_position = 1;
  CHECK_NOTHROW(weft::check({three, {}, offsets{0, 3}}, other));
  other.first_position = 2;
  CHECK_THROWS_WITH(weft::check({three, {}, offsets{0, 3}}, other), mentions("found 3 tokens, wanted at most 2"));
}

TEST_CASE("what lies outside is named") {
  const ids high{1, 10}, negative{-1}, five{1, 1, 1, 1, 1}, two{1, 1};
  CHECK(refusal({high, {}, offsets{0, 2}}) ==
        "batch: id 1 of sequence 0: found 10, wanted 0 to 9, the vocabulary of this model; check that the tokenizer "
        "belongs to the model");
  CHECK_THAT(refusal({negative, {}, offsets{0, 1}}), mentions("id 0 of sequence 0: found -1"));
  CHECK_THAT(refusal({five, {}, offsets{0, 5}}), mentions("length of sequence 0: found 5 tokens, wanted at most 4"));
  CHECK_THAT(refusal({two, ids{0, 2}, offsets{0, 2}}), mentions("segment 1 of sequence 0: found 2"));
  CHECK_THAT(refusal({two, ids{0}, offsets{0, 2}}), mentions("segments: found 1 values"));
  CHECK_THAT(refusal({two, {}, offsets{0, 1}}), mentions("offsets: found 0 to 1"));
  CHECK_THAT(refusal({two, {}, offsets{0, 2, 1, 2}}), mentions("found 2, then 1, wanted ascending offsets"));
  CHECK_THAT(refusal({two, {}, {}}), mentions("offsets: found none"));
  CHECK_THAT(refusal({two, {}, offsets{0, 2}, offsets{0}}), mentions("visible of sequence 0: found 0"));
  CHECK_THAT(refusal({two, {}, offsets{0, 2}, offsets{3}}), mentions("visible of sequence 0: found 3"));
}

TEST_CASE("offsets that leave the ids are refused before they are followed") {
  const ids two{1, 1};
  CHECK_THAT(refusal({two, {}, offsets{0, 1000000, 2}}), mentions("offsets"));
}

TEST_CASE("a token batch owns its sequences") {
  weft::token_batch b;
  b.add(ids{1, 2});
  b.add(ids{});
  b.add(ids{3}, ids{1});
  const weft::batch v = b;
  CHECK(v.sequences() == 3);
  CHECK(v.length(1) == 0);
  CHECK(v.segments[2] == 1);
  CHECK(v.size().longest == 2);
  CHECK_THROWS_WITH(b.add(ids{1, 2}, ids{1}), mentions("segments of sequence 3"));
}
