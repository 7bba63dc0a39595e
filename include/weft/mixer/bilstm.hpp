#pragma once
#include <algorithm>
#include <weft/concept/part.hpp>
#include <weft/kernel/lstm.hpp>
#include <weft/numeric/shared_work.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// "weight_ih_l0_reverse": a tensor of a direction of a layer, as torch.nn.LSTM calls it.
template <index_t Layer, bool Backward>
struct lstm_name {
  static_assert(Layer < 10);
  char letters[24] = {};
  std::size_t size = 0;
  constexpr explicit lstm_name(std::string_view begin) {
    const auto add = [&](std::string_view more) {
      for (const char c : more) letters[size++] = c;
    };
    add(begin);
    letters[size++] = static_cast<char>('0' + Layer);
    if (Backward) add("_reverse");
  }
  constexpr std::string_view view() const { return {letters, size}; }
};

// What a checkpoint stores of one direction of a layer.
template <index_t In, index_t Units, index_t Layer, bool Backward>
struct lstm_tensors {
  using text = lstm_name<Layer, Backward>;
  static constexpr text weight_ih{"weight_ih_l"}, weight_hh{"weight_hh_l"}, bias_ih{"bias_ih_l"}, bias_hh{"bias_hh_l"};

  template <class Form>
  struct params {
    [[no_unique_address]] stored<Form, tensor<Form, 4 * Units, In>> input;
    [[no_unique_address]] stored<Form, tensor<Form, 4 * Units, Units>> state;
    [[no_unique_address]] stored<Form, tensor<Form, 4 * Units>> input_bias;
    [[no_unique_address]] stored<Form, tensor<Form, 4 * Units>> state_bias;
    static constexpr void each(auto&& f, auto&... p) {
      f(name(weight_ih.view()), p.input...);
      f(name(weight_hh.view()), p.state...);
      f(name(bias_ih.view()), p.input_bias...);
      f(name(bias_hh.view()), p.state_bias...);
    }
  };
};

// Both directions of a layer, packed.
template <index_t In, index_t Units, index_t Layer>
struct lstm_layer {
  template <class Form>
  struct params {
    [[no_unique_address]] weights<Form, lstm_tensors<In, Units, Layer, false>> forward;
    [[no_unique_address]] weights<Form, lstm_tensors<In, Units, Layer, true>> backward;
    [[no_unique_address]] derived<Form, std::array<linear<Form, In, 4 * Units>, 2>> input;
    [[no_unique_address]] derived<Form, std::array<linear<Form, Units, 4 * Units>, 2>> state;
    static constexpr void each(auto&& f, auto&... p) {
      f("", p.forward...);
      f("", p.backward...);
    }
    void derive(const auto& raw, const sizes&, arena& store) {
      const auto pack = [&](auto& to, const auto& weight, const auto& bias, index_t inputs) {
        to.pack([&](index_t o, index_t i) { return weight[o * inputs + i]; }, bias.data, 4 * Units, store);
      };
      store.begin_group(2);
      pack(input[0], raw.forward.input, raw.forward.input_bias, In);
      pack(input[1], raw.backward.input, raw.backward.input_bias, In);
      pack(state[0], raw.forward.state, raw.forward.state_bias, Units);
      pack(state[1], raw.backward.state, raw.backward.state_bias, Units);
    }
  };
};

template <index_t In, index_t Units, index_t Layer, index_t Layers>
struct lstm_stack {
  using rest =
      std::conditional_t<(Layer + 1 < Layers),
                         lstm_stack<2 * Units, Units, (Layer + 1 < Layers ? Layer + 1 : Layer), Layers>, nothing>;
  template <class Form>
  struct params {
    weights<Form, lstm_layer<In, Units, Layer>> here;
    [[no_unique_address]] weights<Form, rest> behind;
    static constexpr void each(auto&& f, auto&... p) {
      f("", p.here...);
      f("", p.behind...);
    }
  };
};
}  // namespace detail

/// A bidirectional long short-term memory as a mixer: Units values of each direction beside each other, the forward one
/// first; Layers of them, each reading what the one before wrote (reference: torch.nn.LSTM with bidirectional=True, its
/// order of gates and both its biases). It reads the value stream. A sequence's last visible row is the first that the
/// backward direction reads; rows that are not visible become zeros, as torch.nn.utils.rnn.pad_packed_sequence has it.
///
/// The two directions, and where there are more workers some of the sequences, are tasks; a task steps through time
/// with all its sequences abreast, so that every step reads the weights once for all of them.
template <index_t Units, index_t Layers = 1>
struct bilstm {
  static_assert(Units > 0, "weft::bilstm: wants units of each direction, 1 or more");
  static_assert(Layers > 0 && Layers <= 10, "weft::bilstm: wants 1 to 10 layers");
  static constexpr index_t units = Units, recurrent_layers = Layers;

