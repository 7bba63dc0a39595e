#pragma once
// A model that learns: its weights in the form in which they learn, in the form in which kernels read them, and
// gradients.
#include <algorithm>
#include <new>
#include <optional>
#include <utility>
#include <weft/head/described.hpp>
#include <weft/head/model.hpp>
#include <weft/numeric/float32.hpp>
#include <weft/train/head_pass.hpp>
#include <weft/train/layer_runs.hpp>
#include <weft/train/records.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// An encoder with one head that learns. Its policies' twins are included by the caller, or all by train/all.hpp.
template <encoder_spec Spec, class Head, class Arch = simd::native>
class learning_model {
 public:
  using model_type = basic_model<Arch, Spec, Head>;
  using form = typename model_type::form;
  static constexpr index_t width = Spec::shape.width;

 private:
  using parts = detail::encoder_parts<Spec>;
  using embedding = typename parts::embedding;
  using layer = typename parts::stack;
  using last = typename parts::last;
  using head = typename Head::template bind<Spec>;
  static_assert(parts::kinds::one_width, "weft: models whose layers are not all as wide cannot be trained yet");
  static_assert(std::is_same_v<typename form::numeric, float32>,
                "weft: a model that is trained has the numeric float32");
  using embedding_twin = typename training_of<typename Spec::embedding>::template bind<typename parts::embedding_spec>;
  using top = detail::head_pass<Spec, Head>;
  template <class LayerSpec>
  using layer_twin = typename training_of<typename LayerSpec::layout>::template bind<LayerSpec>;
  struct no_last {
    struct kept {
      frame& from;
    };
    template <class>
    static index_t scratch_bytes(extent, index_t) {
      return 0;
    }
  };
  static constexpr bool has_last = !std::is_same_v<last, nothing>;
  static constexpr auto bind_last_twin() {
    if constexpr (has_last)
      return std::type_identity<typename training_of<typename Spec::last>::template bind<Spec>>{};
    else
      return std::type_identity<no_last>{};
  }
  using last_twin = typename decltype(bind_last_twin())::type;

 public:
  /// Copies the weights. Tensors that the head ties to others share memory with them, unless `ties` is false; of two
  /// values the encoder's counts.
  learning_model(const typename model_type::template params<raw>& from, const sizes& s, executor run = {},
                 bool ties = true)
      : sizes_(s),
        learnt_(s, ties_of(ties), prefix, tied_tensors::share_memory, detail::names_of<Spec>()),
        gradients_(s, ties_of(ties), prefix, tied_tensors::learn_apart, detail::names_of<Spec>()),
        stores_(static_cast<std::size_t>(s.stored_layers() + 1)) {
    parts::kinds::check(s);
    for (index_t i = 0; i < s.layers; ++i)
      if (!owns_weights(i)) layers_apart_.emplace_back(s);
    learnt_.copy(from);
    stored_ = learnt_.stored();
    set_layers(ready_, s.stored_layers());
    refresh(run);
    const setup tables{s.layers, s.positions};
    set_up(embed_, tables, tables_), set_up(layer_, tables, tables_), set_up(last_, tables, tables_);
    set_up(head_, {s.layers, s.positions, Spec::shape.heads}, tables_);
  }

  const sizes& limits() const { return sizes_; }
  const learning_record<model_type>& learnt() const { return learnt_; }
  /// What all passes since clear_gradients() added up to, behind gather_gradients().
  const learning_record<model_type>& gradients() const { return gradients_; }
  void clear_gradients() const {
    gradients_.clear();
    for (const auto& one : layers_apart_) one.clear();
  }
  /// Adds what tied tensors, and layers that share their weights, learnt apart.
  void gather_gradients(executor run = {}) const {
    gradients_.gather(run);
    index_t number = 0;
    for (index_t i = 0; i < sizes_.layers; ++i)
      if (!owns_weights(i)) gather_layer(i, layers_apart_[static_cast<std::size_t>(number++)], run);
  }
  /// Its weights as they are, as a checkpoint would have them.
  const typename model_type::template params<raw>& stored() const { return stored_; }
  index_t output_width() const { return head_.outputs(sizes_); }
  index_t output_rows(const batch& in) const { return writes_tokens(head::reads_rows) ? in.tokens() : in.sequences(); }

  /// Bytes of the weights as kernels read them, and of tables.
  index_t packed_bytes() const {
    index_t bytes = tables_.bytes();
    for (const auto& store : stores_) bytes += store.bytes();
    return bytes;
  }

