#pragma once
// xtensor containers as weft's token ids and weights. Views unless said otherwise: the container must outlive them and
// keep its shape. Only containers (xt::xtensor, xt::xarray, adaptors) can be pointed into; evaluate an expression
// first.
#include <string>
#include <weft/interop/xtensor_headers.hpp>
#include <weft/memory/batch.hpp>
#include <weft/memory/record.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// An xtensor container of T: it has memory that can be pointed into.
template <class C, class T>
concept xtensor_of = requires(const C& c) {
  { c.data() } -> std::convertible_to<const T*>;
  c.shape();
  c.strides();
};

namespace detail {
inline std::string shape_text(const auto& shape) {
  std::string s = "[";
  for (const auto entry : shape) s += (s.size() > 1 ? ", " : "") + std::to_string(entry);
  return s + "]";
}

// The first value of a container whose values lie in rows one after another, as weft reads them.
template <class C>
auto row_major_data(const C& c, std::string_view subject) {
  std::ptrdiff_t step = 1;
  for (auto i = c.dimension(); i-- > 0;) {
    const auto entry = static_cast<std::ptrdiff_t>(c.shape()[i]);
    if (entry > 1 && c.strides()[i] != step)
      fail({.subject = subject,
            .found = "strides " + shape_text(c.strides()) + " for the shape " + shape_text(c.shape()),
            .wanted = "row-major values without gaps",
            .remedy = "copy it into an xt::xtensor of the default layout first"});
    step *= entry;
  }
  return c.data();
}

inline void refuse_shape(std::string_view subject, const auto& found, const std::string& wanted,
                         std::string_view remedy = {}) {
  fail({.subject = subject, .found = "a tensor of shape " + shape_text(found), .wanted = wanted, .remedy = remedy});
}
}  // namespace detail

/// Token ids, segments or labels of a container of any shape, row by row. A view.
/// Fails if the values are not row-major without gaps.
template <xtensor_of<std::int32_t> C>
list<const std::int32_t> ids_of(const C& ids) {
  return {detail::row_major_data(ids, "token ids"), static_cast<index_t>(ids.size())};
}
template <xtensor_of<std::int32_t> C>
void ids_of(const C&&) = delete;  // the list would outlive the container

/// A batch of equally long sequences, one a row of a two-dimensional container [sequences, length] (one sequence if it
/// has one dimension). The ids are a view; the offsets are its own.
class grid_batch {
 public:
  template <xtensor_of<std::int32_t> C>
  explicit grid_batch(const C& ids) : ids_(ids_of(ids)) {
    cut(ids.shape());
  }
  template <xtensor_of<std::int32_t> C, xtensor_of<std::int32_t> D>
  grid_batch(const C& ids, const D& segments) : ids_(ids_of(ids)), segments_(ids_of(segments)) {
    cut(ids.shape());
    if (segments_.size() != ids_.size())
      detail::refuse_shape("the segments of a batch", segments.shape(),
                           detail::shape_text(ids.shape()) + ", one for each id");
  }
  template <xtensor_of<std::int32_t> C>
  explicit grid_batch(const C&&) = delete;  // the batch would outlive the container

  operator batch() const { return {ids_, segments_, offsets_, {}}; }  // NOLINT: it is that batch
  batch view() const { return *this; }

 private:
  void cut(const auto& shape) {
    if (shape.size() != 1 && shape.size() != 2)
      detail::refuse_shape("the token ids of a batch", shape, "[length] or [sequences, length]");
    const auto sequences = shape.size() == 2 ? static_cast<index_t>(shape[0]) : 1;
    const auto length = static_cast<index_t>(shape[shape.size() - 1]);
    for (index_t s = 0; s <= sequences; ++s) offsets_.push_back(s * length);
  }

  list<const std::int32_t> ids_, segments_;
  std::vector<index_t> offsets_;
};

/// The first lengths[s] ids of each row of a padded container [sequences, longest], end to end. A copy.
/// Fails unless there is one length, within 0 to longest, for each row.
template <xtensor_of<std::int32_t> C>
token_batch without_padding(const C& padded, list<const index_t> lengths) {
  if (padded.dimension() != 2) detail::refuse_shape("padded token ids", padded.shape(), "[sequences, longest]");
  const auto sequences = static_cast<index_t>(padded.shape()[0]), longest = static_cast<index_t>(padded.shape()[1]);
  if (lengths.size() != sequences)
    fail({.subject = "lengths of padded token ids",
          .found = std::to_string(lengths.size()) + " values",
          .wanted = std::to_string(sequences) + ", one for each row"});
  const auto ids = ids_of(padded);
  token_batch all;
  for (index_t s = 0; s < sequences; ++s) {
    if (lengths[s] < 0 || lengths[s] > longest)
      fail({.subject = "the length of padded sequence " + std::to_string(s),
            .found = std::to_string(lengths[s]),
            .wanted = "0 to " + std::to_string(longest)});
    all.add(ids.part(s * longest, s * longest + lengths[s]));
  }
  return all;
}

/// Points a stored tensor at the values of a container; `name` is what a refusal calls it. A view.
/// Where the tensor's first size is known at run time only, the container brings it.
/// Fails unless the container is row-major without gaps and has the tensor's shape.
template <class T, index_t... N, xtensor_of<T> C>
void point_at(view<T, N...>& to, C& from, std::string_view name) {
  using to_view = view<T, N...>;
  bool same = from.dimension() == sizeof...(N);
  for (std::size_t i = 0; same && i < sizeof...(N); ++i)
    same = to_view::shape[i] < 0 || to_view::shape[i] == static_cast<index_t>(from.shape()[i]);
  if (!same) {
    std::string wanted = "[";
    for (const auto entry : to_view::shape)
      wanted += (wanted.size() > 1 ? ", " : "") + (entry < 0 ? "any" : std::to_string(entry));
    detail::refuse_shape(name, from.shape(), wanted + "]");
  }
  detail::row_major_data(from, name);
  if constexpr (!to_view::known) to.count = static_cast<index_t>(from.shape()[to_view::counted_at]);
  to.data = from.data();
}

/// Points a stored linear at its weight [outputs, inputs] and bias [outputs]. Views.
template <class Form, index_t In, index_t Out, xtensor_of<float> W, xtensor_of<float> B>
void point_at(stored_linear<Form, In, Out, true>& to, W& weight, B& bias, std::string_view name) {
  point_at(to.weight, weight, std::string(name) + ".weight");
  point_at(to.bias, bias, std::string(name) + ".bias");
  if (weight.shape()[0] != bias.shape()[0])
    detail::refuse_shape(std::string(name) + ".bias", bias.shape(), "[" + std::to_string(weight.shape()[0]) + "]",
                         "one value for each row of the weight");
}

}  // namespace weft
