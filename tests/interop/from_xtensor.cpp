#include <weft/interop/xtensor.hpp>

#include "../refusal.hpp"
#include "catch.hpp"

namespace {
using table = xt::xtensor<float, 2>;
using column_table = xt::xtensor<float, 2, xt::layout_type::column_major>;

}  // namespace

TEST_CASE("token ids are viewed where they lie") {
  const xt::xtensor<std::int32_t, 1> line{1, 2, 3};
  CHECK(weft::ids_of(line).data() == line.data());
  CHECK(weft::ids_of(line).size() == 3);
  CHECK(weft::grid_batch(line).view().sequences() == 1);

  const xt::xtensor<std::int32_t, 2> grid{{1, 2, 3}, {4, 5, 6}}, segments{{0, 0, 1}, {0, 1, 1}};
  const weft::grid_batch owner(grid, segments);
  const weft::batch in = owner;
  CHECK(in.ids.data() == grid.data());
  CHECK(in.segments.data() == segments.data());
  CHECK(in.sequences() == 2);
  CHECK(in.length(1) == 3);
  CHECK(in.ids[in.first(1)] == 4);

  const xt::xtensor<std::int32_t, 2> none = xt::zeros<std::int32_t>({2, 0});
  CHECK(weft::grid_batch(none).view().tokens() == 0);
  CHECK(weft::grid_batch(none).view().sequences() == 2);
}

TEST_CASE("padding is left behind") {
  const xt::xtensor<std::int32_t, 2> padded{{1, 2, 0}, {4, 5, 6}, {0, 0, 0}};
  const std::vector<weft::index_t> lengths{2, 3, 0};
  const auto in = weft::without_padding(padded, lengths);
  CHECK(in.tokens() == 5);
  CHECK(in.view().ids[2] == 4);
  CHECK(in.view().length(2) == 0);
  CHECK(refusal_of([&] {
          weft::without_padding(padded, std::vector<weft::index_t>{2, 3});
        }) == "lengths of padded token ids: found 2 values, wanted 3, one for each row");
  CHECK(refusal_of([&] {
          weft::without_padding(padded, std::vector<weft::index_t>{2, 4, 0});
        }) == "the length of padded sequence 1: found 4, wanted 0 to 3");
}

TEST_CASE("batches of other shapes are refused") {
  const xt::xtensor<std::int32_t, 3> cube = xt::zeros<std::int32_t>({1, 2, 3});
  CHECK(refusal_of([&] { weft::grid_batch{cube}; }) ==
        "the token ids of a batch: found a tensor of shape [1, 2, 3], wanted [length] or [sequences, length]");
  const xt::xtensor<std::int32_t, 2> grid{{1, 2}, {3, 4}}, short_one{{0, 1}};
  CHECK(refusal_of([&] { weft::grid_batch(grid, short_one); }) ==
        "the segments of a batch: found a tensor of shape [1, 2], wanted [2, 2], one for each id");
}

TEST_CASE("weights are viewed where they lie") {
  const table weight{{1, 2, 3}, {4, 5, 6}};
  const xt::xtensor<float, 1> bias{7, 8};
  weft::linear<weft::raw, 3, 2> linear{};
  weft::point_at(linear, weight, bias, "classifier");
  CHECK(linear.weight.data == weight.data());
  CHECK(linear.bias.data == bias.data());
  CHECK(linear(1, 2) == 6);

  weft::linear<weft::raw, 3, weft::counted::labels> counted{};
  weft::point_at(counted, weight, bias, "classifier");
  CHECK(counted.weight.count == 2);
  CHECK(counted.weight.size() == 6);

  xt::xarray<float> gradient = xt::zeros<float>({2, 3});  // a writable twin, and a container without a fixed rank
  weft::linear<weft::gradient, 3, 2> moments{};
  weft::point_at(moments.weight, gradient, "moments");
  moments.weight[4] = 1;
  CHECK(gradient(1, 1) == 1);
}

TEST_CASE("weights that do not fit are refused in words") {
  const table weight{{1, 2, 3}, {4, 5, 6}};
  weft::view<const float, 3, 2> transposed;
  CHECK(refusal_of([&] { weft::point_at(transposed, weight, "output.dense.weight"); }) ==
        "output.dense.weight: found a tensor of shape [2, 3], wanted [3, 2]");
  CHECK(transposed.data == nullptr);
  weft::view<const float, weft::counted::vocabulary, 2> word;
  CHECK(refusal_of([&] { weft::point_at(word, weight, "word table"); }) ==
        "word table: found a tensor of shape [2, 3], wanted [any, 2]");
  weft::view<const float, 6> flat;
  CHECK(refusal_of([&] { weft::point_at(flat, weight, "flat"); }) ==
        "flat: found a tensor of shape [2, 3], wanted [6]");

  const column_table columns = weight;
  weft::view<const float, 2, 3> straight;
  CHECK(refusal_of([&] { weft::point_at(straight, columns, "weight"); }) ==
        "weight: found strides [1, 2] for the shape [2, 3], wanted row-major values without gaps; copy it into an "
        "xt::xtensor of the default layout first");

  weft::linear<weft::raw, 3, weft::counted::labels> counted{};
  const xt::xtensor<float, 1> bias{1, 2, 3};
  CHECK(refusal_of([&] { weft::point_at(counted, weight, bias, "classifier"); }) ==
        "classifier.bias: found a tensor of shape [3], wanted [2]; one value for each row of the weight");
}
