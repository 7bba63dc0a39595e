#pragma once
// What `weft inspect` says of a checkpoint beside the table of its tensors: whether they are those that its type needs,
// and what the model costs, in memory and in operations a token.
#include <algorithm>
#include <cstdio>
#include <weft/bench/operations.hpp>
#include <weft/io/architecture.hpp>
#include <weft/io/expected_parameters.hpp>
#include <weft/program/printing.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

namespace detail {
// "12.3 M": three digits or four.
inline std::string with_unit(double number, const char* unit) {
  const char* const steps[] = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t step = 0;
  for (; number >= 999.5 && step + 1 < std::size(steps); ++step) number /= 1000;
  char text[48];
  std::snprintf(text, sizeof text, "%.*f %s%s", step == 0 || number >= 99.95 ? 0 : 1, number, steps[step], unit);
  return text;
}

// Of the encoder and the heads. A table stays as it is read; a head that is tied to it holds another copy, packed.
inline void add_memory(page& out, const std::vector<tensor_request>& wanted) {
  double values = 0, products = 0;
  for (const auto& w : wanted) {
    double all = 1;
    for (const auto n : w.shape) all *= static_cast<double>(n);
    values += all;
    if (bench::is_product({w.name, {w.shape.begin(), w.shape.end()}})) products += all;
    if (!w.tied_to.empty() && w.shape.size() >= 2) values += all, products += all;
  }
  out << "weights in memory: " << with_unit(4 * values, "B") << " as float32, "
      << with_unit(4 * values - 2 * products, "B") << " as bfloat16\n";
}

// At two common lengths and at the longest, as far as the model reads.
template <class Spec>
void add_operations(page& out, const configuration& c) {
  const auto a = bench::arithmetic_of<Spec>(c);
  const auto longest = sizes_of(c).longest();
  std::string lengths;
  for (index_t last = 0; const index_t wanted : {index_t{128}, index_t{512}, longest}) {
    const auto length = std::min(wanted, longest);
    if (length <= last) continue;
    last = length;
    const double each = bench::operations(a, {&length, 1}) / static_cast<double>(length);
    lengths += (lengths.empty() ? "" : ", ") + with_unit(each, "FLOP") + " in a text of " + std::to_string(length);
  }
  out << "operations a token, encoder without heads: " << lengths << "\n";
}
}  // namespace detail

/// The program behind `weft inspect`. Arguments: a directory or a configuration.
template <class Spec, class... Heads>
int inspect_and_print(char** arguments) {
  const std::filesystem::path at = arguments[1];
  const auto c = configuration::read(at);
  weft::detail::agree<Spec, Heads...>(c);
  const auto wanted = expected_parameters<Spec, Heads...>(c);
  page out;
  if (!is_folder(at)) {
    for (const auto& w : wanted) out.padded(w.name, 72) << "  " << shape_text(w.shape) << "\n";
    detail::add_memory(out, wanted);
    detail::add_operations<Spec>(out, c);
    out.print();
    return 0;
  }
  const auto stored = checkpoint::open(at);
  const auto report = check_tensors<Spec, Heads...>(stored, c);
  index_t parameters = 0;
  for (const auto& w : wanted) parameters += find_parameter(stored, w, c.facts().prefix)->count();
  out << "config.json: " << c.family << ", " << c.num_hidden_layers << " layers of width " << c.hidden_size << " with "
      << c.num_attention_heads << " heads; its " << wanted.size() << " tensors are there and well shaped, "
      << parameters << " parameters\n";
  detail::add_memory(out, wanted);
  detail::add_operations<Spec>(out, c);
  for (const auto& name : report.unused) out << "not used by this model: " << name << "\n";
  out.print();
  return 0;
}

/// Compares alone: fails as check_tensors does. Arguments: a directory, and "nonfinite" where such values are allowed.
template <class Spec, class... Heads>
int compare_tensors(char** arguments) {
  const std::filesystem::path at = arguments[1];
  const auto c = configuration::read(at);
  weft::detail::agree<Spec, Heads...>(c);
  check_tensors<Spec, Heads...>(checkpoint::open(at), c, arguments[2] != nullptr);
  return 0;
}

}  // namespace weft::program
