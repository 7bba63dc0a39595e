#pragma once
#include <utility>
#include <weft/base/unit_containers.hpp>
#include <weft/concept/bind.hpp>
#include <weft/concept/spec.hpp>
#include <weft/encoder/observer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// An embedding and a stack of equal layers, each with weights of its own unless they are shared (sizes::groups). Built
/// once from a checkpoint's weights, const afterwards: several threads may run one encoder at once, each with a
/// workspace of its own.
template <encoder_spec Spec, class Arch = simd::native>
class encoder {
 public:
  using spec = Spec;
  using arch = Arch;
  using form = form_of<Spec, Arch>;
  static constexpr index_t width = Spec::shape.width;
  using layer = typename decltype(bind_layout<Spec>())::type;
  using embedding = typename decltype(bind_embedding<Spec>())::type;
  static_assert(keeps_record_laws<layer>() && keeps_record_laws<embedding>());

  template <class Form>
  struct params {
    weights<Form, embedding> embed;
    unit_vector<weights<Form, layer>> layers;
    static constexpr void each(auto&& f, auto&... p) {
      f("", p.embed...);
      f("encoder.layer", p.layers...);
    }
  };

  /// What the names of its parameters begin with.
  static constexpr std::string_view starting_name() { return detail::prefix_of<Spec>(); }

  /// What a configuration has to say for its checkpoint to fit this type (see io/agreement.hpp).
  static void expect(auto&& wants) {
    wants.integer("hidden_size", width);
    wants.integer("num_attention_heads", Spec::shape.heads);
    wants.part(embedding{});
    wants.part(layer{});
  }

  /// Packs the weights; the executor's workers share the layers. `store` may keep what the stored tensors point into
  /// alive; it becomes the encoder's.
  encoder(const params<raw>& stored, const sizes& s, arena store = {}, executor run = {})
      : sizes_(s), store_(std::move(store)) {
    prepare(stored, weights_, sizes_, store_, run);
    const setup tables{sizes_.layers, sizes_.positions};
    set_up(embed_, tables, store_);
    set_up(layer_, tables, store_);
  }

  const sizes& limits() const { return sizes_; }
  /// Bytes that this encoder owns: packed weights and tables, not what stays in a mapped file.
  index_t weight_bytes() const { return store_.bytes(); }

  /// Bytes of workspace for batches up to this extent, run by that many workers.
  index_t workspace_bytes(extent e, index_t workers = 1) const {
    return workers * own_bytes<form>() + bytes_of<scratch>(e) +
           std::max(scratch_bytes(embed_, e, workers), scratch_bytes(layer_, e, workers));
  }

  /// Hidden states of the last layer, one row a token: out is [batch.tokens(), width].
  /// Fails on ids, segments, lengths or tables outside the model, on an output of another size and on a workspace that
  /// is too small; `out` is then unchanged.
  template <class Observer = unobserved>
  void forward(const batch& in, rows<float, width> out, workspace& work, executor run = {},
               Observer&& observer = Observer{}) const {
    check(in, sizes_);
    check_batch(embed_, in);
    check_batch(layer_, in);
    if (out.count != in.tokens())
      fail({.subject = "the output of forward",
            .found = decimal(out.count) + " rows",
            .wanted = decimal(in.tokens()) + ", one for each token of the batch"});
    work.require(workspace_bytes(in.size(), run.workers()));
    frame kept(in.size(), work);
    context ctx{in, work, run};
    ctx.own = take_own<form>(kept, run.workers());
    using watching = std::remove_reference_t<Observer>;
    if constexpr (attention_observer<watching>)
      run_layers(out, observed_context<watching>{ctx, observer}, observer);
    else
      run_layers(out, ctx, observer);
  }

  const params<form>& prepared_weights() const { return weights_; }

 private:
  struct scratch {
    frame from;
    rows<float, width> other{from};
  };

  void run_layers(rows<float, width> out, auto at, auto& observer) const {
    const scratch s{at.frame()};
    rows<float, width> x = out, y = s.other;
    if (sizes_.layers % 2) std::swap(x, y);
    embed_.forward(weights_.embed, x, at);
    const auto show = [&](index_t level) {
      if constexpr (hidden_observer<std::remove_cvref_t<decltype(observer)>, width>)
        observer.hidden(level, rows<const float, width>(x));
    };
    show(0);
    for (at.layer = 0; at.layer < sizes_.layers; ++at.layer) {
      layer_.forward(weights_.layers[static_cast<std::size_t>(sizes_.weights_of(at.layer))],
                     rows<const float, width>(x), y, std::as_const(at));
      std::swap(x, y);
      show(at.layer + 1);
    }
  }

  sizes sizes_;
  arena store_;
  params<form> weights_{};
  [[no_unique_address]] embedding embed_{};
  layer layer_{};
};

}  // namespace weft
