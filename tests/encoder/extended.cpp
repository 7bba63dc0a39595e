#include <weft/encoder/extended.hpp>

#include <map>
#include <weft/encoder/describe.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/etc.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "largest.hpp"
#include "ragged.hpp"
#include "refusal.hpp"
#include "rule_weights.hpp"

namespace extended_test {
namespace {
using weft::index_t;
using ids = std::vector<std::int32_t>;

// ---- the formula, written once more: plain loops in double, tensors by name ----------------------------------------

struct numbers {
  index_t radius, distance, layers;
};

// One pair: its tokens, segments and owners, and how many tokens of each stream are no padding.
struct pair {
  ids long_ids, global_ids, owners, long_segments = {}, global_segments = {};
  index_t long_real = -1, global_real = -1;
};

using table = std::vector<std::vector<double>>;

class formula {
 public:
  template <class Record>
  formula(Record& record, const weft::model_shape& shape, const numbers& n) : shape_(shape), n_(n) {
    weft::walk(
        "etc", [&](const std::string& name, const auto& leaf) { tensors_[name] = leaf.data; }, 0, record);
  }

  // Rows of both streams after every level, the long ones first.
  std::vector<table> levels(const pair& in) const {
    const auto longs = static_cast<index_t>(in.long_ids.size()),
               all = longs + static_cast<index_t>(in.global_ids.size());
    table x;
    for (index_t i = 0; i < all; ++i) {
      const bool is_long = i < longs;
      const auto at = static_cast<std::size_t>(is_long ? i : i - longs);
      const auto& segments = is_long ? in.long_segments : in.global_segments;
      const index_t id = (is_long ? in.long_ids : in.global_ids)[at],
                    segment = segments.empty() ? is_long : segments[at];
      std::vector<double> row;
      for (index_t c = 0; c < shape_.width; ++c)
        row.push_back(value("etc.embeddings.word_embeddings.weight", id * shape_.width + c) +
                      value("etc.embeddings.segment_embeddings.weight", segment * shape_.width + c));
      x.push_back(norm(row, is_long ? "etc.embeddings.long_LayerNorm" : "etc.embeddings.global_LayerNorm"));
    }
    std::vector<table> result{x};
    for (index_t l = 0; l < n_.layers; ++l) result.push_back(x = layer(x, in, "etc.layer." + std::to_string(l)));
    return result;
  }

 private:
  double value(const std::string& name, index_t i) const { return double{tensors_.at(name)[i]}; }

  std::vector<double> linear(const std::vector<double>& x, const std::string& name, index_t out) const {
    std::vector<double> y;
    const float *weight = tensors_.at(name + ".weight"), *bias = tensors_.at(name + ".bias");
    for (index_t o = 0; o < out; ++o) {
      double sum = double{bias[o]};
      for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * double{*weight++};
      y.push_back(sum);
    }
    return y;
  }
  std::vector<double> norm(std::vector<double> x, const std::string& name) const {
    double mean = 0, variance = 0;
    const auto count = static_cast<double>(x.size());
    for (const auto v : x) mean += v / count;
    for (const auto v : x) variance += (v - mean) * (v - mean) / count;
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = (x[i] - mean) / std::sqrt(variance + 1e-12) * value(name + ".weight", static_cast<index_t>(i)) +
             value(name + ".bias", static_cast<index_t>(i));
    return x;
  }

