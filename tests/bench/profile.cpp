#include <weft/bench/profile.hpp>
#include <weft/bench/profile_report.hpp>

#include <cstring>
#include <sstream>
#include <weft/bench/workload.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/electra.hpp>
#include <weft/model/ibert.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/numeric/bfloat16.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace profile_test {
namespace {

using weft::bench::part;

template <class Spec>
struct small : Spec {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 64};
};
struct narrow_mobilebert : small<weft::mobilebert> {
  using layout = weft::bottleneck<32, 2>;
};
struct rounded_electra : small<weft::electra_small> {
  using numeric = weft::bfloat16;
};
struct grouped_convbert : small<weft::convbert_base> {
  using feed_forward = weft::grouped<2>;
};

constexpr weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 300, .segments = 2};

// The timed encoder's bits are the plain one's, shares sum to 1, and a layer's linears count what they have to.
template <class Spec>
void check_profile(std::vector<weft::index_t> lengths, weft::index_t workers, double weights) {
  using weft::bench::timed;
  const auto stored = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 3);
  const auto again = weft::testing::random_weights<weft::encoder<timed<Spec>>>(sizes, 3);
  const weft::encoder<Spec> plain(stored.record, sizes);
  const weft::encoder<timed<Spec>> watched(again.record, sizes);
  const auto texts = weft::bench::texts_of({"", lengths}, sizes.vocabulary);
  const weft::batch in = texts;
  weft::thread_pool pool(workers);

  weft::row_buffer<Spec::shape.width> one(in.tokens()), two(in.tokens());
  weft::workspace work(plain.workspace_bytes(in.size(), workers));
  plain.forward(in, one, work, pool);
  weft::bench::timed_executor run(pool);
  weft::bench::timed_pass(watched, in, two, work, run);
  CHECK(std::memcmp(one.data(), two.data(), sizeof(float) * std::size_t(in.tokens() * Spec::shape.width)) == 0);

  const auto found = weft::bench::profile_forward(watched, in, pool, 0);
  CHECK(found.passes == 7);
  CHECK(found.ms > 0);
  double shares = 0, gflop = 0;
  for (const auto& row : found.rows) shares += row.share, gflop += row.gflop;
  CHECK(shares == Approx(1).epsilon(1e-3));
  CHECK(gflop == Approx(2 * weights * double(in.tokens()) * 1e-9));
  for (const auto p : {part::embedding, part::mixer, part::feed_forward, part::layer}) CHECK(found.share(p) > 0);
  CHECK(found.rows.back().in == part::none);
}

constexpr double self_attention = 4 * 48 * 48, feed_forward = 2 * 48 * 64;

}  // namespace

TEST_CASE("a profile of every family has the encoder's own bits, and sums to the whole") {
  for (const weft::index_t workers : {1, 2, 3}) {
    check_profile<small<weft::bert_base>>({5, 9}, workers, 2 * (self_attention + feed_forward));
    check_profile<small<weft::bigbird_base>>({300, 9, 0, 64}, workers, 2 * (self_attention + feed_forward));
    check_profile<small<weft::electra_small>>({250, 9}, workers, 128 * 48 + 2 * (self_attention + feed_forward));
    check_profile<rounded_electra>({9}, workers, 128 * 48 + 2 * (self_attention + feed_forward));
    // Query, key, value, and the convolution's spans and values are half as wide; its two heads have nine taps each.
    const double mixed = 5 * 48 * 24 + 24 * 2 * 9 + 48 * 48;
    check_profile<small<weft::convbert_base>>({250, 9}, workers, 2 * (mixed + feed_forward));
    check_profile<grouped_convbert>({40}, workers, 2 * (mixed + feed_forward / 2));
    const double attention = 2 * 32 * 32 + 48 * 32 + 32 * 32;
    check_profile<narrow_mobilebert>({250, 9}, workers, 3 * 128 * 48 + 2 * (3 * 48 * 32 + attention + 2 * 2 * 32 * 64));
  }
}

TEST_CASE("a model on whole numbers has no profile") {
  using whole = weft::ibert_of<weft::ibert_numbers{.quant_mode = true}>;
  char name[] = "program", directory[] = "some/place";
  char* arguments[] = {name, directory, nullptr};
  std::ostringstream out;
  CHECK_THAT(refusal_of([&] { weft::bench::profile_and_print<whole>(arguments, out); }),
             mentions("--profile: found a model that runs on whole numbers"));
  CHECK(out.str().empty());
}

}  // namespace profile_test
