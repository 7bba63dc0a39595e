// Prints a number made of every bit that two small encoders and their heads compute, having compared one of them with
// its plain twin. scripts/check_bits.py compares the numbers of differently compiled programs.
#include "bits/twin.hpp"

#include <weft/layout/pre_norm.hpp>
#include <weft/model/electra.hpp>
#include <weft/pattern/window.hpp>

#include "bits/digest.hpp"

namespace {

struct tanh_electra : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 72, .heads = 6, .hidden = 130};
  using embedding = weft::factorised<20>;
  using feed_forward = weft::dense<weft::gelu_tanh>;
};
struct erf_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 64, .heads = 2, .hidden = 200};
};
struct windowed_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 40, .heads = 2, .hidden = 70};
  using mixer = weft::attention<weft::window<5>>;
  using layout = weft::pre_norm;
};

weft_test::digest all;

template <class Spec, class Head>
void run() {
  const weft::sizes s{.layers = 2, .vocabulary = 61, .positions = 200, .segments = 2, .labels = 3};
  using model = weft::model<Spec, Head>;
  auto [record, store] = weft::testing::random_weights<model>(s, 5);
  const model m(record, s, std::move(store));
  const auto batch = weft_test::bit_texts({1, 17, 200, 64, 3});
  weft::workspace work(m.workspace_bytes(batch.size()));
  std::vector<float> out(static_cast<std::size_t>(m.output_rows(batch) * m.output_width()));
  m.forward(batch, {out.data(), m.output_rows(batch), m.output_width()}, work, {},
            weft::observe_hidden{[](weft::index_t, auto rows) { all.add(rows.data, rows.count * rows.width); }});
  all.add(out.data(), static_cast<weft::index_t>(out.size()));
}

// Against the promised order, where products and sums are fused.
template <class Spec, class Pattern>
void compare_with_twin(const char* name, const Pattern& pattern, bool norms_first) {
  using encoder_type = weft::encoder<Spec>;
  constexpr auto s = weft_test::bit_sizes;
  const auto [record, store] =
      weft::testing::random_weights<encoder_type>(s, 9, {.weights = 0.3, .biases = 0.1, .gains = 0.1});
  const encoder_type encoder(record, s);
  for (const weft::index_t length : {1, 37, 300}) {
    const auto batch = weft_test::bit_texts({length});
    const weft::batch in = batch;
    weft::row_buffer<Spec::shape.width> out(length);
    weft::workspace work(encoder.workspace_bytes(in.size()));
    encoder.forward(in, out, work);
    const auto plain = weft_test::twin::hidden<Spec>(record, pattern, {in.ids.begin(), in.ids.end()}, s, norms_first);
    for (std::size_t i = 0; i < plain.size(); ++i)
      if (std::memcmp(&plain[i], out.data() + i, 4) != 0)
        weft_test::give_up(std::string(name) + " and its twin differ in value " + std::to_string(i) + " of a text of " +
                           std::to_string(length) + ": " + std::to_string(out.data()[i]) + " and " +
                           std::to_string(plain[i]));
  }
}

}  // namespace

int main() {
  run<tanh_electra, weft::generator_lm>();
  run<erf_bert, weft::pooled_classification<>>();
  std::printf("models %016llx\n", static_cast<unsigned long long>(all.value()));
  weft_test::print_digest<erf_bert, weft::pooled_classification<>>("bert");
  if constexpr (weft::simd::keeps_bits<>) {
    compare_with_twin<erf_bert>("BERT", weft::full{}, false);
    compare_with_twin<windowed_bert>("BERT with a window and norms first", weft::window<5>{}, true);
  }
  weft_test::print_build();
}
