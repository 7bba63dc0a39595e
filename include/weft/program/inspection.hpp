#pragma once
// What a type says of itself, in lines that another program reads: `weft` compiles this for a configuration's type. It
// reads no files, so that it is compiled in a third of the time that a reader takes; `weft` reads them.
#include <array>
#include <bit>
#include <cstdlib>
#include <weft/bench/operations.hpp>
#include <weft/head/described.hpp>
#include <weft/program/output.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// Prints the tensors that a checkpoint has to store for a type and heads, a line each: name, a tab, the name that it
/// is tied to, a tab, how older checkpoints spell it, a tab, and its shape, numbers with a blank before each; of a
/// table of whole numbers also " /" and the number that they are below. A last line has the numbers of
/// bench::arithmetic, four for each kind of attention, with a blank behind each, and behind a tab the prefix of the
/// checkpoint's names. Arguments: the members of weft::sizes in
/// order, then 1 where tensors are tied, else 0.
template <class Spec, class... Heads>
int print_type(char** arguments) {
  weft::detail::sizes_as_numbers numbers;
  for (auto& n : numbers) n = std::strtol(*++arguments, nullptr, 10);
  const auto size = std::bit_cast<sizes>(numbers);
  const bool tied = **++arguments == '1';
  unit_string text;
  for (const auto& p : stored_parameters<Spec, Heads...>(size, tied)) {
    text += p.name + '\t' + p.tied_to + '\t' + p.older + '\t';
    for (const auto n : p.shape) text += ' ' + decimal(n);
    if (p.values > 0) text += " /" + decimal(p.values);
    text += '\n';
  }
  const auto a = bench::arithmetic_of<Spec>(size);
  char counts[200];  // %a: a double as it is
  std::snprintf(counts, sizeof counts, "%a %a ", a.weights, a.attention_width);
  text += counts;
  for (const auto& seen : a.seen) {
    std::snprintf(counts, sizeof counts, "%td %td %td %td ", seen.layers, seen.reach, seen.block, seen.random_blocks);
    text += counts;
  }
  write_all(1, text + '\t' + unit_string(weft::detail::prefix_of<Spec>()) + '\n');
  return 0;
}

}  // namespace weft::program
