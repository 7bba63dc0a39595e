#include <weft/verify/compare_copies.hpp>

#include <weft/encoder/split_experts.hpp>
#include <weft/ffn/dense.hpp>
#include <weft/ffn/routers.hpp>
#include <weft/io/safetensors_writer.hpp>
#include <weft/norm/layer_norm.hpp>

#include "catch.hpp"
#include "io/refusal.hpp"

namespace compare_copies_test {

using namespace weft;
constexpr index_t width = 2, hidden = 5, own = 3;

// How far off each of the six recorded tensors is, in order, where one of the recorded values is another.
std::vector<double> errors_of(const std::string& changed, std::size_t place, float by) {
  using mixture = mixture_of_experts<residual_norm<dense<>, layer_norm<>>, by_gate, 2>;
  weights<raw, mixture::bind<row_shape{width, own}>> split;
  std::vector<float> values(width * hidden * 2 + hidden + 3 * width);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  stored_linear<raw, width, hidden, true> up;
  stored_linear<raw, hidden, width, true> down;
  decltype(split.expert[0].norm) norm;
  const float* at = values.data();
  const auto next = [&](index_t count) { return at += count, at - count; };
  up.weight.data = next(width * hidden), up.bias.data = next(hidden);
  down.weight.data = next(width * hidden), down.bias.data = next(width);
  norm.weight.data = next(width), norm.bias.data = next(width);
  const std::vector<index_t> neurons{4, 0, 1, 4, 0, 3};  // none copies neuron 2
  arena store;
  split_experts(up, down, norm, neurons, split, store);

  const auto folder = scratch_directory("copies");
  safetensors_writer file;
  std::vector<std::vector<float>> all;
  all.reserve(6);
  const auto add = [&](const std::string& name, std::vector<index_t> shape, const float* from) {
    index_t count = 1;
    for (const auto n : shape) count *= n;
    all.emplace_back(from, from + count);
    if (name == changed) all.back()[place] += by;
    file.add("dense." + name, std::move(shape), list<const float>(all.back()));
  };
  add("intermediate.dense.weight", {hidden, width}, up.weight.data);
  add("intermediate.dense.bias", {hidden}, up.bias.data);
  add("output.dense.weight", {width, hidden}, down.weight.data);
  add("output.dense.bias", {width}, down.bias.data);
  add("output.LayerNorm.weight", {width}, norm.weight.data);
  add("output.LayerNorm.bias", {width}, norm.bias.data);
  file.save(folder / "expected.safetensors");
  detail::verification recorded(folder);
  detail::compare_copies<width, own>(recorded, "dense.", hidden, neurons, split.expert);
  std::vector<double> errors;
  for (const auto& r : recorded.results) errors.push_back(r.error);
  return errors;
}

TEST_CASE("experts are copies of the weights that were split, and what none copies is not compared") {
  CHECK(errors_of("", 0, 0) == std::vector<double>(6, 0));
  const auto one_is = [](std::size_t which) {
    std::vector<double> errors(6, 0);
    errors[which] = 1;
    return errors;
  };
  CHECK(errors_of("intermediate.dense.weight", 4 * width + 1, 1) == one_is(0));
  CHECK(errors_of("intermediate.dense.weight", 2 * width, 1) == std::vector<double>(6, 0));
  CHECK(errors_of("intermediate.dense.bias", 3, -1) == one_is(1));
  CHECK(errors_of("output.dense.weight", hidden + 1, 1) == one_is(2));
  CHECK(errors_of("output.dense.weight", hidden + 2, 1) == std::vector<double>(6, 0));
  CHECK(errors_of("output.dense.bias", 1, 1) == one_is(3));
  CHECK(errors_of("output.LayerNorm.weight", 0, 1) == one_is(4));
  CHECK(errors_of("output.LayerNorm.bias", 1, 1) == one_is(5));
}

}  // namespace compare_copies_test