  template <mixer_shape S>
  struct bind {
    static_assert(S.output == 2 * Units,
                  "weft::bilstm: a row is as wide as both directions: the mixer's output width must be twice Units");
    using stack = detail::lstm_stack<S.value, Units, 0, Layers>;
    static constexpr index_t gates = 4 * Units;

    template <class Form>
    struct params {
      weights<Form, stack> all;
      static constexpr void each(auto&& f, auto&... p) { f("", p.all...); }
    };
    struct scratch {
      frame from;
      rows<float, 2 * gates> from_input{from};
      rows<float, gates> from_state{from, 2 * from.size.sequences};
      rows<float, Units> state{from, 2 * from.size.sequences}, cell{from, 2 * from.size.sequences};
      index_t* order = from.take<index_t>(from.size.sequences);
    };
    [[no_unique_address]] params<bound> parts;

    template <class Form>
    void forward(const params<Form>& p, const streams<S>& x, rows<float, S.output> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      const auto& in = ctx.in;
      // The longest first, so that the sequences that still run at a step are the first ones.
      for (index_t i = 0; i < in.sequences(); ++i) s.order[i] = i;
      std::sort(s.order, s.order + in.sequences(),
                [&](index_t a, index_t b) { return in.keys(a) != in.keys(b) ? in.keys(a) > in.keys(b) : a < b; });
      run_layers<typename Form::arch>(p.all, x.value, y, s, ctx);
      if (!in.visible.empty())
        for (index_t i = 0; i < in.sequences(); ++i)
          for (auto row = in.first(i) + in.keys(i); row < in.first(i) + in.length(i); ++row)
            std::fill_n(y.row(row), S.output, 0.0f);
    }

   private:
    // A layer has taken its inputs before it writes, so all of them write to y.
    template <class Arch>
    static void run_layers(const auto& p, const auto& x, rows<float, S.output> y, const scratch& s,
                           const context& ctx) {
      share_products(ctx, p.here.input[0].product(x, s.from_input.template columns<0, gates>()),
                     p.here.input[1].product(x, s.from_input.template columns<gates, gates>()));
      walk_sequences<Arch>(p.here.state, y, s, ctx);
      if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(p.behind)>, nothing>)
        run_layers<Arch>(p.behind, rows<const float, S.output>(y), y, s, ctx);
    }

    template <class Arch, class Linear>
    static void walk_sequences(const std::array<Linear, 2>& linears, rows<float, S.output> y, const scratch& s,
                               const context& ctx) {
      const auto sequences = ctx.in.sequences();
      if (sequences == 0) return;
      constexpr index_t most = 64;  // sequences of a task: their state stays in cache
      const auto blocks = std::clamp(ceil_div(ctx.run.workers(), index_t{2}), ceil_div(sequences, most), sequences);
      ctx.run.for_each(2 * blocks, [&](index_t i, index_t worker) {
        // Block b has every blocks-th sequence from the b-th longest on: the blocks end at about the same time.
        const auto block = i / 2, direction = i % 2;
        const auto count = (sequences - block + blocks - 1) / blocks;
        const auto begin = direction * sequences + block * (sequences / blocks) + std::min(block, sequences % blocks);
        const worker_memory own{ctx.own.of(worker), 0};
        step_through_time<Arch>(linears[static_cast<std::size_t>(direction)], direction, block, blocks, count, begin, y,
                                s, own, ctx.in);
      });
    }

    template <class Arch, class Linear>
    static void step_through_time(const Linear& linear, index_t direction, index_t block, index_t blocks, index_t count,
                                  index_t begin, rows<float, S.output> y, const scratch& s, worker_memory own,
                                  const batch& in) {
      const auto state = s.state.part(begin, begin + count), cell = s.cell.part(begin, begin + count);
      const auto from_state = s.from_state.part(begin, begin + count);
      std::fill_n(state.data, count * Units, 0.0f);
      std::fill_n(cell.data, count * Units, 0.0f);
      const auto sequence = [&](index_t i) { return s.order[block + i * blocks]; };
      for (index_t step = 0, running = count; running > 0; ++step) {
        while (running > 0 && in.keys(sequence(running - 1)) <= step) --running;
        if (running == 0) break;
        share_products(executor{}, own, linear.product(state.part(0, running), from_state.part(0, running)));
        for (index_t i = 0; i < running; ++i) {
          const auto at = sequence(i);
          const auto row = in.first(at) + (direction == 0 ? step : in.keys(at) - 1 - step);
          lstm_row<Arch>(s.from_input.row(row) + direction * gates, from_state.row(i), Units, cell.row(i), state.row(i),
                         y.row(row) + direction * Units);
        }
      }
    }
  };
};

}  // namespace weft
