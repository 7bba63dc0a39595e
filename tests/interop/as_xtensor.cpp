#include <weft/interop/xtensor.hpp>

#include "catch.hpp"

namespace {
// A stored tensor of 2 rows and 3 columns that lie in 6 floats.
const float six[] = {1, 2, 3, 4, 5, 6};
}  // namespace

TEST_CASE("rows become a view of the same floats") {
  weft::row_buffer<3> hidden(4);
  for (weft::index_t i = 0; i < 12; ++i) hidden.data()[i] = static_cast<float>(i);
  auto x = weft::as_xtensor(hidden);
  CHECK(x.shape()[0] == 4);
  CHECK(x.shape()[1] == 3);
  CHECK(x.data() == hidden.data());
  CHECK(&x(2, 1) == hidden.row(2) + 1);
  x(2, 1) = 100;
  CHECK(hidden.row(2)[1] == 100);
  x *= 2.0f;  // expressions write through it too
  CHECK(hidden.row(3)[2] == 22);

  const auto& constant = hidden;
  const auto y = weft::as_xtensor(constant);
  static_assert(std::is_same_v<decltype(y(0, 0)), const float&>);
  CHECK(&y(3, 2) == hidden.row(3) + 2);
  CHECK(xt::sum(y)() == 2 * (66 - 7 + 100));
}

TEST_CASE("columns of rows keep their stride") {
  weft::row_buffer<5> hidden(3);
  const weft::rows<float, 5> all = hidden;
  auto middle = weft::as_xtensor(all.columns<1, 2>());
  CHECK(middle.shape()[1] == 2);
  for (std::size_t t = 0; t < 3; ++t) {
    CHECK(&middle(t, 0) == hidden.row(static_cast<weft::index_t>(t)) + 1);
    CHECK(&middle(t, 1) == hidden.row(static_cast<weft::index_t>(t)) + 2);
  }
  middle = xt::ones<float>({3, 2});
  CHECK(xt::sum(weft::as_xtensor(hidden))() == 6);
  CHECK(hidden.row(1)[0] == 0);
  CHECK(hidden.row(1)[3] == 0);

  weft::row_buffer<5> other(3);
  auto same_stride = weft::as_xtensor(weft::rows<float, 5>(other).columns<1, 2>());
  same_stride = middle;
  CHECK(other.row(2)[2] == 1);
  CHECK(xt::sum(weft::as_xtensor(other))() == 6);
  const xt::xtensor<float, 2> copy = middle;
  CHECK(copy.strides()[0] == 2);

  auto one = weft::as_xtensor(all.columns<1, 2>().part(1, 2));  // a single row has a stride too
  one = xt::zeros<float>({1, 2});
  CHECK(xt::sum(weft::as_xtensor(hidden))() == 4);
}

TEST_CASE("logits, lists and empty rows are views") {
  float logits[] = {0, 1, 2, 3, 4, 5};
  weft::matrix<float> m(logits, 2, 2);
  m.stride = 3;
  const auto x = weft::as_xtensor(m);
  CHECK(x.data() == logits);
  CHECK(&x(1, 1) == logits + 4);

  std::vector<float> embedding{3, 4};
  const auto e = weft::as_xtensor(weft::list<float>(embedding));
  CHECK(e.data() == embedding.data());
  CHECK(xt::sum(e * e)() == 25);

  weft::row_buffer<3> none(0);
  CHECK(weft::as_xtensor(none).size() == 0);
  CHECK(weft::as_xtensor(none).shape()[1] == 3);
}

TEST_CASE("a sequence is a view of its own rows") {
  const std::vector<std::int32_t> ids{1, 2, 3, 4, 5};
  const std::vector<weft::index_t> offsets{0, 2, 2, 5};
  const weft::batch in{ids, {}, offsets};
  weft::row_buffer<3> hidden(5);
  auto last = weft::sequence_of(in, 2, hidden);
  CHECK(last.shape()[0] == 3);
  CHECK(last.data() == hidden.row(2));
  CHECK(weft::sequence_of(in, 1, hidden).shape()[0] == 0);

  float logits[10] = {};
  CHECK(weft::sequence_of(in, 2, weft::matrix<float>(logits, 5, 2)).data() == logits + 4);
}

TEST_CASE("stored tensors are views of their shape") {
  const weft::view<const float, 2, 3> known{{}, six};
  const auto x = weft::as_xtensor(known);
  static_assert(std::is_same_v<decltype(x(0, 0)), const float&>);
  CHECK(x.data() == six);
  CHECK(x(1, 2) == 6);

  weft::view<const float, weft::counted::vocabulary, 2> counted;
  counted.data = six, counted.count = 3;
  CHECK(weft::as_xtensor(counted).shape()[0] == 3);
  CHECK(&weft::as_xtensor(counted)(2, 1) == six + 5);
}
