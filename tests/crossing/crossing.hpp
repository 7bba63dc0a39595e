#pragma once
// What every composition has to hold, whoever composed it: the formulas' numbers, the same bits alone, among others, in
// any place and with any number of workers, and no allocation.
#include <cstring>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/random_weights.hpp>
#include <weft/testing/reference_encoder.hpp>
#include <weft/testing/tolerance.hpp>

#include "catch.hpp"
#include "ragged.hpp"
#include "testing/counted_allocations.hpp"

namespace weft_test {

template <class Spec>
void check_composition() {
  using namespace weft::testing;
  using encoder_type = weft::encoder<Spec>;
  constexpr weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 120, .segments = 2, .labels = 2};
  constexpr spread lively{.weights = 0.15, .biases = 0.1, .gains = 0.1};
  const auto stored = random_weights<encoder_type>(sizes, 11, lively);
  const encoder_type encoder(stored.record, sizes);
  const auto sequences = random_sequences(7, 6, sizes);  // the first has 120 tokens, far more than BigBird's fall-back

  const auto owned = batch_of(sequences);
  const weft::batch in = owned;
  weft::row_buffer<Spec::shape.width> out(in.tokens()), again(in.tokens());
  weft::workspace work(encoder.workspace_bytes(in.size(), 1));
  const auto before = allocations_so_far();
  encoder.forward(in, out, work);
  CHECK(allocations_so_far() == before);

  // Rows of a layout without a norm at its end grow; the tolerance is in roundings of their size.
  const auto levels = reference_hidden<Spec>(stored.record, sizes, in);
  double scale = 1;
  for (const auto& level : levels) scale = std::max(scale, xt::amax(xt::abs(level))());
  CHECK(difference(out, levels.back(), tolerance{.roundings = 160, .scale = scale}) == "");

  scrambled_pool pool(3);
  weft::workspace shared(encoder.workspace_bytes(in.size(), 3));
  encoder.forward(in, again, shared, pool);
  CHECK(std::memcmp(out.data(), again.data(), sizeof(float) * static_cast<std::size_t>(in.tokens() * encoder.width)) ==
        0);

  auto reversed = sequences;
  std::reverse(reversed.begin(), reversed.end());
  const auto turned = hidden_of(encoder, reversed);
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    const auto alone = hidden_of(encoder, {sequences[s]})[0];
    const float* const together = out.row(in.first(static_cast<weft::index_t>(s)));
    const auto bytes = alone.size() * sizeof(float);
    CHECK((bytes == 0 || std::memcmp(alone.data(), together, bytes) == 0));
    CHECK((bytes == 0 || std::memcmp(turned[sequences.size() - 1 - s].data(), together, bytes) == 0));
  }
}

}  // namespace weft_test
