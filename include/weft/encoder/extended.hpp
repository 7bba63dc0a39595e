#pragma once
#include <utility>
#include <weft/base/unit_containers.hpp>
#include <weft/embedding/two_stream.hpp>
#include <weft/encoder/observer.hpp>
#include <weft/encoder/weighted_stack.hpp>
#include <weft/layout/two_stream.hpp>
#include <weft/memory/extended_batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What an extended_encoder is made of; see model/etc.hpp.
template <class S>
concept extended_spec = requires {
  { S::shape } -> std::convertible_to<model_shape>;  // .width, .heads, .hidden
  typename S::mixer;                                 // two_stream_attention<>
  typename S::activation;                            // gelu_tanh
  typename S::norm;                                  // layer_norm<>
  typename S::numeric;                               // float32
  requires S::shape.heads > 0;
  requires S::shape.width % S::shape.heads == 0;  // the heads must divide the width
};

namespace detail {
template <class Spec>
struct extended_parts {
  using embedding = two_stream_embedding::bind<Spec>;
  using stack = two_stream_post_norm::bind<Spec>;
  using last = nothing;
  static constexpr const char* layer_name = "layer";
  template <class Form>
  using layer_record = unit_vector<weights<Form, stack>>;
};
}  // namespace detail

/// The encoder of ETC (Ainslie et al. 2020), which is BigBird's extended construction: a long input beside a few global
/// tokens of its own. Cost and memory are linear in the long input. Built once from a checkpoint's weights, const
/// afterwards: several threads may run one at once, each with a workspace of its own.
template <extended_spec Spec, class Arch = simd::native>
class extended_encoder : public detail::weighted_stack<Spec, Arch, detail::extended_parts<Spec>> {
  using base = detail::weighted_stack<Spec, Arch, detail::extended_parts<Spec>>;
  using base::embed_, base::sizes_, base::stack_, base::weights_;

 public:
  using base::width;
  using typename base::form;

  /// Packs the weights of a model of `s.layers`, `s.vocabulary` and `s.segments`. `store` may keep what the stored
  /// tensors point into alive; it becomes the encoder's.
  extended_encoder(const typename base::template params<raw>& stored, const sizes& s, arena store = {},
                   executor run = {})
      : base(stored, s, std::move(store), run) {}

  /// Bytes of workspace for batches up to this extent (extended_batch::size()), run by that many workers.
  index_t workspace_bytes(extent e, index_t workers = 1) const {
    return bytes_of<scratch>(e) + this->inner_bytes(e, workers);
  }

  /// Hidden states of the last layer, one row a token: [long tokens, width] and [global tokens, width]. An observer's
  /// `hidden(level, rows)` gets the rows of both streams, the long ones first. Fails on ids, segments, owners or pairs
  /// outside the model, on outputs of another size and on a workspace that is too small; the outputs are then
  /// unchanged.
  template <class Observer = unobserved>
  void forward(const extended_batch& in, rows<float, width> long_out, rows<float, width> global_out, workspace& work,
               executor run = {}, Observer&& observer = Observer{}) const {
    check(in, sizes_);
    check_rows("long", long_out.count, in.long_input.tokens());
    check_rows("global", global_out.count, in.global_input.tokens());
    const auto size = in.size();
    work.require(workspace_bytes(size, run.workers()));
    const scratch s{frame(size, work)};
    const batch joined = join(in, s);
    this->check_parts(joined);
    frame kept(size, work);
    context ctx{joined, work, run, 0, size};
    ctx.own = take_own<form>(kept, run.workers());
    auto x = s.one, y = s.other;
    embed_.forward(weights_.embed, x, ctx);
    const auto show = [&](index_t level) {
      if constexpr (hidden_observer<std::remove_cvref_t<Observer>, width>)
        observer.hidden(level, rows<const float, width>(x));
    };
    show(0);
    for (ctx.layer = 0; ctx.layer < sizes_.layers; ++ctx.layer) {
      stack_.forward(weights_.layers[static_cast<std::size_t>(ctx.layer)], rows<const float, width>(x), in.owners, y,
                     ctx);
      std::swap(x, y);
      show(ctx.layer + 1);
    }
    copy(x.part(0, long_out.count), long_out, ctx);
    copy(x.part(long_out.count, x.count), global_out, ctx);
  }

 private:
  struct scratch {
    frame from;
    rows<float, width> one{from}, other{from};
    std::int32_t* ids = from.take<std::int32_t>(from.size.tokens);
    std::int32_t* segments = from.take<std::int32_t>(from.size.tokens);
    index_t* offsets = from.take<index_t>(from.size.sequences + 1);
    index_t* visible = from.take<index_t>(from.size.sequences);
  };

  static void check_rows(const char* stream, index_t found, index_t wanted) {
    if (found != wanted)
      fail({.subject = unit_string("the ") + stream + " output of forward",
            .found = decimal(found) + " rows",
            .wanted = decimal(wanted) + ", one for each " + stream + " token of the batch"});
  }

  // Both streams as one batch of 2 B sequences, the long ones first.
  static batch join(const extended_batch& in, const scratch& s) {
    index_t token = 0, sequence = 0;
    const auto append = [&](const batch& b, std::int32_t segment) {
      for (index_t i = 0; i < b.sequences(); ++i, ++sequence) {
        s.offsets[sequence] = token + b.first(i);
        s.visible[sequence] = b.keys(i);
      }
      std::copy(b.ids.begin(), b.ids.end(), s.ids + token);
      if (b.segments.empty())
        std::fill_n(s.segments + token, b.tokens(), segment);
      else
        std::copy(b.segments.begin(), b.segments.end(), s.segments + token);
      token += b.tokens();
    };
    append(in.long_input, 1);
    append(in.global_input, 0);
    s.offsets[sequence] = token;
    return {{s.ids, token}, {s.segments, token}, {s.offsets, sequence + 1}, {s.visible, sequence}};
  }

  static void copy(rows<const float, width> from, rows<float, width> to, const context& ctx) {
    ctx.each_rows(from.count, [&](index_t first, index_t last) {
      for (auto i = first; i < last; ++i) std::copy_n(from.row(i), width, to.row(i));
    });
  }
};

}  // namespace weft