  /// Packs the weights once more, in place, behind a step of an optimiser.
  void refresh(executor run = {}) {
    run.for_each(static_cast<index_t>(stores_.size()), [&](index_t i, index_t) {
      auto& store = stores_[static_cast<std::size_t>(i)];
      if (packed_) store.rewind();
      if (i == sizes_.stored_layers()) {
        prepare(stored_.body.embed, ready_.body.embed, sizes_, store);
        prepare(stored_.body.last, ready_.body.last, sizes_, store);
        prepare(std::get<0>(stored_.tops), std::get<0>(ready_.tops), sizes_, store);
      } else {
        detail::each_layer_run<Spec, false>(
            layer_, stored_.body.layers, ready_.body.layers, gradients_.record().body.layers, sizes_.layers,
            [&](auto, const auto&, const auto& stored, auto& ready, const auto&, index_t first, index_t) {
              const auto number = static_cast<std::size_t>(i - first);
              if (i >= first && number < stored.size()) prepare(stored[number], ready[number], sizes_, store);
            });
      }
    });
    packed_ = true;
  }

  /// Bytes of workspace for batches up to this extent, run by that many workers; where the head is told which tokens it
  /// reads, so many of them.
  index_t workspace_bytes(extent e, index_t workers = 1, index_t chosen = -1) const {
    frame from(e);
    [[maybe_unused]] const tape all{from, *this};
    index_t layers = last_twin::template scratch_bytes<Arch>(e, workers);
    each_run([&]<class LayerSpec>(std::type_identity<LayerSpec>, const auto&...) {
      layers = std::max(layers, layer_twin<LayerSpec>::template scratch_bytes<Arch>(e, workers));
    });
    return from.bytes() + std::max({embedding_twin::template scratch_bytes<Arch>(e, workers), layers,
                                    top::template bytes<Arch>(head_, e, chosen, workers, sizes_)});
  }

  /// Which tokens of a batch a head of tokens reads, in increasing order; nothing: all of them.
  using choice = chosen_tokens;

  /// Runs a batch forwards; then loss(outputs, d_outputs), both [output_rows, output_width], which writes the gradient
  /// of the outputs; then backwards, which adds to the gradients. A head of tokens may be told which it reads, as those
  /// that have a label: outputs then have a row for each of these.
  void pass(const batch& in, const auto& loss, workspace& work, executor run = {}, const dropout& drop = {},
            index_t padding = -1, choice chosen = {}) {
    go(in, loss, work, run, drop, padding, chosen, true);
  }
  /// Runs a batch forwards only, without dropout: see(outputs).
  void forward(const batch& in, const auto& see, workspace& work, executor run = {}, choice chosen = {}) {
    go(
        in, [&](matrix<const float> out, matrix<float>) { see(out); }, work, run, {}, -1, chosen, false);
  }

 private:
  // f(type_identity of a spec, layer, its stored, ready and gradient weights, first, count): see train/layer_runs.hpp.
  template <bool Back = false>
  void each_run(const auto& f) const {
    detail::each_layer_run<Spec, Back>(layer_, stored_.body.layers, ready_.body.layers, gradients_.record().body.layers,
                                       sizes_.layers, f);
  }

  // What a pass keeps: the rows of every level and what every layer keeps, and the gradients of two levels.
  struct tape {
    frame& from;
    const learning_model& of;
    typename embedding_twin::kept embedded{from};
    rows<float, width> all{from, (of.sizes_.layers + 1 + has_last) * from.size.tokens};
    rows<float, width> change{from}, changed{from};
    rows<float, width> level(index_t i) const { return all.part(i * from.size.tokens, (i + 1) * from.size.tokens); }
    index_t slot = of.largest_kept();
    std::byte* layers_kept = from.template take<std::byte>(of.sizes_.layers * slot);
    bool measured = (measure(), true);
    typename last_twin::kept last{from};
    // What a layer keeps are views; they lie in the workspace, as their number is known at run time only.
    void measure() const {
      of.each_run([&]<class LayerSpec>(std::type_identity<LayerSpec>, const auto&, const auto&, const auto&,
                                       const auto&, index_t first, index_t count) {
        using kept = typename layer_twin<LayerSpec>::kept;
        for (index_t i = first; i < first + count; ++i) {
          if (layers_kept)
            new (layers_kept + i * slot) kept{from};
          else
            static_cast<void>(kept{from});
        }
      });
    }
    template <class Kept>
    const Kept& layer(index_t i) const {
      return *std::launder(reinterpret_cast<const Kept*>(layers_kept + i * slot));
    }
  };
  index_t largest_kept() const {
    index_t bytes = 0;
    each_run([&]<class LayerSpec>(std::type_identity<LayerSpec>, const auto&...) {
      bytes = std::max(bytes, index_t{sizeof(typename layer_twin<LayerSpec>::kept)});
    });
    return round_up(bytes, cache_line);
  }
  using read_rows = rows<const float, width>;

