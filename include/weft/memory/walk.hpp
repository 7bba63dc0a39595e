#pragma once
// Everything that is derived from a record by visiting its fields.
#include <utility>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/executor.hpp>
#include <weft/memory/record.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class>
inline constexpr bool is_sequence = false;
template <class T, std::size_t N>
inline constexpr bool is_sequence<std::array<T, N>> = true;
template <class T, class Allocator>
inline constexpr bool is_sequence<std::vector<T, Allocator>> = true;
template <class T>
inline constexpr bool sequence = is_sequence<std::remove_const_t<T>>;
}  // namespace detail

/// leaf(name, a, b, ...) for parallel records; descends while all of them are records. `name` is the field's full
/// name, its parts joined by dots.
template <class F, class A, class... B>
void walk(const unit_string& at, const F& leaf, index_t number, A& a, B&... b) {
  if constexpr (detail::sequence<A>) {
    for (std::size_t i = 0; i < a.size(); ++i)
      walk(detail::join(at, decimal(number + static_cast<index_t>(i))), leaf, 0, a[i], b[i]...);
  } else if constexpr (record<A> && (record<B> && ...)) {
    std::remove_const_t<A>::each([&](name n, auto&... m) { walk(detail::join(at, n.text), leaf, n.first, m...); }, a,
                                 b...);
  } else {
    leaf(at, a, b...);
  }
}

/// Sets every array of layers in a record to its run-time length.
template <class R>
void set_layers(R& r, index_t layers) {
  if constexpr (detail::is_sequence<R>) {
    if constexpr (requires { r.resize_for(layers); })
      r.resize_for(layers);  // some of the layers
    else if constexpr (requires { r.resize(std::size_t{}); })
      r.resize(static_cast<std::size_t>(layers));
  } else if constexpr (record<R>) {
    R::each([&](name, auto& m) { set_layers(m, layers); }, r);
  }
}

/// raw -> prepared, once per model: packs linears, points at tensors, derives tables. Workers share the layers.
template <class Raw, class Ready>
void prepare(const Raw& stored, Ready& ready, const sizes& s, arena& store, executor run = {}) {
  if constexpr (std::is_same_v<Ready, nothing>) {
    return;
  } else if constexpr (detail::is_sequence<Raw>) {
    if constexpr (requires { ready.resize(stored.size()); }) ready.resize(stored.size());
    unit_vector<weight_order> orders(stored.size());
    unit_vector<arena> stores(static_cast<std::size_t>(run.workers()));
    const auto* const place = store.place();
    run.for_each(static_cast<index_t>(stored.size()), [&](index_t i, index_t worker) {
      const auto number = static_cast<std::size_t>(i);
      auto& own = stores[static_cast<std::size_t>(worker)];
      own.stand_at(place);
      const auto text = decimal((place ? place->number : 0) + i);
      const standing_in element(own, text);
      prepare(stored[number], ready[number], s, own);
      orders[number] = own.take_order();
    });
    for (auto& one : stores) store.adopt(std::move(one));
    for (const auto order : orders) store.append(order);
  } else if constexpr (requires { ready.prepare(stored, s, store); }) {
    ready.prepare(stored, s, store);
  } else {
    Raw::each(
        [&](name n, const auto& from, auto& to) {
          const standing_in part(store, n.text, n.first);
          if (n.together > 1) store.begin_group(n.together);
          prepare(from, to, s, store, run);
          if (n.together > 1) store.begin_group(1);
        },
        stored, ready);
    if constexpr (requires { ready.derive(stored, s, store); }) ready.derive(stored, s, store);
  }
}

/// The number of parameters that a model of these sizes has.
template <class R>
index_t parameter_count(const R& r, const sizes& s) {
  index_t n = 0;
  walk(
      "",
      [&](const unit_string&, const auto& leaf) {
        index_t values = 1;
        for (auto entry : leaf.shape) values *= resolve(entry, s);
        n += values;
      },
      0, r);
  return n;
}

}  // namespace weft