  table layer(const table& x, const pair& in, const std::string& at) const {
    const auto longs = static_cast<index_t>(in.long_ids.size()), all = static_cast<index_t>(x.size());
    const auto heads = shape_.heads, width = shape_.width, head_width = width / heads, d = n_.distance;
    const auto real = [&](index_t i) {
      return i < longs ? in.long_real < 0 || i < in.long_real : in.global_real < 0 || i - longs < in.global_real;
    };
    table q, k, v, y;
    for (const auto& row : x) {
      q.push_back(linear(row, at + ".attention.query", width));
      k.push_back(linear(row, at + ".attention.key", width));
      v.push_back(linear(row, at + ".attention.value", width));
    }
    for (index_t i = 0; i < all; ++i) {
      const bool from_long = i < longs;
      const std::string stream = from_long ? "long" : "global";
      const float* bias = tensors_.at(at + ".attention." + stream + "_relative_bias");
      const float* related = tensors_.at(at + ".attention." + stream + "_relative_emb");
      std::vector<double> mixed(static_cast<std::size_t>(width));
      for (index_t h = 0; h < heads; ++h) {
        std::vector<double> scores;
        double total = 0;
        for (index_t j = 0; j < all; ++j) {
          const bool to_long = j < longs, same = from_long == to_long;
          const auto away = j - i;
          bool sees = real(i) == real(j);
          if (from_long && to_long && std::abs(away) > n_.radius) sees = false;
          index_t id = away >= 0 ? std::min(away, d) : d + std::min(-away, d);
          if (!same) {
            const auto token = static_cast<std::size_t>(from_long ? i : j),
                       global = static_cast<std::size_t>((from_long ? j : i) - longs);
            id = in.owners[token] == static_cast<std::int32_t>(global) ? 2 * d + 2 : 2 * d + 1;
          }
          double sum = double{bias[id * heads + h]};
          for (index_t c = 0; c < head_width; ++c) {
            const auto column = static_cast<std::size_t>(h * head_width + c);
            const auto rows = static_cast<std::size_t>(i), key = static_cast<std::size_t>(j);
            sum += q[rows][column] * (k[key][column] + double{related[(id * heads + h) * head_width + c]});
          }
          scores.push_back(std::exp(sum / std::sqrt(static_cast<double>(head_width)) - (sees ? 0.0 : 10000.0)));
          total += scores.back();
        }
        for (index_t j = 0; j < all; ++j)
          for (index_t c = 0; c < head_width; ++c) {
            const auto column = static_cast<std::size_t>(h * head_width + c);
            mixed[column] += scores[static_cast<std::size_t>(j)] / total * v[static_cast<std::size_t>(j)][column];
          }
      }
      auto attended = linear(mixed, at + ".attention." + stream + "_output", width);
      for (std::size_t c = 0; c < attended.size(); ++c) attended[c] += x[static_cast<std::size_t>(i)][c];
      attended = norm(attended, at + ".attention." + stream + "_LayerNorm");
      auto hidden = linear(attended, at + ".intermediate", shape_.hidden);
      for (auto& u : hidden)
        u = 0.5 * u * (1 + std::tanh(std::sqrt(2 / 3.14159265358979324) * (u + 0.044715 * u * u * u)));
      auto out = linear(hidden, at + ".output", width);
      for (std::size_t c = 0; c < out.size(); ++c) out[c] += attended[c];
      y.push_back(norm(out, at + ".output.LayerNorm"));
    }
    return y;
  }

  weft::model_shape shape_;
  numbers n_;
  std::map<std::string, const float*> tensors_;
};

// ---- models, batches, results --------------------------------------------------------------------------------------

// The sizes of the recorded values.
struct recorded : weft::etc_base {
  static constexpr weft::model_shape shape{.width = 16, .heads = 2, .hidden = 24};
  using mixer = weft::two_stream_attention<weft::two_stream_reach{.radius = 3, .distance = 3, .vocabulary = 12}>;
};
// A head width and a hidden width that no vector divides; the radius is smaller than the distance.
struct narrow : weft::etc_base {
  static constexpr weft::model_shape shape{.width = 36, .heads = 3, .hidden = 50};
  using mixer = weft::two_stream_attention<weft::two_stream_reach{.radius = 2, .distance = 4, .vocabulary = 11}>;
};
// A radius larger than most of the lengths.
struct wide : weft::etc_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 2, .hidden = 40};
  using mixer = weft::two_stream_attention<weft::two_stream_reach{.radius = 40, .distance = 5, .vocabulary = 16}>;
};

const weft::sizes sizes{.layers = 2, .vocabulary = 97, .segments = 4};

