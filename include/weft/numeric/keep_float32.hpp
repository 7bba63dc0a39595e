#pragma once
// Some linears of a numeric policy kept in float32, by the names that the parts have.
#include <algorithm>
#include <array>
#include <string_view>
#include <weft/memory/record_laws.hpp>
#include <weft/memory/walk.hpp>
#include <weft/numeric/float32.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A name as a template argument: whole steps of a linear's name with dots between them, as "attention.output".
template <std::size_t N>
struct linear_name {
  char text[N];
  constexpr linear_name(const char (&literal)[N]) {  // NOLINT: a literal is a name
    std::copy_n(literal, N, text);
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

namespace detail {
constexpr bool is_number(std::string_view step) {
  return !step.empty() && std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
}
// "*" stands for any number.
constexpr bool is_same_step(std::string_view a, std::string_view b) {
  return a == b || (a == "*" && is_number(b)) || (b == "*" && is_number(a));
}
constexpr bool begins_with_steps(std::string_view name, std::string_view wanted) {
  for (;;) {
    const auto here = name.find('.'), there = wanted.find('.');
    if (!is_same_step(name.substr(0, here), wanted.substr(0, there))) return false;
    if (there == wanted.npos) return true;
    if (here == name.npos) return false;
    name.remove_prefix(here + 1), wanted.remove_prefix(there + 1);
  }
}
// Whether the steps of `wanted` stand in `name`, one behind the other.
constexpr bool has_steps(std::string_view name, std::string_view wanted) {
  for (;; name.remove_prefix(name.find('.') + 1)) {
    if (begins_with_steps(name, wanted)) return true;
    if (name.find('.') == name.npos) return false;
  }
}
constexpr bool names_heads(std::string_view wanted) { return wanted == "head" || wanted.starts_with("head."); }

// A form of which nothing is left but linears, large enough to be told from what else a record derives.
struct named_linear {
  char bytes[256];
};
struct naming {
  template <index_t...>
  using tensor = nothing;
  template <index_t, index_t...>
  using integers = nothing;
  template <index_t, index_t, bool>
  using linear = named_linear;
  template <class T>
  using derived = T;
  template <class>
  using stored = nothing;
};

// The way to a member of a record, as the compiler walks it: arena::place_name() with "*" for numbers.
struct record_path {
  static constexpr std::size_t most = 480;
  char text[most] = {};
  std::size_t size = 0;
  constexpr std::string_view view() const { return {text, size}; }
  constexpr void add(std::string_view step) {
    if (step.empty()) return;
    if (step.front() == '/') size = names_heads(view()) ? 4 : 0, step.remove_prefix(1);
    if (size + step.size() + 1 > most) return;
    if (size > 0) text[size++] = '.';
    for (const char c : step) text[size++] = c;
  }
};

// Whether a linear among those of a record, `at` being its place, has this name. What a record derives has the
// record's, and behind that the record's `derived_name`, if there is one.
template <class Record>
constexpr bool has_linear(std::string_view wanted, const record_path& at) {
  if constexpr (std::is_same_v<Record, named_linear>) {
    return has_steps(at.view(), wanted);
  } else if constexpr (element_of<Record>::many) {
    auto inside = at;
    inside.add("*");
    return has_linear<typename element_of<Record>::type>(wanted, inside);
  } else if constexpr (record<Record> && !std::is_empty_v<Record>) {
    Record r{};
    bool found = false;
    std::size_t named = 0;
    Record::each(
        [&]<class Member>(name n, Member&) {
          if constexpr (!std::is_empty_v<Member>) named += sizeof(Member);
          auto inside = at;
          inside.add(n.text);
          found = found || has_linear<Member>(wanted, inside);
        },
        r);
    auto derived = at;
    if constexpr (requires { Record::derived_name; }) derived.add(Record::derived_name);
    return found || (sizeof(Record) >= named + sizeof(named_linear) && has_steps(derived.view(), wanted));
  } else {
    return false;
  }
}
template <class Record>
constexpr bool has_linear_below(std::string_view outer, std::string_view wanted) {
  record_path at;
  at.add(outer);
  return has_linear<Record>(wanted, at);
}
}  // namespace detail

/// Numeric with some linears in float32:
///
///   using numeric = weft::keep_float32<weft::int8<>, "attention.output", "layer.0.intermediate", "head">;
///
/// A linear is kept where the steps of one of Names stand in its name, one behind the other: "query" in
/// "encoder.layer.0.attention.self.query". "*" is any number; the names of heads' linears begin with "head". Where no
/// linear of the model has such a name, that is refused: by the compiler, or, for a number of a layer that the
/// checkpoint has not, when the model is built. Nothing else of a model changes.
template <class Numeric, linear_name... Names>
struct keep_float32 : Numeric {
  static_assert(sizeof...(Names) > 0,
                "weft::keep_float32: wants names of linears, as in keep_float32<int8<>, \"query\">");
  static constexpr std::array<std::string_view, sizeof...(Names)> kept_names{Names.view()...};

  template <index_t In, index_t Out, class Arch>
  struct linear {
    using coded_linear = typename Numeric::template linear<In, Out, Arch>;
    using exact_linear = float32::linear<In, Out, Arch>;
    static constexpr index_t columns = coded_linear::columns;
    static_assert(columns == exact_linear::columns);
    coded_linear coded;
    exact_linear exact;
    bool kept = false;
    index_t out = Out;

    void prepare(const auto& stored, const sizes& s, arena& store) {
      pack([&](index_t o, index_t i) { return stored(o, i); }, stored.bias_data(), resolve(Out, s), store);
    }
    void pack(const auto& weight, const float* bias, index_t outputs, arena& store) {
      const auto name = store.place_name();
      kept = std::any_of(kept_names.begin(), kept_names.end(),
                         [&](const auto& wanted) { return detail::has_steps(name, wanted); });
      out = outputs;
      if (kept)
        exact.pack(weight, bias, outputs, store);
      else
        coded.pack(weight, bias, outputs, store);
    }

    template <class Then = identity>
    void operator()(rows<const float, In> x, const auto& y, const context& ctx, Then then = {}) const {
      share_products(ctx, product(x, y, then));
    }
    template <class Then = identity, class Part = whole_linear>
    auto product(rows<const float, In> x, const auto& y, Then then = {}, Part part = {}) const {
      const auto in_float = exact.product(x, y, then, part);
      const auto in_codes = coded.product(x, y, then, part);
      const auto multiply = [exact = in_float.multiply, coded = in_codes.multiply, kept = kept](
                                index_t row, index_t last_row, index_t panel, index_t last_panel,
                                const weights_ahead& after, task_memory own) {
        if (kept)
          exact(row, last_row, panel, last_panel, after, own);
        else
          coded(row, last_row, panel, last_panel, after, own);
      };
      return weft::shared_product{x.count,         kept ? in_float.panels : in_codes.panels,
                                  in_codes.inputs, kept ? in_float.step : in_codes.step,
                                  multiply,        kept ? in_float.block : in_codes.block};
    }
  };

  /// Refuses names that no linear of an encoder, or of heads, has; each speaks of its own.
  template <class Encoder>
  static constexpr bool names_linears_of() {
    constexpr bool of_floats = !requires { typename Numeric::stream; };
    static_assert(of_floats,
                  "weft::keep_float32: a numeric policy whose rows are whole numbers keeps no linear in float32; its "
                  "checkpoint says what is forced into floating point (force_dequant)");
    if constexpr (of_floats)
      return (names_linear<Names, false, typename Encoder::template params<detail::naming>>() && ...);
    return true;
  }
  template <class... Heads>
  static constexpr bool names_linears_of_heads() {
    return (names_linear<Names, true, weights<detail::naming, Heads>...>() && ...);
  }
  /// The same of layers that a checkpoint has not.
  static void require_linears_of(const auto& stored) {
    for (const auto& wanted : kept_names) {
      bool found = detail::names_heads(wanted);
      walk(
          unit_string(),
          [&](const unit_string& name, const auto&) {
            const std::string_view whole(name);
            found = found || detail::has_steps(whole.substr(0, whole.rfind('.')), wanted);
          },
          0, stored);
      if (!found)
        fail({.subject = "the linears kept in float32",
              .found = unit_string(wanted) + ", which is none of this checkpoint's",
              .wanted = "names of linears that it has; layers count from 0"});
    }
  }

 private:
  template <linear_name Name, bool OfHeads, class... Records>
  static constexpr bool has_name() {
    return (detail::has_linear_below<Records>(OfHeads ? "head" : "", Name.view()) || ...);
  }
  // A record that the compiler cannot look at, as its `each` is not constexpr, is let through.
  template <linear_name Name, bool OfHeads, class... Records>
  static constexpr bool names_linear() {
    if constexpr (detail::names_heads(Name.view()) == OfHeads &&
                  requires { typename std::bool_constant<has_name<Name, OfHeads, Records...>()>; }) {
      constexpr bool found = has_name<Name, OfHeads, Records...>();
      static_assert(found,
                    "weft::keep_float32: no linear of this model has this name; names are those that `weft inspect DIR "
                    "--numeric int8 --texts FILE` prints, or whole steps of them: \"query\", \"attention.output\", "
                    "\"layer.0.intermediate\", \"head.classifier\"");
      return found;
    }
    return true;
  }
};

}  // namespace weft
