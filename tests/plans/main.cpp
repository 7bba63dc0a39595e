// How a forward pass is cut for 4 to 64 workers: the real planning code of every family, run by an executor that counts
// multiply-adds instead of computing them. Prints a table; exits 1 if with 128 rows or more for each worker a region
// that counts ends more than 10 % behind an even one. scripts/check_plans.py builds and runs it.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>
#include <weft/encoder/describe.hpp>
#include <weft/encoder/encoder.hpp>
#include <weft/model/albert.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/distilbert.hpp>
#include <weft/model/electra.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/model/mpnet.hpp>
#include <weft/model/roberta.hpp>
#include <weft/testing/random_weights.hpp>

namespace {

using weft::index_t;

// Of the task that is being run.
double multiply_adds = 0, weights_read = 0;

template <class Numeric>
struct counting_numeric : Numeric {
  template <index_t In, index_t Out, class Arch>
  struct linear : Numeric::template linear<In, Out, Arch> {
    using base = typename Numeric::template linear<In, Out, Arch>;
    template <class Then = weft::identity>
    void operator()(weft::rows<const float, In> x, const auto& y, const weft::context& ctx, Then then = {}) const {
      share_products(ctx, product(x, y, then));
    }
    template <class Then = weft::identity>
    auto product(weft::rows<const float, In> x, const auto& y, Then then = {}) const {
      const auto plain = base::product(x, y, then);
      const auto count = [](index_t row, index_t last_row, index_t panel, index_t last_panel, const auto&) {
        const double weights = static_cast<double>((last_panel - panel) * base::columns * In);
        weights_read += weights, multiply_adds += weights * static_cast<double>(last_row - row);
      };
      return weft::shared_product{plain.rows, plain.panels, plain.inputs, plain.step, count, plain.block};
    }
  };
};

// Every few queries that attention takes at once visit their keys once.
template <class Pattern, index_t HeadWidth>
struct counting_pattern : Pattern {
  struct spans {
    void full(weft::key_span keys, index_t = 1) { add(keys); }
    void masked(weft::key_span keys) { add(keys); }
    static void add(weft::key_span keys) {
      multiply_adds += 2.0 * 6 * HeadWidth * static_cast<double>(std::max<index_t>(0, keys.last - keys.first));
    }
  };
  void visit(const weft::query_block& block, auto&&) const {
    spans counted;
    Pattern::visit(block, counted);
  }
};
template <class Mixer, index_t HeadWidth>
struct counting_mixer;
template <class Pattern, class Score, bool Bias, class Position, index_t HeadWidth>
struct counting_mixer<weft::attention<Pattern, Score, Bias, Position>, HeadWidth> {
  using type = weft::attention<counting_pattern<Pattern, HeadWidth>, Score, Bias, Position>;
};
template <class Pattern, class Companion, class Ratio, class Score, class Position, index_t HeadWidth>
struct counting_mixer<weft::mixed_attention<Pattern, Companion, Ratio, Score, Position>, HeadWidth> {
  using type = weft::mixed_attention<counting_pattern<Pattern, HeadWidth>, Companion, Ratio, Score, Position>;
};

template <class Spec>
struct counted : Spec {
  using numeric = counting_numeric<typename Spec::numeric>;
  using mixer = typename counting_mixer<typename Spec::mixer, Spec::shape.width / Spec::shape.heads>::type;
};

struct region {
  index_t tasks;
  double all = 0, largest = 0;  // multiply-adds, and those of the worker who has most to begin with
  double longest = 0;           // of one task: what nobody can take over once it is begun
  double end = 0;               // when the last worker ends, with workers of one speed
};

// When the last of equally fast workers ends who take tasks as thread_pool does: first their own share, then others'.
double end_of(const std::vector<double>& cost, index_t workers) {
  const auto n = static_cast<index_t>(cost.size());
  std::vector<double> time(static_cast<std::size_t>(workers));
  std::vector<index_t> next, end;
  for (index_t w = 0; w < workers; ++w) next.push_back(n * w / workers), end.push_back(n * (w + 1) / workers);
  for (;;) {
    const auto w = std::min_element(time.begin(), time.end()) - time.begin();
    auto from = static_cast<std::size_t>(w);
    for (index_t tried = 0; tried < workers; ++tried) {
      from = static_cast<std::size_t>((w + tried) % workers);
      if (next[from] < end[from]) break;
    }
    if (next[from] >= end[from]) return *std::max_element(time.begin(), time.end());
    time[static_cast<std::size_t>(w)] += cost[static_cast<std::size_t>(next[from]++)];
  }
}

// Runs every task on this thread, for the worker that would have it first.
struct recording {
  index_t count;
  std::vector<region> regions = {};
  index_t workers() const { return count; }
  void for_each(index_t n, weft::task t) {
    std::vector<double> cost;
    region r{.tasks = n};
    for (index_t w = 0; w < count; ++w) {
      double own = 0;
      for (index_t i = n * w / count; i < n * (w + 1) / count; ++i) {
        const double before = multiply_adds;
        t(i, w);
        cost.push_back(multiply_adds - before);
        own += cost.back();
        r.longest = std::max(r.longest, cost.back());
      }
      r.all += own, r.largest = std::max(r.largest, own);
    }
    r.end = end_of(cost, count);
    regions.push_back(r);
  }
};

int uneven = 0;

template <class Spec>
void plan(const char* name, index_t length, weft::sizes s) {
  using encoder_type = weft::encoder<counted<Spec>>;
  s.layers = 1, s.vocabulary = 64, s.segments = 2, s.positions = length + s.first_position;
  auto [record, store] = weft::testing::random_weights<encoder_type>(s, 1);
  const encoder_type encoder(record, s, std::move(store));
  const std::vector<std::int32_t> ids(static_cast<std::size_t>(length), 7);
  for (const index_t workers : {4, 8, 16, 32, 64})
    for (const index_t texts : {index_t{1}, workers * std::max<index_t>(1, 128 / length)}) {
      weft::token_batch batch;
      for (index_t i = 0; i < texts; ++i) batch.add(ids);
      const weft::batch in = batch;
      weft::row_buffer<Spec::shape.width> out(in.tokens());
      weft::workspace work(encoder.workspace_bytes(in.size(), workers));
      recording pool{workers};
      multiply_adds = weights_read = 0;
      encoder.forward(in, out, work, pool);
      const double each = static_cast<double>(workers);
      double all = 0, share = 0, worst = 0, longest = 0;
      index_t tasks = 0;
      for (const auto& r : pool.regions) all += r.all;
      for (const auto& r : pool.regions) {
        tasks += r.tasks;
        if (r.all < all / 50) continue;  // what takes no time is cut as it comes
        share = std::max(share, r.largest * each / r.all);
        worst = std::max(worst, r.end * each / r.all);
        longest = std::max(longest, r.longest * each / r.all);
      }
      double weights = 0;
      for (const auto& p : weft::describe<encoder_type>(s)) {
        if (p.shape.size() != 2 || std::string_view(p.name).find("embeddings.") == 0) continue;
        weights += static_cast<double>(p.shape[0] * p.shape[1]);
      }
      const bool enough = in.tokens() >= 128 * workers;
      const bool fails = enough && worst > 1.10;
      uneven += fails;
      std::printf("%-11s b%tds%-6td %7td %8zu %7td %7.2f %7.2f %7.2f %8.1f%s\n", name, texts, length, workers,
                  pool.regions.size(), tasks, share, longest, worst, weights_read / weights, fails ? "  UNEVEN" : "");
      std::fflush(stdout);
    }
}

}  // namespace

int main() {
  std::printf(
      "One layer, and what comes before it. Of the worst region that counts, in parts of an equal share: share, what "
      "one\n"
      "worker has to begin with; task, the largest task; end, when the last worker ends, the others having helped.\n"
      "read: how often every weight of the layer is read, by all workers together\n\n"
      "%-11s %-10s %7s %8s %7s %7s %7s %7s %8s\n",
      "family", "work", "workers", "regions", "tasks", "share", "task", "end", "read");
  plan<weft::bert_base>("bert", 128, {});
  plan<weft::minilm_l6>("minilm", 128, {});
  plan<weft::electra_small>("electra", 128, {});
  plan<weft::convbert_base>("convbert", 128, {});
  plan<weft::bigbird_base>("bigbird", 1024, {});
  plan<weft::mobilebert>("mobilebert", 128, {});
  plan<weft::roberta_base>("roberta", 128, {.first_position = 2});
  plan<weft::distilbert_base>("distilbert", 128, {});
  plan<weft::mpnet_base>("mpnet", 128, {.first_position = 2});
  plan<weft::albert_base>("albert", 128, {.groups = 1});
  std::printf("%d uneven\n", uneven);
  return uneven > 0;
}