template <class Spec>
struct made {
  using encoder_type = weft::extended_encoder<Spec>;
  weft::testing::random_record<weft::weights<weft::raw, encoder_type>> stored =
      weft::testing::random_weights<encoder_type>(sizes, 5, {.weights = 0.2, .biases = 0.2, .gains = 0.1});
  encoder_type encoder{stored.record, sizes};
};

// Hidden states of one pair.
struct result {
  std::vector<float> long_rows, global_rows;
  bool operator==(const result&) const = default;
};

struct batch_memory {
  weft::extended_token_batch tokens;
  std::vector<index_t> long_visible, global_visible;
  weft::extended_batch view;

  explicit batch_memory(const std::vector<pair>& pairs) {
    for (const auto& p : pairs) {
      tokens.add(p.long_ids, p.global_ids, p.owners, p.long_segments, p.global_segments);
      const auto count = [](index_t real, const ids& all) {
        return real < 0 ? static_cast<index_t>(all.size()) : real;
      };
      long_visible.push_back(count(p.long_real, p.long_ids));
      global_visible.push_back(count(p.global_real, p.global_ids));
    }
    view = tokens;
    view.long_input.visible = long_visible, view.global_input.visible = global_visible;
  }
};

template <class Encoder>
std::vector<result> run(const Encoder& encoder, const std::vector<pair>& pairs, weft::executor pool = {}) {
  const batch_memory memory(pairs);
  const auto& in = memory.view;
  constexpr auto width = Encoder::width;
  weft::row_buffer<width> long_out(in.long_input.tokens()), global_out(in.global_input.tokens());
  weft::workspace work(encoder.workspace_bytes(in.size(), pool.workers()));
  encoder.forward(in, long_out, global_out, work, pool);
  if (in.size().tokens > 0) CHECK(work.peak() == work.capacity());  // an empty batch may leave some of it
  CHECK(work.used() == 0);
  std::vector<result> all;
  for (index_t s = 0; s < in.pairs(); ++s) {
    const auto part = [&](const weft::batch& b, const weft::row_buffer<width>& out) {
      return std::vector<float>(out.row(b.first(s)), out.row(b.first(s)) + b.length(s) * width);
    };
    all.push_back({part(in.long_input, long_out), part(in.global_input, global_out)});
  }
  return all;
}

pair random_pair(std::uint32_t seed, index_t longs, index_t globals) {
  std::uint32_t state = seed * 2654435761u + 777;
  pair p;
  const auto draw = [&](index_t below) {
    return static_cast<std::int32_t>(weft_test::next_random(state) % static_cast<std::uint32_t>(below));
  };
  for (index_t i = 0; i < longs; ++i) {
    p.long_ids.push_back(draw(sizes.vocabulary));
    p.owners.push_back(draw(globals + 1) - 1);
    p.long_segments.push_back(draw(sizes.segments));
  }
  for (index_t i = 0; i < globals; ++i) p.global_ids.push_back(draw(sizes.vocabulary));
  return p;
}

// Half units in the last place of numbers around 1: see tests/testing/reference_encoder.cpp.
template <class Spec>
double farthest(const made<Spec>& model, const numbers& n, const pair& p) {
  auto record = model.stored.record;
  const formula slow(record, Spec::shape, n);
  const auto wanted = slow.levels(p).back();
  const auto found = run(model.encoder, {p})[0];
  double most = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    for (std::size_t c = 0; c < wanted[i].size(); ++c) {
      const auto longs = p.long_ids.size(), width = wanted[i].size();
      const auto value = i < longs ? found.long_rows[i * width + c] : found.global_rows[(i - longs) * width + c];
      weft_test::raise(most, std::abs(double{value} - wanted[i][c]) / std::max(1.0, std::abs(wanted[i][c])));
    }
  return most * 16777216;
}
TEST_CASE("weights by rule are those of the specification") {
  CHECK(weft_test::rule_value("bert.pooler.dense.bias", 0) == Approx(0.094065249).epsilon(1e-7));
  CHECK(weft_test::rule_value("bert.pooler.dense.bias", 3) == Approx(0.140925616).epsilon(1e-7));
  CHECK(weft_test::rule_value("bert.embeddings.LayerNorm.weight", 2) == Approx(1.19513023).epsilon(1e-7));
}

