// Other systems beside weft's own bert_base: whole encoders with random weights of the published widths, timed in turns
// in one process, as the ratio of a round's times. The median of the rounds' ratios, and the ratio of the best times;
// as "speed" the operations of a second beside bert_base's, which are as far from the same peak.
//   bench_relatives [--workers 2] [--layers 4] [--rounds 15] [NAME...]
// dynabert is given by its widths and depths. long is ModernBERT at 4,096 and 8,192 tokens, beside itself: layers that
// see a window, and the memory of a pass.
#include <weft/bench/operations.hpp>
#include <weft/bench/stopwatch.hpp>
#include <weft/bench/workload.hpp>
#include <weft/encoder/active.hpp>
#include <weft/encoder/calibration.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/deberta_v2.hpp>
#include <weft/model/modernbert.hpp>
#include <weft/model/moebert.hpp>
#include <weft/model/mosaic_bert.hpp>
#include <weft/model/roberta.hpp>
#include <weft/numeric/int8.hpp>
#include <weft/testing/random_weights.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

using weft::index_t;
namespace bench = weft::bench;

struct dynabert : weft::bert_base {
  static constexpr bool slimmable = true;
};
struct int8_8 : weft::bert_base {
  using numeric = weft::int8<>;
};
struct int8_7 : weft::bert_base {
  using numeric = weft::int8<7>;
};

// Every layer sees a window.
struct local_modernbert : weft::modernbert_of<weft::modernbert_numbers{.layer_types = (weft::index_t{1} << 22) - 1}> {};

struct options {
  index_t workers = 2, layers = 4;
  int rounds = 15;
  std::vector<std::string> names;
};

// An encoder of its own, ready to be timed over some texts.
struct contestant {
  std::string name;
  std::function<weft::index_t(const weft::token_batch&)> prepare;  // bytes of workspace and hidden states
  std::function<double()> pass;                                    // seconds
  bench::arithmetic counted;
};

// Passes of a model that `kept` keeps alive: forward(texts, out, work).
template <class Model>
contestant time_passes(const char* name, std::shared_ptr<void> kept, const Model& model, weft::thread_pool& pool,
                       bench::arithmetic counted, auto forward) {
  struct state {
    const weft::token_batch* texts = nullptr;
    weft::row_buffer<Model::width> out{0};
    weft::workspace work{0};
  };
  auto held = std::make_shared<state>();
  return {name,
          [held, &model, &pool](const weft::token_batch& texts) {
            held->texts = &texts;
            held->out = weft::row_buffer<Model::width>(texts.tokens());
            const auto bytes = model.workspace_bytes(texts.size(), pool.workers());
            held->work = weft::workspace(bytes);
            return static_cast<index_t>(bytes) + texts.tokens() * Model::width * static_cast<index_t>(sizeof(float));
          },
          [held, kept, forward] {
            const double begin = bench::seconds();
            forward(*held->texts, held->out, held->work);
            return bench::seconds() - begin;
          },
          std::move(counted)};
}

template <class Spec>
contestant compete(const char* name, const options& o, weft::thread_pool& pool, double width = 1, double depth = 1) {
  using encoder = weft::encoder<Spec>;
  const weft::sizes s{.layers = o.layers, .vocabulary = 1000, .positions = 8192};
  auto [record, store] = weft::testing::random_weights<encoder>(s, 1);
  const auto made = std::make_shared<encoder>(record, s, std::move(store));
  const auto& model = *made;
  if constexpr (requires { requires Spec::slimmable; }) {
    return time_passes(name, made, model, pool, bench::arithmetic_of<Spec>(s, weft::active::of(width, depth, model)),
                       [&model, &pool, width, depth](const auto& texts, auto& out, auto& work) {
                         model.forward(weft::active::of(width, depth, model), texts, out, work, pool);
                       });
  } else {
    return time_passes(
        name, made, model, pool, bench::arithmetic_of<Spec>(s),
        [&model, &pool](const auto& texts, auto& out, auto& work) { model.forward(texts, out, work, pool); });
  }
}

// RoBERTa on whole numbers, with the ranges of two texts.
contestant compete_on_integers(const options& o, weft::thread_pool& pool) {
  using spec = weft::roberta_base;
  struct calibrated {
    weft::testing::random_record<weft::weights<weft::raw, weft::encoder<spec>>> weights;
    weft::calibration<spec> found;
    explicit calibrated(const weft::sizes& s)
        : weights(weft::testing::random_weights<weft::encoder<spec>>(s, 1)), found(weights.record, s) {
      const auto seen = bench::texts_of({{}, {60, 100}}, 1000);
      found.watch(seen);
      found.begin_shifts();
      found.watch_shifts(seen);
    }
  };
  const weft::sizes s{.layers = o.layers, .vocabulary = 1000, .positions = 8194, .segments = 1, .first_position = 2};
  const auto made = std::make_shared<calibrated>(s);
  const auto& model = made->found.twin();
  return time_passes(
      "roberta_base, integers", made, model, pool, bench::arithmetic_of<spec>(s),
      [&model, &pool](const auto& texts, auto& out, auto& work) { model.forward(texts, out, work, pool); });
}

