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

/// What an encoder tells its parts once, when it is built.
struct setup {
  index_t layers, positions, heads = 0, head_width = 0;
};

namespace detail {
[[noreturn]] inline void refuse_unnamed(index_t named, index_t wanted, const char* where) {
  fail({.subject = "a part with parts inside it",
        .found = decimal(named) + " named by its parts() and row_parts()",
        .wanted = decimal(wanted) +
                  ", its members that are parts; those it leaves out are neither prepared nor given scratch",
        .remedy = unit_string("name every one; the part is that of ") + where});
}
}  // namespace detail

/// Lets every part of a part build its tables: parts with `void prepare(const setup&, arena&)`. A part that tells its
/// inner parts something else, a mixer its heads, says `static setup inside(setup)`.
template <class Part>
void set_up(Part& part, const setup& s, arena& store) {
  if constexpr (requires { part.prepare(s, store); }) part.prepare(s, store);
  setup inside = s;
  if constexpr (requires { Part::inside(s); }) inside = Part::inside(s);
  index_t named = 0;
  const auto inner = [&](auto& p) { ++named, set_up(p, inside, store); };
  if constexpr (requires { Part::parts(part, inner); }) Part::parts(part, inner);
  if constexpr (requires { Part::row_parts(part, inner); }) Part::row_parts(part, inner);
  if constexpr (inner_parts < Part >> 0)
    if (named < inner_parts<Part>) detail::refuse_unnamed(named, inner_parts<Part>, __PRETTY_FUNCTION__);
}

/// Lets every part of a part refuse a batch before it is run: parts with `void check(const batch&) const`, which call
/// fail() on tables of the batch that do not fit. What any model would refuse is refused before (memory/batch.hpp).
template <class Part>
void check_batch(const Part& part, const batch& in) {
  if constexpr (requires { part.check(in); }) part.check(in);
  const auto inner = [&](const auto& p) { check_batch(p, in); };
  if constexpr (requires { Part::parts(part, inner); }) Part::parts(part, inner);
  if constexpr (requires { Part::row_parts(part, inner); }) Part::row_parts(part, inner);
}

/// The scratch of one piece of a chain: what the chain itself and the largest of its parts need.
template <class Part>
index_t chain_bytes(const Part& part, extent e, index_t workers);

/// The peak of one part's scratch for batches of this extent, with that many workers: its own, and the largest of its
/// inner parts'. `static void parts(auto& self, const auto& f)` calls f with each inner part that sees all rows,
/// `row_parts` with those that run inside a chain.
template <class Part>
index_t scratch_bytes(const Part& part, extent e, index_t workers) {
  static_assert(
      inner_parts<Part> == 0 || detail::names_parts<Part>,
      "weft: a part that has parts as members names them in `static void parts(auto& self, const auto& f)`, or "
      "`row_parts` for those inside a chain: f(self.member) for each; else they are neither prepared nor "
      "given scratch");
  index_t own = 0, inner = 0;
  if constexpr (requires { typename Part::scratch; }) own = bytes_of<typename Part::scratch>(e);
  const auto larger = [&](const auto& p) { inner = std::max(inner, scratch_bytes(p, e, workers)); };
  if constexpr (requires { Part::parts(part, larger); }) Part::parts(part, larger);
  if constexpr (requires { Part::row_parts(part, larger); })
    inner = std::max(inner, chain_plan::of(e.tokens, workers).regions * chain_bytes(part, e, workers));
  return own + inner;
}

template <class Part>
index_t chain_bytes(const Part& part, extent e, index_t workers) {
  const auto plan = chain_plan::of(e.tokens, workers);
  const extent piece{plan.rows, std::min(e.longest, plan.rows), e.sequences};
  index_t own = 0, inner = 0;
  if constexpr (requires { typename Part::chain_scratch; }) own = bytes_of<typename Part::chain_scratch>(piece);
  const auto larger = [&](const auto& p) { inner = std::max(inner, scratch_bytes(p, piece, plan.workers)); };
  Part::row_parts(part, larger);
  return own + inner;
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
