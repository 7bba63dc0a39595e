#pragma once
// A head that learns, behind an encoder's last level.
#include <algorithm>
#include <optional>
#include <weft/concept/bind.hpp>
#include <weft/concept/head.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which tokens of a batch a head of tokens reads, in increasing order; nothing: all of them.
using chosen_tokens = std::optional<list<const index_t>>;

namespace detail {
/// A head forwards, a loss, and the head back.
template <class Spec, class Head>
struct head_pass {
  using head = typename Head::template bind<Spec>;
  using twin = typename training_of<Head>::template bind<Spec>;
  static constexpr index_t width = Spec::shape.width;
  using read_rows = rows<const float, width>;
  struct tape {
    frame& from;
    index_t written, outputs;
    rows<float, width> read{from}, change{from};
    typename twin::kept kept{from};
    float *out = from.take(written * outputs), *d_out = from.take(written * outputs);
  };
  static extent read_by(extent e, index_t chosen) {
    const index_t n = chosen >= 0 ? chosen : reads_tokens(head::reads_rows) ? e.tokens : e.sequences;
    return {n, std::min(n, e.longest), e.sequences};
  }
  static index_t rows_written(extent read) {
    return head::reads_rows == reads::sequences_as_one ? read.sequences : read.tokens;
  }

  template <class Arch>
  static index_t bytes(const head& h, extent e, index_t chosen, index_t workers, const sizes& s) {
    const extent read = read_by(e, chosen);
    frame from(read);
    [[maybe_unused]] const tape kept{from, rows_written(read), h.outputs(s)};
    return from.bytes() + twin::template scratch_bytes<Arch>(read, workers, s);
  }

  /// Fails on tokens that are not in order, not there, or not this head's to choose.
  static void check(list<const index_t> chosen, const batch& in) {
    index_t next = 0;
    for (const auto row : chosen) {
      if (head::reads_rows != reads::every_token || row < next || row >= in.tokens())
        fail({.subject = "the tokens that a head reads",
              .found = decimal(row),
              .wanted = head::reads_rows == reads::every_token
                            ? "numbers of tokens of the batch, each larger than the one before"
                            : "none, as this head does not read every token"});
      next = row + 1;
    }
  }

  /// `hidden` is the last level; `change`, its gradient, is written.
  template <class Form>
  static void run(const head& h, const weights<raw, head>& stored, const weights<Form, head>& ready,
                  const weights<gradient, head>& gradients, read_rows hidden, rows<float, width> change,
                  const training_context& whole, chosen_tokens chosen, const sizes& s, const auto& loss, bool back) {
    const batch& in = whole.in;
    const extent read = read_by(in.size(), chosen ? chosen->size() : -1);
    frame from(read, whole.work);
    const index_t count = read.tokens, written = rows_written(read), outputs = h.outputs(s);
    const tape top{from, written, outputs};
    const training_context ctx{
        {in, whole.work, whole.run, s.layers, read}, whole.drop, whole.padding, chosen ? chosen->data() : nullptr};
    const auto row_of = [&](index_t i) {
      if (chosen) return (*chosen)[i];
      return reads_tokens(head::reads_rows) ? i : row_read(head::reads_rows, in, i);
    };
    for (index_t i = 0; i < count; ++i) {
      if (const auto row = row_of(i); row >= 0)
        std::copy_n(hidden.row(row), width, top.read.row(i));
      else
        std::fill_n(top.read.row(i), width, 0.0f);
    }
    const matrix<float> out(top.out, written, outputs), d_out(top.d_out, written, outputs);
    twin::template forward<Form>(h, ready, top.kept, read_rows(top.read), out, ctx);
    loss(matrix<const float>(out), d_out);
    if (!back) return;
    twin::template backward<Form>(h, stored, ready, gradients, top.kept, read_rows(top.read),
                                  matrix<const float>(d_out), top.change, ctx);
    std::fill_n(change.data, change.count * width, 0.0f);
    for (index_t i = 0; i < count; ++i)
      if (const auto row = row_of(i); row >= 0) std::copy_n(top.change.row(i), width, change.row(row));
  }
};
}  // namespace detail

}  // namespace weft
