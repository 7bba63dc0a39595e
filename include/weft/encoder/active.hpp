#pragma once
// Which part of a slimmable model runs, by the two numbers that DynaBERT says it with.
#include <cmath>
#include <weft/base/error.hpp>
#include <weft/base/shape.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/context.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A part of a model that owns its list of layers: encoder.forward(weft::active::of(0.5, 0.75, encoder), ...). It is a
/// weft::active_size.
class active {
 public:
  /// The heads, hidden columns and layers of a model of this shape and so many layers, for a width and a depth of more
  /// than 0 and up to 1 (Hou et al. 2020, "DynaBERT", sections 2.1 and 2.2; reference: its program): heads times width,
  /// rounded to the nearest, ties to the even one; of the hidden columns the share that these heads are, rounded down;
  /// layers times depth, rounded in the same way, and of them number i / depth, rounded down, for i from 0.
  /// Fails for other widths and depths, and for those that leave no head or no layer.
  static active of(double width, double depth, const model_shape& shape, index_t layers) {
    check("width", width), check("depth", depth);
    active part;
    part.heads_ = rounded(width * static_cast<double>(shape.heads));
    if (part.heads_ == 0) refuse("width", width, "one that leaves a head of " + decimal(shape.heads));
    const double share = static_cast<double>(part.heads_) / static_cast<double>(shape.heads);
    part.hidden_ = std::max<index_t>(1, static_cast<index_t>(share * static_cast<double>(shape.hidden)));
    const auto kept = rounded(depth * static_cast<double>(layers));
    if (kept == 0) refuse("depth", depth, "one that leaves a layer of " + decimal(layers));
    for (index_t i = 0; i < kept; ++i)
      part.layers_.push_back(static_cast<index_t>(std::floor(static_cast<double>(i) / depth)));
    return part;
  }
  /// The same of an encoder, or of a model's body().
  template <class Encoder>
  static active of(double width, double depth, const Encoder& encoder) {
    return of(width, depth, Encoder::spec::shape, encoder.limits().layers);
  }

  index_t heads() const { return heads_; }
  index_t hidden() const { return hidden_; }
  list<const index_t> layers() const { return layers_; }
  operator active_size() const { return {heads_, hidden_, layers_}; }  // NOLINT: it is that part

 private:
  // To the nearest whole number, ties to the even one, whatever the processor's mode is.
  static index_t rounded(double x) {
    const double below = std::floor(x), over = x - below;
    const auto whole = static_cast<index_t>(below);
    return whole + (over > 0.5 || (!(over < 0.5) && whole % 2 == 1));
  }
  static void check(const char* what, double value) {
    if (!(value > 0 && value <= 1)) refuse(what, value, "more than 0, at most 1");
  }
  [[noreturn]] static void refuse(const char* what, double value, const unit_string& wanted) {
    fail({.subject = unit_string("the active part's ") + what, .found = thousandths(value), .wanted = wanted});
  }
  // "0.125", as far as that is one.
  static unit_string thousandths(double value) {
    if (!(value > -1e6 && value < 1e6))
      return value > 0 ? "a huge number" : value < 0 ? "a hugely negative number" : "NaN";
    const auto all = static_cast<index_t>(std::floor(std::abs(value) * 1000 + 0.5));
    const auto rest = decimal(all % 1000);
    return (value < 0 ? "-" : "") + decimal(all / 1000) + "." +
           unit_string(std::string_view("000").substr(rest.size())) + rest;
  }

  index_t heads_ = 0, hidden_ = 0;
  unit_vector<index_t> layers_;
};

}  // namespace weft