// Recorded by an independent program in double precision, with padding in both streams.
TEST_CASE("the extended encoder agrees with the recorded values") {
  using encoder = weft::extended_encoder<recorded>;
  encoder::params<weft::raw> record;
  weft::arena store;
  weft_test::fill_by_rule(record, sizes, store, "etc");
  const encoder model(record, sizes, std::move(store));
  std::vector<pair> pairs(2);
  for (std::int32_t b = 0; b < 2; ++b) {
    auto& p = pairs[static_cast<std::size_t>(b)];
    for (std::int32_t t = 0; t < 20; ++t) {
      const bool padded = b == 1 && t >= 14;
      p.long_ids.push_back(padded ? 0 : (13 * t + 29 * b + 7 * t * t) % 92 + 5);
      p.owners.push_back(std::min(t / 7, 2));
    }
    p.global_ids = {1, 1, b == 1 ? 0 : 1};
  }
  pairs[1].long_real = 14, pairs[1].global_real = 2;

  const batch_memory memory(pairs);
  weft::row_buffer<16> long_out(40), global_out(6);
  weft::workspace work(model.workspace_bytes(memory.view.size()));
  struct sums {
    double sum = 0, l2 = 0;
  };
  std::vector<sums> levels[2];
  model.forward(memory.view, long_out, global_out, work, {}, weft::observe_hidden{[&](index_t, auto rows) {
                  for (const int stream : {0, 1}) {
                    sums s;
                    for (index_t i = stream ? 40 : 0; i < (stream ? 46 : 40); ++i)
                      for (index_t c = 0; c < 16; ++c) {
                        s.sum += double{rows.row(i)[c]};
                        s.l2 += double{rows.row(i)[c]} * double{rows.row(i)[c]};
                      }
                    s.l2 = std::sqrt(s.l2);
                    levels[stream].push_back(s);
                  }
                }});
  const auto near = [](double found, double wanted, double tolerance) {
    CAPTURE(found, wanted);
    CHECK(std::abs(found - wanted) <= tolerance * std::max(1.0, std::abs(wanted)));
  };
  const sums wanted[2][3] = {{{31.5380915, 23.6634179}, {46.5561786, 25.3527831}, {-16.190257, 24.8658713}},
                             {{-0.531079863, 9.71715783}, {7.95549297, 9.51096879}, {-3.22074907, 9.95368568}}};
  for (const std::size_t stream : {0u, 1u})
    for (std::size_t level = 0; level < 3; ++level) {
      near(levels[stream][level].sum, wanted[stream][level].sum, 4e-5);
      near(levels[stream][level].l2, wanted[stream][level].l2, 4e-5);
    }
  const auto row = [&](const weft::row_buffer<16>& rows, index_t i, const std::vector<double>& values) {
    for (std::size_t c = 0; c < values.size(); ++c) near(double{rows.row(i)[c]}, values[c], 2e-5);
  };
  row(long_out, 0, {-0.746032104, -0.820993088, 0.107731893, -1.57314636});
  row(long_out, 10, {-0.480846, -1.06546197, -0.481334741, -0.788408985});
  row(global_out, 3, {-0.571325569, 1.72206304, 0.070137509, 1.65786369});
  row(long_out, 20 + 13, {1.22493531, -1.48751541, -0.901642773, -0.00520518768});
  row(long_out, 20 + 19, {-0.167037013, -1.11853193, -0.051612358, -0.19803467});
  double squares = 0, cubes = 0;
  for (index_t i = 0; i < 40; ++i)
    for (index_t c = 0; c < 16; ++c) squares += std::pow(double{long_out.row(i)[c]}, 2) * static_cast<double>(c + 1);
  for (index_t i = 0; i < 6; ++i)
    for (index_t c = 0; c < 16; ++c) cubes += std::pow(double{global_out.row(i)[c]}, 3);
  near(squares / 640 + cubes / 96, 7.76678388, 2e-5);
}

