#pragma once
// Which of several programs that share a work this one is. Nothing passes between them, so no MPI library is needed:
// the programs that start them say it in the environment.
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <weft/program/request.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

struct rank_of_many {
  index_t rank = 0, ranks = 1;
};

/// What --rank and --ranks say; else what mpirun does (Open MPI; PMI of MPICH, Intel MPI and srun --mpi=pmi2); else the
/// only one. `environment` gives a variable's value, or null. Throws weft::error where rank and ranks do not fit.
template <class Environment>
rank_of_many rank_in(const request& r, const Environment& environment) {
  rank_of_many one{r.rank.value_or(0), r.ranks > 0 ? r.ranks : 1};
  if (r.rank.has_value() != (r.ranks > 0))
    fail({.subject = "--rank", .found = "one of --rank and --ranks", .wanted = "both, or neither under mpirun"});
  constexpr index_t most = 1 << 20;
  if (!r.rank)
    for (const auto& [rank, ranks] :
         {std::pair("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), {"PMI_RANK", "PMI_SIZE"}})
      if (const char* said = environment(rank), *of = environment(ranks); said && of) {
        one = {detail::whole_number(rank, said, most, 0), detail::whole_number(ranks, of, most)};
        break;
      }
  if (one.rank >= one.ranks)
    fail({.subject = "--rank",
          .found = std::to_string(one.rank),
          .wanted = "0 to " + std::to_string(one.ranks - 1) + ", of " + std::to_string(one.ranks) + " ranks"});
  return one;
}

}  // namespace weft::program
