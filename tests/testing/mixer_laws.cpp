#include <weft/mixer/attention.hpp>
#include <weft/mixer/mixed_attention.hpp>
#include <weft/mixer/span_convolution.hpp>
#include <weft/testing/mixer_laws.hpp>

#include "catch.hpp"
#include "counted_allocations.hpp"

namespace mixer_laws_test {
namespace {
using weft::context, weft::index_t, weft::mixer_shape, weft::rows, weft::streams;
constexpr auto shape = mixer_shape::self(24, 3);

const weft::testing::mixer_trial strict{.allocations = allocations_so_far};

// Copies its value stream. Every broken mixer below differs from it in one line.
struct copying {
  template <mixer_shape S>
  struct bind {
    template <class Form>
    struct params {
      static constexpr void each(auto&&, auto&...) {}
    };
    void forward(const auto&, const streams<S>& x, rows<float, S.output> y, const context& ctx) const {
      ctx.each_rows(y.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) std::copy_n(x.value.row(t), S.output, y.row(t));
      });
    }
  };
};

// Tells forward apart by a number, so that each mistake is one line.
template <int Mistake>
struct broken {
  template <mixer_shape S>
  struct bind {
    template <class Form>
    struct params {
      static constexpr void each(auto&&, auto&...) {}
    };
    struct scratch {
      weft::frame from;
      rows<float, S.output> kept{from};
    };
    void forward(const auto&, const streams<S>& x, rows<float, S.output> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      float carried = 0;
      ctx.run.for_each(y.count, [&](index_t t, index_t worker) {
        std::copy_n(x.value.row(t), S.output, y.row(t));
        if (Mistake == 1 && t > 0) y.row(t)[0] += x.value.row(t - 1)[0];
        if (Mistake == 2) y.row(t)[1] += carried++;
        if (Mistake == 3) y.row(t)[2] += static_cast<float>(worker);
        if (Mistake == 4 && t + 1 == y.count) y.row(t)[S.output] = 1;
        if (Mistake == 5 && t == 0) y.row(t)[-1] = 1;
        if (Mistake == 6) y.row(t)[3] += s.kept.row(t)[0];
        if (Mistake == 7 && t + 1 == y.count) ctx.work.at(ctx.work.used())[0] = std::byte{1};
        if (Mistake == 8) ::operator delete(::operator new(16));
        if (Mistake == 9) y.row(t)[5] = std::sqrt(-1.0f - std::abs(y.row(t)[5]));
        if (Mistake == 11) y.row(t)[6] += static_cast<float>(t);
        static float passed = 0;
        if (Mistake == 12) y.row(t)[6] += passed++;
      });
      if (Mistake == 10) ctx.frame().take(1);
    }
  };
};

// Leaves a value of its output alone, or reads what lay there; looks at rows that are not visible.
template <int Mistake>
struct careless {
  template <mixer_shape S>
  struct bind {
    static constexpr bool reads_invisible = Mistake == 5;
    void forward(const weft::nothing&, const streams<S>& x, rows<float, S.output> y, const context& ctx) const {
      for (index_t s = 0; s < ctx.in.sequences(); ++s) {
        const auto first = ctx.in.first(s), rows = ctx.in.length(s), read = Mistake < 3 ? ctx.in.keys(s) : rows;
        for (auto t = first; t < first + rows; ++t) {
          const bool last = t + 1 == first + rows;
          const float kept = y.row(t)[5];
          for (index_t c = 0; c < S.output; ++c)
            if (Mistake != 0 || c != 3 || !last) y.row(t)[c] = x.value.row(t)[c];
          if (Mistake == 1) y.row(t)[5] += kept;
          const auto& stream = Mistake == 3 ? x.key : x.query;
          if (rows > 0)
            y.row(t)[1] += Mistake == 4 ? x.value.row(first + read - 1)[0] : stream.row(first + read - 1)[0];
        }
      }
    }
  };
};

// States scratch that forward never takes.
struct hoarding {
  template <mixer_shape S>
  struct bind : copying::bind<S> {
    struct scratch {
      weft::frame from;
      rows<float, S.output> kept{from};
    };
  };
};

