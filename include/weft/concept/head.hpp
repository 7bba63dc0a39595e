#pragma once
// Axis: head. What is made of the hidden states.
#include <weft/concept/part.hpp>

namespace weft {

/// Which rows of the hidden states a head reads.
enum class reads { every_token, first_token };

/// Two tensors that share their values: a checkpoint that ties them stores only `same_as`.
struct tied_name {
  std::string_view name, same_as;
};

/// A head bound to a spec: reads rows, writes as many rows of outputs(sizes) values. It is row-wise, so it can be run
/// on any choice of rows.
template <class Part, class Form, index Width>
concept head_part = requires(const Part& part, const weights<Form, Part>& p, rows<const float, Width> x,
                             matrix<float> y, const context& ctx, const sizes& s) {
  { Part::reads_rows } -> std::convertible_to<reads>;
  { Part::outputs(s) } -> std::convertible_to<index>;
  { part.forward(p, x, y, ctx) } -> std::same_as<void>;
};

}  // namespace weft