  void go(const batch& in, const auto& loss, workspace& work, executor run, const dropout& drop, index_t padding,
          choice chosen, bool back) {
    check(in, sizes_);
    if (chosen) top::check(*chosen, in);
    check_batch(embed_, in), check_batch(layer_, in), check_batch(head_, in);
    work.require(workspace_bytes(in.size(), run.workers(), chosen ? chosen->size() : -1));
    frame from(in.size(), work);
    const tape kept{from, *this};
    training_context ctx{{in, work, run}, drop, padding, nullptr};
    embedding_twin::template forward<form>(embed_, ready_.body.embed, kept.embedded, kept.level(0), ctx);
    each_run([&]<class LayerSpec>(std::type_identity<LayerSpec>, const auto& part, const auto&, const auto& ready,
                                  const auto&, index_t first, index_t count) {
      using twin = layer_twin<LayerSpec>;
      for (index_t i = first; i < first + count; ++i) {
        ctx.layer = i;
        twin::template forward<form>(part, ready[weights_of(i) - static_cast<std::size_t>(first)],
                                     kept.template layer<typename twin::kept>(i), read_rows(kept.level(i)),
                                     kept.level(i + 1), ctx);
      }
    });
    ctx.layer = sizes_.layers;
    if constexpr (has_last)
      last_twin::template forward<form>(last_, ready_.body.last, kept.last, read_rows(kept.level(sizes_.layers)),
                                        kept.level(sizes_.layers + 1), ctx);
    top::template run<form>(head_, std::get<0>(stored_.tops), std::get<0>(ready_.tops),
                            std::get<0>(gradients_.record().tops), read_rows(kept.level(sizes_.layers + has_last)),
                            kept.change, ctx, chosen, sizes_, loss, back);
    if (!back) return;
    auto change = kept.change, other = kept.changed;
    if constexpr (has_last) {
      last_twin::template backward<form>(last_, stored_.body.last, ready_.body.last, gradients_.record().body.last,
                                         kept.last, read_rows(kept.level(sizes_.layers)), read_rows(change), other,
                                         ctx);
      std::swap(change, other);
    }
    auto apart = static_cast<index_t>(layers_apart_.size());
    each_run<true>([&]<class LayerSpec>(std::type_identity<LayerSpec>, const auto& part, const auto& stored,
                                        const auto& ready, const auto& gradients, index_t first, index_t count) {
      using twin = layer_twin<LayerSpec>;
      for (index_t i = first + count; i-- > first;) {
        ctx.layer = i;
        const auto number = weights_of(i) - static_cast<std::size_t>(first);
        const auto go_back = [&](const auto& learnt) {
          twin::template backward<form>(part, stored[number], ready[number], learnt,
                                        kept.template layer<typename twin::kept>(i), read_rows(kept.level(i)),
                                        read_rows(change), other, ctx);
        };
        if constexpr (parts::kinds::one_kind)
          if (!owns_weights(i)) {
            go_back(layers_apart_[static_cast<std::size_t>(--apart)].record());
            std::swap(change, other);
            continue;
          }
        go_back(gradients[number]);
        std::swap(change, other);
      }
    });
    ctx.layer = 0;
    embedding_twin::template backward<form>(embed_, stored_.body.embed, ready_.body.embed,
                                            gradients_.record().body.embed, kept.embedded, change, ctx);
  }

  // What layers that share weights with one before them learn is added in their order.
  void gather_layer([[maybe_unused]] index_t i, [[maybe_unused]] const learning_record<layer>& apart,
                    [[maybe_unused]] executor run) const {
    if constexpr (parts::kinds::one_kind)
      walk(
          "",
          [&](const unit_string&, const auto& to, const auto& from) {
            weft::detail::move_up({to.data, to.size()}, {from.data, to.size()}, run);
          },
          0, gradients_.record().body.layers[weights_of(i)], apart.record());
  }
  bool owns_weights(index_t i) const { return i == 0 || weights_of(i) != weights_of(i - 1); }
  static constexpr std::string_view prefix = detail::prefix_of<Spec>();
  static unit_vector<tied_name> ties_of(bool ties) {
    return ties ? detail::ties_of<Spec, Head>() : unit_vector<tied_name>();
  }
  std::size_t weights_of(index_t i) const { return static_cast<std::size_t>(sizes_.weights_of(i)); }

  sizes sizes_;
  learning_record<model_type> learnt_, gradients_;
  unit_vector<learning_record<layer>> layers_apart_;  // of layers that share their weights with one before them
  typename model_type::template params<raw> stored_{};
  typename model_type::template params<form> ready_{};
  unit_vector<arena> stores_;
  bool packed_ = false;
  arena tables_;
  [[no_unique_address]] embedding embed_{};
  [[no_unique_address]] layer layer_{};
  [[no_unique_address]] last last_{};
  [[no_unique_address]] head head_{};
};

}  // namespace weft