// One rounding of a number around 1 is 6e-8: 160 of them are 1e-5.
TEST_CASE("the extended encoder agrees with the formula at other sizes and lengths") {
  const made<narrow> a;
  const made<wide> b;
  const std::pair<index_t, index_t> lengths[] = {{1, 1},  {1, 0},  {0, 3},   {2, 1},  {7, 1},
                                                 {33, 2}, {64, 5}, {130, 9}, {41, 40}};
  for (const auto& [longs, globals] : lengths) {
    CAPTURE(longs, globals);
    auto p = random_pair(static_cast<std::uint32_t>(longs + 1), longs, globals);
    CHECK(farthest(a, {2, 4, 2}, p) < 160);
    CHECK(farthest(b, {40, 5, 2}, p) < 160);
    if (longs < 2 || globals < 1) continue;
    p.long_real = longs / 2, p.global_real = (globals + 1) / 2;
    CHECK(farthest(a, {2, 4, 2}, p) < 160);
    CHECK(farthest(b, {40, 5, 2}, p) < 160);
  }
  const auto longest = random_pair(3, 300, 150);
  CHECK(farthest(b, {40, 5, 2}, longest) < 160);
}

TEST_CASE("a pair has the same bits alone, in any batch, at any position and with any number of workers") {
  const made<wide> model;
  const std::vector<pair> pairs{random_pair(1, 150, 4), random_pair(2, 0, 0), random_pair(3, 1, 1),
                                random_pair(4, 65, 40), random_pair(5, 0, 2), random_pair(6, 40, 0)};
  const auto together = run(model.encoder, pairs);
  for (std::size_t s = 0; s < pairs.size(); ++s) CHECK(run(model.encoder, {pairs[s]})[0] == together[s]);
  auto turned = pairs;
  auto expected = together;
  std::rotate(turned.begin(), turned.begin() + 2, turned.end());
  std::rotate(expected.begin(), expected.begin() + 2, expected.end());
  CHECK(run(model.encoder, turned) == expected);
  for (const index_t workers : {2, 5}) {
    weft::thread_pool pool(workers);
    CHECK(run(model.encoder, pairs, pool) == together);
  }
  CHECK(run(model.encoder, {}).empty());
}

TEST_CASE("padding changes no bit of what is real") {
  const made<wide> model;
  for (const auto& [longs, globals] : {std::pair<index_t, index_t>{70, 5}, {1, 1}, {150, 33}}) {
    const auto real = random_pair(8, longs, globals);
    auto padded = real;
    padded.long_real = longs, padded.global_real = globals;
    padded.long_ids.insert(padded.long_ids.end(), 50, 0), padded.owners.insert(padded.owners.end(), 50, 0);
    padded.long_segments.insert(padded.long_segments.end(), 50, 1);
    padded.global_ids.insert(padded.global_ids.end(), 9, 0);
    const auto wanted = run(model.encoder, {real})[0], found = run(model.encoder, {padded})[0];
    CHECK(std::equal(wanted.long_rows.begin(), wanted.long_rows.end(), found.long_rows.begin()));
    CHECK(std::equal(wanted.global_rows.begin(), wanted.global_rows.end(), found.global_rows.begin()));
  }
}

