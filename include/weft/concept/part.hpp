#pragma once
// What is asked of bound parts, and what is derived from them. Types only: a class-type template value in a concept's
// own parameter list crashes g++ 12.
#include <algorithm>
#include <concepts>
#include <weft/base/unit_containers.hpp>
#include <weft/concept/inner_parts.hpp>
#include <weft/memory/context.hpp>
#include <weft/memory/walk.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// forward(weights, in, out, context): mixers (in = streams<S>) and feed-forwards (in = rows).
template <class Part, class Form, class In, class Out>
concept forwards = std::semiregular<Part> &&
    requires(const Part& part, const weights<Form, Part>& p, const In& in, Out out, const context& ctx) {
  { part.forward(p, in, out, ctx) } -> std::same_as<void>;
};

/// forward(weights, out, context): embeddings, which read the batch of the context.
template <class Part, class Form, class Out>
concept embeds = std::semiregular<Part> &&
    requires(const Part& part, const weights<Form, Part>& p, Out out, const context& ctx) {
  { part.forward(p, out, ctx) } -> std::same_as<void>;
};

/// forward(weights, key, value, query, out, context): what a mixer of two halves lets work beside its attention.
template <class Part, class Form, class Key, class Value, class Query, class Out>
concept accompanies = std::semiregular<Part> && requires(const Part& part, const weights<Form, Part>& p, Key key,
                                                         Value value, Query query, Out out, const context& ctx) {
  { part.forward(p, key, value, query, out, ctx) } -> std::same_as<void>;
};

/// row(weights, x, y): norms, one row in, one row out, possibly the same.
template <class Part, class Form>
concept norms = std::semiregular<Part> &&
    requires(const Part& part, const weights<Form, Part>& p, const float* x, float* y) {
  { part.row(p, x, y) } -> std::same_as<void>;
};

/// row_of_sum(weights, x, residual, y): a norm that adds a residual first, in the same pass, with the bits of row() on
/// the stored sum. It need not; a norm without it is given the sum.
template <class Part, class Form>
concept norms_sums = norms<Part, Form> &&
    requires(const Part& part, const weights<Form, Part>& p, const float* x, const float* residual, float* y) {
  { part.row_of_sum(p, x, residual, y) } -> std::same_as<void>;
};

/// A sub-layer that adds the residual and normalises by itself says `static constexpr bool owns_residual = true`.
template <class Part>
concept owns_residual = requires {
  requires Part::owns_residual;
};

/// A feed-forward that has to be given all rows of the batch at once, as one whose rows go where their sequence says,
/// says `static constexpr bool sees_sequences = true`: it runs outside of a layout's chain.
template <class Part>
concept sees_sequences = requires {
  requires Part::sees_sequences;
};

/// One that would rather have all rows at once, and computes the same of some of them, says
/// `static constexpr bool wants_all_rows = true`: layouts that can run it outside of their chain.
template <class Part>
concept wants_all_rows = sees_sequences<Part> || requires {
  requires Part::wants_all_rows;
};

/// What an encoder tells its parts once, when it is built.
struct setup {
  index_t layers, positions, heads = 0, head_width = 0;
};

/// Lets every part of a part build its tables: parts with `void prepare(const setup&, arena&)`. A part that tells its
/// inner parts something else, a mixer its heads, says `static setup inside(setup)`.
template <class Part>
void set_up(Part& part, setup s, arena& store) {
  static_assert(!detail::lists_parts<Part>,
                "weft: a part names its inner parts once, in the `each` of its params: make them members of params, "
                "`weights<Form, inner> member;`, hold `[[no_unique_address]] params<weft::bound> parts;`, and call "
                "parts.member.forward(p.member, ...); what was a list of row_parts is f(weft::in_chain(\"name\"), "
                "p.member...)");
  static_assert(detail::lists_parts<Part> || detail::has_parts<Part> || inner_parts<Part> == 0,
                "weft: a part that has parts as members makes them members of its params, `weights<Form, inner> "
                "member;`, named in `each`, and holds `[[no_unique_address]] params<weft::bound> parts;`; else they "
                "are neither prepared nor given scratch");
  static_assert(!detail::holds_parts<Part> || inner_parts<Part> <= 1,
                "weft: a part that has other parts as members, beside `params<weft::bound> parts`, makes them members "
                "of its params, `weights<Form, inner> member;`, named in `each`; else they are neither prepared nor "
                "given scratch");
  if constexpr (detail::names_parts<Part>)
    static_assert(detail::names_all_parts<Part>(),
                  "weft: `each` of a policy that is made of others leaves one out, which is then neither prepared nor "
                  "given scratch; it needs one line for every member that is a part: f(\"its name\", self.member...)");
  if constexpr (detail::must_be_named<Part>) {
    if constexpr (requires { part.prepare(s, store); }) part.prepare(s, store);
    if constexpr (requires { Part::inside(s); }) s = Part::inside(s);
    if constexpr (detail::has_parts<Part>) each_part(part, [&](name, auto& inner) { set_up(inner, s, store); });
  }
}