// Takes memory besides, and keeps it.
struct keeping {
  template <mixer_shape S>
  struct bind : hoarding::bind<S> {
    using scratch = typename hoarding::bind<S>::scratch;
    void forward(const auto& weights, const streams<S>& x, rows<float, S.output> y, const context& ctx) const {
      {
        const scratch s{ctx.frame()};
        copying::bind<S>::forward(weights, x, y, ctx);
      }
      if (y.count > 0) ctx.work.claim(64);
    }
  };
};

template <int Mistake>
std::string law() {
  return weft::testing::broken_mixer_law<broken<Mistake>, shape>(strict);
}
bool begins(const std::string& words, const std::string& with) {
  INFO(words);
  CHECK(words.rfind(with, 0) == 0);
  return words.rfind(with, 0) == 0;
}
}  // namespace

TEST_CASE("attention keeps the laws of mixers") {
  CHECK(weft::testing::broken_mixer_law<weft::attention<>, shape>(strict) == "");
  constexpr mixer_shape uneven{.query = 20, .key = 24, .value = 36, .output = 40, .heads = 4};
  CHECK(weft::testing::broken_mixer_law<weft::attention<>, uneven>(strict) == "");
}

TEST_CASE("so does a mixer that copies") {
  CHECK(weft::testing::broken_mixer_law<copying, shape>(strict) == "");
  CHECK(law<0>() == "");
}

TEST_CASE("every broken law of mixers is named") {
  begins(law<1>(), "a sequence's result depends on its neighbours in the batch (sequence 6, 64 rows)");
  begins(law<2>(), "the number of workers or the order of tasks changes the result (1 worker, tasks backwards)");
  begins(law<3>(), "the number of workers or the order of tasks changes the result (2 workers, tasks backwards)");
  begins(law<4>(), "forward wrote outside its output rows");
  begins(law<5>(), "forward wrote outside its output rows");
  begins(law<6>(), "what lay in the workspace before changes the result");
  begins(law<7>(), "forward wrote beyond its scratch memory");
  begins(law<8>(), "forward allocated 270 times; scratch memory belongs into `struct scratch`");
  begins(law<9>(), "a result is not a finite number");
  begins(law<10>(), "forward refused a workspace of the stated size: workspace: found ");
  begins(law<11>(), "a sequence's result depends on its neighbours in the batch (sequence 6, 64 rows)");
  begins(weft::testing::broken_mixer_law<hoarding, shape>(strict),
         "scratch_bytes() states 25920 bytes, forward took 0");
  begins(weft::testing::broken_mixer_law<keeping, shape>(strict), "forward did not give its scratch memory back");
  begins(law<12>(), "the same batch gets another result the second time: forward keeps state");
}

TEST_CASE("output that is not written and rows that are not visible are noticed") {
  const auto careless_law = []<int Mistake>(std::integral_constant<int, Mistake>) {
    return weft::testing::broken_mixer_law<careless<Mistake>, shape>(strict);
  };
  begins(careless_law(std::integral_constant<int, 0>{}), "forward does not write all of its output: row 4, column 3");
  begins(careless_law(std::integral_constant<int, 1>{}),
         "what lay in the output before changes the result: row 0, column 5");
  CHECK(careless_law(std::integral_constant<int, 2>{}) == "");
  for (const auto& said :
       {careless_law(std::integral_constant<int, 3>{}), careless_law(std::integral_constant<int, 4>{}),
        careless_law(std::integral_constant<int, 6>{})})
    begins(said, "rows behind the visible ones change the result (sequence 0, 3 of 5 rows visible)");
  CHECK(careless_law(std::integral_constant<int, 5>{}) == "");
}

TEST_CASE("a convolution says whether it reads rows that are not visible") {
  using reading = weft::mixed_attention<weft::full, weft::span_convolution<5>>;
  using zeros = weft::mixed_attention<weft::full, weft::span_convolution<5, weft::invisible_rows::zeros>>;
  constexpr auto even = mixer_shape::self(32, 4);
  CHECK(reading::bind<even>::reads_invisible);
  CHECK(!zeros::bind<even>::reads_invisible);
  CHECK(weft::testing::broken_mixer_law<reading, even>(strict) == "");
  CHECK(weft::testing::broken_mixer_law<zeros, even>(strict) == "");
}

}  // namespace mixer_laws_test
