#pragma once
// What encoders share: an embedding, layers and what is behind the last of them, with their weights.
#include <algorithm>
#include <utility>
#include <weft/base/unit_containers.hpp>
#include <weft/concept/bind.hpp>
#include <weft/concept/spec.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

// Heads' linears have names that begin with "head"; a numeric policy that keeps some by name looks whether it knows
// them.
template <class Form, class... Heads>
standing_in standing_in_heads(arena& store) {
  if constexpr (requires { Form::numeric::kept_names; })
    static_assert(Form::numeric::template names_linears_of_heads<Heads...>());
  return standing_in(store, "head");
}

template <class Spec, class Arch, class Parts>
class weighted_stack {
 public:
  using spec = Spec;
  using arch = Arch;
  using form = form_of<Spec, Arch>;
  static constexpr index_t width = Spec::shape.width;
  using embedding = typename Parts::embedding;
  using stack = typename Parts::stack;
  using last_part = typename Parts::last;
  static_assert(keeps_record_laws<stack>() && keeps_record_laws<embedding>() && keeps_record_laws<last_part>());

  template <class Form>
  struct params {
    weights<Form, embedding> embed;
    typename Parts::template layer_record<Form> layers;
    [[no_unique_address]] weights<Form, last_part> last;
    static constexpr void each(auto&& f, auto&... p) {
      f("", p.embed...);
      f(Parts::layer_name, p.layers...);
      f("", p.last...);
    }
  };

  /// What the names of its parameters begin with.
  static constexpr std::string_view starting_name() { return prefix_of<Spec>(); }

  const sizes& limits() const { return sizes_; }
  /// Bytes that this encoder owns: packed weights and tables, not what stays in a mapped file.
  index_t weight_bytes() const { return store_.bytes(); }
  const params<form>& prepared_weights() const { return weights_; }

 protected:
  weighted_stack(const params<raw>& stored, const sizes& s, arena store, executor run)
      : sizes_(s), store_(std::move(store)) {
    using numeric = typename form::numeric;
    if constexpr (requires { numeric::kept_names; }) {  // numeric/keep_float32.hpp
      if constexpr (numeric::template names_linears_of<weighted_stack>()) numeric::require_linears_of(stored);
    }
    prepare(stored, weights_, sizes_, store_, run);
    if constexpr (on_whole_numbers<Spec>) carry_scales(stored);
    const setup tables{sizes_.layers, sizes_.positions};
    set_up(embed_, tables, store_);
    set_up(stack_, tables, store_);
    set_up(last_, tables, store_);
  }

  // Every layer gets the scale of the rows that the part before it writes. (The reference gives all of them that of the
  // embedding.)
  void carry_scales(const params<raw>& stored) {
    double scale = weights_.embed.carry(stored.embed);
    for (std::size_t l = 0; l < stored.layers.size(); ++l)
      scale = weights_.layers[l].carry(stored.layers[l], scale, "layer " + decimal(static_cast<index_t>(l)) + ": ");
  }

  index_t inner_bytes(extent e, index_t workers) const {
    return workers * own_bytes<form>() + std::max({scratch_bytes(embed_, e, workers), scratch_bytes(stack_, e, workers),
                                                   scratch_bytes(last_, e, workers)});
  }
  void check_parts(const batch& in) const { check_batch(embed_, in), check_batch(stack_, in), check_batch(last_, in); }

  sizes sizes_;
  arena store_;
  params<form> weights_{};
  // (In braces clang 16 crashes on nested parts without members.)
  [[no_unique_address]] embedding embed_ = embedding();
  [[no_unique_address]] stack stack_ = stack();
  [[no_unique_address]] last_part last_ = last_part();
};

}  // namespace weft::detail