/// Lets every part of a part refuse a batch before it is run: parts with `void check(const batch&) const`, which call
/// fail() on tables of the batch that do not fit. What any model would refuse is refused before (memory/batch.hpp).
template <class Part>
void check_batch(const Part& part, const batch& in) {
  if constexpr (requires { part.check(in); }) part.check(in);
  if constexpr (detail::has_parts<Part>) each_part(part, [&](name, const auto& inner) { check_batch(inner, in); });
}

/// The peak of one part's scratch for batches of this extent, with that many workers: its own, and the largest of its
/// inner parts', or of its chains in all regions.
template <class Part>
index_t scratch_bytes(const Part& part, extent e, index_t workers);

namespace detail {
/// The most scratch that one of a part's inner parts takes: of those inside its chain, or of those outside.
template <class Part>
index_t largest_inner_part(const Part& part, bool chained, extent e, index_t workers) {
  index_t most = 0;
  if constexpr (has_parts<Part>)
    each_part(part, [&](name n, const auto& inner) {
      if (n.chained == chained) most = std::max(most, scratch_bytes(inner, e, workers));
    });
  return most;
}
}  // namespace detail

/// The scratch of one piece of a chain: what the chain itself and the largest of the parts inside it need.
template <class Part>
index_t chain_bytes(const Part& part, extent e, index_t workers) {
  const auto plan = chain_plan::of(e.tokens, workers);
  const extent piece{plan.rows, std::min(e.longest, plan.rows), e.sequences};
  index_t own = 0;
  if constexpr (requires { typename Part::chain_scratch; }) own = bytes_of<typename Part::chain_scratch>(piece);
  return own + detail::largest_inner_part(part, true, piece, plan.workers);
}

template <class Part>
index_t scratch_bytes(const Part& part, extent e, index_t workers) {
  if constexpr (detail::must_be_named<Part>) {
    index_t own = 0, inner = 0;
    if constexpr (requires { typename Part::scratch; }) own = bytes_of<typename Part::scratch>(e);
    if constexpr (requires { typename Part::worker_scratch; })
      own += workers * bytes_of<typename Part::worker_scratch>(e);
    if constexpr (detail::has_parts<Part>) inner = detail::largest_inner_part(part, false, e, workers);
    if constexpr (detail::has_parts<Part> || requires { typename Part::chain_scratch; })
      inner = std::max(inner, chain_plan::of(e.tokens, workers).regions * chain_bytes(part, e, workers));
    return own + inner;
  } else {
    return 0;
  }
}

/// Bytes that every worker needs for the products of a form's numeric policy, in context::own: what the policy says as
/// `own_bytes<Arch>`, or none.
template <class Form>
constexpr index_t own_bytes() {
  if constexpr (requires { Form::numeric::template own_bytes<typename Form::arch>; })
    return Form::numeric::template own_bytes<typename Form::arch>;
  else
    return 0;
}
/// Takes them from a frame.
template <class Form>
worker_memory take_own(frame& from, index_t workers) {
  constexpr index_t bytes = own_bytes<Form>();
  if constexpr (bytes == 0)
    return {};
  else
    return {from.take<std::byte>(workers * bytes), bytes};
}

}  // namespace weft
