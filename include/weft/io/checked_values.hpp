#pragma once
// Records whose stored values mean something by themselves, as ranges of models on whole numbers, and say so.
#include <string>
#include <string_view>
#include <weft/io/shown.hpp>
#include <weft/io/tensor_names.hpp>
#include <weft/memory/walk.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// refuse(tensor, found, wanted) for the first value in a record that cannot be meant: records inside it that have
/// `void check_values(const auto& refuse) const` call it with a tensor's name below their own.
template <class Record>
void check_values(const unit_string& at, const Record& r, index_t number, const auto& refuse) {
  if constexpr (sequence<Record>) {
    for (std::size_t i = 0; i < r.size(); ++i)
      check_values(join(at, decimal(number + static_cast<index_t>(i))), r[i], 0, refuse);
  } else if constexpr (record<Record>) {
    if constexpr (requires { r.check_values(refuse); })
      r.check_values([&](std::string_view tensor, std::string_view found, std::string_view wanted) {
        refuse(join(at, tensor), found, wanted);
      });
    Record::each([&](name n, const auto& inner) { check_values(join(at, n.text), inner, n.first, refuse); }, r);
  }
}

/// Fails, naming the tensor as it is stored.
[[noreturn]] inline void refuse_value(const checkpoint& stored, const std::string& name, std::string_view prefix,
                                      std::string_view found, std::string_view wanted) {
  const auto* const tensor = find_parameter(stored, name, prefix);
  fail({.file = stored.file(),
        .subject = "tensor " + shown(tensor ? tensor->name : name),
        .found = found,
        .wanted = wanted});
}

/// The same of a checkpoint's record: fails, naming the tensor as it is stored.
template <class Record>
void check_stored_values(const checkpoint& stored, std::string_view prefix, const unit_string& start, const Record& r) {
  check_values(start, r, 0, [&](const unit_string& name, std::string_view found, std::string_view wanted) {
    refuse_value(stored, std::string(name), prefix, found, wanted);
  });
}

}  // namespace weft::detail
