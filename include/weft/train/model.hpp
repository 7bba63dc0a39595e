#pragma once
// A model that learns: its weights in the form in which they learn, in the form in which kernels read them, and
// gradients.
#include <algorithm>
#include <new>
#include <utility>
#include <weft/head/model.hpp>
#include <weft/numeric/float32.hpp>
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
  using head = typename Head::template bind<Spec>;
  static_assert(parts::kinds::one_kind && std::is_same_v<typename parts::last, nothing>,
                "weft: models whose layers are of several kinds, or that have a part behind the last layer, cannot be "
                "trained yet");
  static_assert(std::is_same_v<typename form::numeric, float32>,
                "weft: a model that is trained has the numeric float32");
  static_assert(head::reads_rows == reads::every_token || head::reads_rows == reads::first_token ||
                    head::reads_rows == reads::last_token,
                "weft: heads that read whole sequences cannot be trained yet");
  using embedding_twin = typename training_of<typename Spec::embedding>::template bind<typename parts::embedding_spec>;
  using layer_twin = typename training_of<typename Spec::layout>::template bind<Spec>;
  using head_twin = typename training_of<Head>::template bind<Spec>;

 public:
  /// Copies the weights.
  learning_model(const typename model_type::template params<raw>& from, const sizes& s, executor run = {})
      : sizes_(s), learnt_(s), gradients_(s), stores_(static_cast<std::size_t>(s.stored_layers() + 1)) {
    learnt_.copy(from);
    stored_ = learnt_.stored();
    set_layers(ready_, s.stored_layers());
    refresh(run);
    const setup tables{s.layers, s.positions};
    set_up(embed_, tables, tables_), set_up(layer_, tables, tables_);
    set_up(head_, {s.layers, s.positions, Spec::shape.heads}, tables_);
  }

  const sizes& limits() const { return sizes_; }
  const learning_record<model_type>& learnt() const { return learnt_; }
  const learning_record<model_type>& gradients() const { return gradients_; }
  /// Its weights as they are, as a checkpoint would have them.
  const typename model_type::template params<raw>& stored() const { return stored_; }
  index_t output_width() const { return head::outputs(sizes_); }
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
        prepare(std::get<0>(stored_.tops), std::get<0>(ready_.tops), sizes_, store);
      } else {
        const auto number = static_cast<std::size_t>(i);
        prepare(stored_.body.layers[number], ready_.body.layers[number], sizes_, store);
      }
    });
    packed_ = true;
  }

  /// Bytes of workspace for batches up to this extent, run by that many workers.
  index_t workspace_bytes(extent e, index_t workers = 1) const {
    frame from(e);
    [[maybe_unused]] const tape all{from, sizes_.layers};
    const extent read = read_by_head(e);
    frame top(read);
    [[maybe_unused]] const head_tape kept{top, output_width()};
    return from.bytes() + std::max({embedding_twin::template scratch_bytes<Arch>(e, workers),
                                    layer_twin::template scratch_bytes<Arch>(e, workers),
                                    top.bytes() + head_twin::template scratch_bytes<Arch>(read, workers, sizes_)});
  }

  /// Runs a batch forwards; then loss(outputs, d_outputs), both [output_rows, output_width], which writes the gradient
  /// of the outputs; then backwards, which adds to the gradients.
  void pass(const batch& in, const auto& loss, workspace& work, executor run = {}, const dropout& drop = {},
            index_t padding = -1) {
    go(in, loss, work, run, drop, padding, true);
  }
  /// Runs a batch forwards only, without dropout: see(outputs).
  void forward(const batch& in, const auto& see, workspace& work, executor run = {}) {
    go(
        in, [&](matrix<const float> out, matrix<float>) { see(out); }, work, run, {}, -1, false);
  }

 private:
  // What a pass keeps: the rows of every level and what every layer keeps, and the gradients of two levels.
  struct tape {
    frame& from;
    index_t layers;
    typename embedding_twin::kept embedded{from};
    rows<float, width> levels{from, (layers + 1) * from.size.tokens};
    rows<float, width> change{from}, changed{from};
    rows<float, width> level(index_t i) const { return levels.part(i * from.size.tokens, (i + 1) * from.size.tokens); }
    using kept = typename layer_twin::kept;
    std::byte* layers_kept = from.template take<std::byte>(layers * index_t{sizeof(kept)});
    bool measured = (measure(), true);
    // What a layer keeps are views; they lie in the workspace, as their number is known at run time only.
    void measure() const {
      for (index_t i = 0; i < layers; ++i) {
        if (layers_kept)
          new (layers_kept + i * index_t{sizeof(kept)}) kept{from};
        else
          static_cast<void>(kept{from});
      }
    }
    const kept& of(index_t i) const {
      return *std::launder(reinterpret_cast<const kept*>(layers_kept + i * index_t{sizeof(kept)}));
    }
  };
  struct head_tape {
    frame& from;
    index_t outputs;
    rows<float, width> read{from}, change{from};
    typename head_twin::kept kept{from};
    float *out = from.take(from.size.tokens * outputs), *d_out = from.take(from.size.tokens * outputs);
  };
  static extent read_by_head(extent e) {
    const index_t n = reads_tokens(head::reads_rows) ? e.tokens : e.sequences;
    return {n, std::min(n, e.longest), e.sequences};
  }
  using read_rows = rows<const float, width>;

  void go(const batch& in, const auto& loss, workspace& work, executor run, const dropout& drop, index_t padding,
          bool back) {
    check(in, sizes_);
    check_batch(embed_, in), check_batch(layer_, in), check_batch(head_, in);
    work.require(workspace_bytes(in.size(), run.workers()));
    frame from(in.size(), work);
    const tape kept{from, sizes_.layers};
    training_context ctx{{in, work, run}, drop, padding};
    embedding_twin::template forward<form>(embed_, ready_.body.embed, kept.embedded, kept.level(0), ctx);
    for (index_t i = 0; i < sizes_.layers; ++i) {
      ctx.layer = i;
      layer_twin::template forward<form>(layer_, ready_.body.layers[weights_of(i)], kept.of(i),
                                         read_rows(kept.level(i)), kept.level(i + 1), ctx);
    }
    run_head(in, loss, kept, ctx, back);
    if (!back) return;
    auto change = kept.change, other = kept.changed;
    for (index_t i = sizes_.layers; i-- > 0;) {
      ctx.layer = i;
      const auto number = weights_of(i);
      layer_twin::template backward<form>(layer_, stored_.body.layers[number], ready_.body.layers[number],
                                          gradients_.record().body.layers[number], kept.of(i), read_rows(kept.level(i)),
                                          read_rows(change), other, ctx);
      std::swap(change, other);
    }
    embedding_twin::template backward<form>(embed_, stored_.body.embed, ready_.body.embed,
                                            gradients_.record().body.embed, kept.embedded, change, ctx);
  }

  void run_head(const batch& in, const auto& loss, const tape& kept, const training_context& whole, bool back) const {
    const extent read = read_by_head(in.size());
    frame from(read, whole.work);
    const head_tape top{from, output_width()};
    training_context ctx = with_extent(whole, read);
    const auto hidden = kept.level(sizes_.layers);
    const index_t count = read.tokens;
    const auto row_of = [&](index_t i) {
      return reads_tokens(head::reads_rows) ? i : row_read(head::reads_rows, in, i);
    };
    for (index_t i = 0; i < count; ++i) {
      if (const auto row = row_of(i); row >= 0)
        std::copy_n(hidden.row(row), width, top.read.row(i));
      else
        std::fill_n(top.read.row(i), width, 0.0f);
    }
    const matrix<float> out(top.out, count, output_width()), d_out(top.d_out, count, output_width());
    const auto& ready = std::get<0>(ready_.tops);
    head_twin::template forward<form>(head_, ready, top.kept, read_rows(top.read), out, ctx);
    loss(matrix<const float>(out), d_out);
    if (!back) return;
    head_twin::template backward<form>(head_, std::get<0>(stored_.tops), ready, std::get<0>(gradients_.record().tops),
                                       top.kept, read_rows(top.read), matrix<const float>(d_out), top.change, ctx);
    std::fill_n(kept.change.data, kept.change.count * width, 0.0f);
    for (index_t i = 0; i < count; ++i)
      if (const auto row = row_of(i); row >= 0) std::copy_n(top.change.row(i), width, kept.change.row(row));
  }
  training_context with_extent(const training_context& c, extent e) const {
    return {{c.in, c.work, c.run, sizes_.layers, e}, c.drop, c.padding};
  }
  std::size_t weights_of(index_t i) const { return static_cast<std::size_t>(sizes_.weights_of(i)); }

  sizes sizes_;
  learning_record<model_type> learnt_, gradients_;
  typename model_type::template params<raw> stored_{};
  typename model_type::template params<form> ready_{};
  unit_vector<arena> stores_;
  bool packed_ = false;
  arena tables_;
  [[no_unique_address]] embedding embed_{};
  [[no_unique_address]] layer layer_{};
  [[no_unique_address]] head head_{};
};

}  // namespace weft