TEST_CASE("a batch outside the model is refused in words, and the outputs stay as they were") {
  const made<narrow> model;
  const auto refusal = [&](const weft::extended_batch& in, index_t longs, index_t globals, index_t spare = 0) {
    weft::row_buffer<36> long_out(longs), global_out(globals);
    long_out.row(0)[0] = 42;
    weft::workspace work(model.encoder.workspace_bytes({100, 100, 10}) - spare);
    const auto words = refusal_of([&] { model.encoder.forward(in, long_out, global_out, work); });
    CHECK((words.empty() || long_out.row(0)[0] == 42));
    return words;
  };
  const ids three{5, 6, 7}, one{1}, owners{0, -1, 0}, strangers{0, 1, 0}, foreign{5, 97, 7};
  const std::vector<index_t> to_three{0, 3}, to_one{0, 1}, twice{0, 1, 1}, to_five{0, 0, 1};
  const weft::batch longs{three, {}, to_three}, global{one, {}, to_one};
  CHECK(refusal({longs, global, owners}, 3, 1) == "");
  CHECK_THAT(refusal({longs, global, strangers}, 3, 1),
             mentions("the owner of long token 1 of sequence 0: found 1, wanted -1 to 0, a global token"));
  CHECK_THAT(refusal({longs, global, {}}, 3, 1), mentions("owners: found 0 values, wanted 3, one for each long token"));
  CHECK_THAT(refusal({longs, {one, {}, twice}, owners}, 3, 1),
             mentions("the global input: found 2 sequences, wanted 1, one for each long sequence"));
  CHECK_THAT(refusal({{foreign, {}, to_three}, global, owners}, 3, 1),
             mentions("the long input: id 1 of sequence 0: found 97"));
  CHECK_THAT(refusal({longs, {foreign, {}, to_three}, owners}, 3, 3), mentions("the global input: id 1 of sequence 0"));
  auto packed = longs;
  packed.documents = to_five;
  CHECK_THAT(refusal({packed, global, owners}, 3, 1), mentions("documents: found some, wanted none"));
  CHECK_THAT(refusal({longs, global, owners}, 2, 1), mentions("the long output of forward: found 2 rows, wanted 3"));
  CHECK_THAT(refusal({longs, global, owners}, 3, 2), mentions("the global output of forward: found 2 rows, wanted 1"));
  CHECK_THAT(refusal({longs, global, owners}, 3, 1, model.encoder.workspace_bytes({97, 100, 10})),
             mentions("workspace"));
}

TEST_CASE("a batch of extended tokens gives every block of long tokens a global one") {
  weft::extended_token_batch tokens;
  tokens.add_in_blocks(ids{5, 6, 7, 8, 9}, 2);
  const auto view = tokens.view();
  CHECK(std::vector(view.owners.begin(), view.owners.end()) == ids{0, 0, 1, 1, 2});
  CHECK(std::vector(view.global_input.ids.begin(), view.global_input.ids.end()) == ids{1, 1, 1});
  CHECK(std::vector(view.long_input.segments.begin(), view.long_input.segments.end()) == ids{1, 1, 1, 1, 1});
  CHECK(view.size().tokens == 8);
  CHECK(view.size().longest == 5);
  CHECK(view.size().sequences == 2);
  CHECK_THAT(refusal_of([&] { tokens.add_in_blocks(ids{5}, 0); }), mentions("found 0, wanted at least 1 long token"));
  CHECK_THAT(refusal_of([&] { tokens.add(ids{5}, ids{1}, {}); }), mentions("owners of sequence 1: found 0 values"));
}

TEST_CASE("the extended encoder has the parameters of the paper") {
  index_t n = 0;
  const weft::sizes base{.layers = 12, .vocabulary = 30522, .segments = 16};
  const auto all = weft::describe<weft::extended_encoder<weft::etc_base>>(base);
  for (const auto& p : all) {
    index_t values = 1;
    for (const auto d : p.shape) values *= d;
    n += values;
  }
  // BERT's layer, a second output projection and norm, two relative tables; tables and two norms in front.
  const index_t h = 768, bert_layer = 7'087'872, layer = bert_layer + h * h + h + 2 * h + 2 * (32 * h + 32 * 12);
  CHECK(n == 12 * layer + (30522 + 16 + 4) * h);
  CHECK(all[0].name == "etc.embeddings.word_embeddings.weight");
  CHECK(all.back().name == "etc.layer.11.output.LayerNorm.bias");
}

}  // namespace

}  // namespace extended_test