void compare(const std::vector<contestant>& all, const options& o, index_t texts, index_t tokens) {
  const std::vector<index_t> lengths(static_cast<std::size_t>(texts), tokens);
  const auto batch = bench::texts_of({{}, lengths}, 1000);
  std::vector<std::vector<double>> took(all.size());
  for (const auto& one : all) one.prepare(batch), one.pass();
  for (int round = 0; round < o.rounds; ++round)
    for (std::size_t i = 0; i < all.size(); ++i) took[i].push_back(all[i].pass());
  const double best = *std::min_element(took[0].begin(), took[0].end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < took[i].size(); ++round) ratios.push_back(took[i][round] / took[0][round]);
    const double ratio = bench::median(ratios);
    std::printf("%2td x %4td  %-22s %8.1f ms  of bert_base: median %.3f, best %.3f, speed %.3f\n", texts, tokens,
                all[i].name.c_str(), bench::median(took[i]) * 1e3, ratio,
                *std::min_element(took[i].begin(), took[i].end()) / best,
                bench::operations(all[i].counted, lengths) / bench::operations(all[0].counted, lengths) / ratio);
  }
  std::fflush(stdout);
}

// One text of 4,096 tokens and one of twice as many in turns, through weights of their own, and what each needs.
template <class Spec>
void compare_lengths(const char* name, const options& o, weft::thread_pool& pool) {
  struct entry {
    contestant one;
    weft::token_batch texts;
    index_t bytes = 0;
    std::vector<double> took;
  };
  const auto of = [&](index_t tokens) {
    return entry{compete<Spec>(name, o, pool), bench::texts_of({{}, {tokens}}, 1000), 0, {}};
  };
  entry half = of(4096), whole = of(8192);
  for (auto* e : {&half, &whole}) e->bytes = e->one.prepare(e->texts), e->one.pass();
  std::vector<double> ratios;
  for (int round = 0; round < o.rounds; ++round) {
    for (auto* e : {&half, &whole}) e->took.push_back(e->one.pass());
    ratios.push_back(whole.took.back() / half.took.back());
  }
  const auto best = [](const entry& e) { return *std::min_element(e.took.begin(), e.took.end()); };
  const auto layers = static_cast<double>(o.layers);
  std::printf(
      "%s, a layer: %.1f ms at 4096 tokens, %.1f at 8192: median ratio %.3f, of the best %.3f; %td and %td bytes "
      "of workspace and hidden states: ratio %.3f\n",
      name, bench::median(half.took) * 1e3 / layers, bench::median(whole.took) * 1e3 / layers, bench::median(ratios),
      best(whole) / best(half), half.bytes, whole.bytes,
      static_cast<double>(whole.bytes) / static_cast<double>(half.bytes));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::atol(argv[++i]) : 0; };
    if (word == "--workers")
      o.workers = number();
    else if (word == "--layers")
      o.layers = number();
    else if (word == "--rounds")
      o.rounds = static_cast<int>(number());
    else
      o.names.push_back(word);
  }
  if (o.workers < 1 || o.layers < 1 || o.rounds < 1) {
    std::fputs("bench_relatives: --workers, --layers and --rounds want a number, 1 or more\n", stderr);
    return 2;
  }
  weft::thread_pool pool(o.workers);
  std::vector<contestant> all{compete<weft::bert_base>("bert_base", o, pool)};
  const auto wanted = [&](const std::string& name) {
    return o.names.empty() || std::find(o.names.begin(), o.names.end(), name) != o.names.end();
  };
  if (wanted("dynabert")) {
    all.push_back(compete<dynabert>("dynabert 1/2", o, pool, 0.5));
    all.push_back(compete<dynabert>("dynabert 1/2, 1/2", o, pool, 0.5, 0.5));
    all.push_back(compete<dynabert>("dynabert 1/4, 1/2", o, pool, 0.25, 0.5));
  }
  if (wanted("moebert")) all.push_back(compete<weft::moebert_base>("moebert_base", o, pool));
  if (wanted("deberta")) all.push_back(compete<weft::deberta_v3_base>("deberta_v3_base", o, pool));
  if (wanted("modernbert")) all.push_back(compete<weft::modernbert_base>("modernbert_base", o, pool));
  if (wanted("mosaicbert")) all.push_back(compete<weft::mosaicbert_base>("mosaicbert_base", o, pool));
  if (wanted("int8")) {
    all.push_back(compete<int8_8>("bert_base, int8", o, pool));
    all.push_back(compete<int8_7>("bert_base, int8<7>", o, pool));
  }
  if (wanted("integers")) all.push_back(compete_on_integers(o, pool));
  if (all.size() == 1 && !wanted("long")) {
    std::fputs("bench_relatives: names are dynabert, moebert, deberta, modernbert, mosaicbert, int8, integers, long\n",
               stderr);
    return 2;
  }
  if (wanted("long")) {
    compare_lengths<local_modernbert>("modernbert_base, windows", o, pool);
    compare_lengths<weft::modernbert_base>("modernbert_base, as published", o, pool);
  }
  if (all.size() == 1) return 0;
  compare(all, o, 8, 128);
  compare(all, o, 1, 512);
  compare(all, o, 1, 128);
  compare(all, o, 1, 8);
}
