#pragma once
// Copies of a recorded checkpoint that store the tensors which its heads tie in the other ways that there are.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <weft/io/load.hpp>
#include <weft/io/safetensors_writer.hpp>

#include "catch.hpp"
#include "temporary_folder.hpp"

namespace weft_test {

using tensors_by_name = std::map<std::string, std::pair<std::vector<weft::index_t>, std::vector<float>>>;

inline tensors_by_name all_tensors(const std::filesystem::path& directory) {
  const auto stored = weft::checkpoint::open(directory);
  tensors_by_name all;
  for (const auto& name : stored.names()) {
    if (weft::is_ignored(name)) continue;
    weft::arena store;
    const auto values = weft::as_floats(*stored.find(name), store);
    all[name] = {stored.find(name)->shape, {values.begin(), values.end()}};
  }
  return all;
}

/// Verifies copies of a golden: with one tensor of each pair renamed to the other, with both, and with both and other
/// values in the one that heads read. `alone` is what the golden gives, `verify` the same of another directory.
template <class Verified>
void check_tied(const std::filesystem::path& golden, std::string_view prefix,
                const weft::unit_vector<weft::tied_name>& ties, std::span<const weft::renamed> names,
                const Verified& alone, const auto& verify) {
  namespace fs = std::filesystem;
  if (ties.empty()) return;
  const auto stored = all_tensors(golden);
  const auto at = weft_test::temporary_folder() / ("tied_" + golden.filename().string());
  fs::remove_all(at);
  fs::create_directories(at);
  for (const auto* file : {"config.json", "expected.safetensors", "case.json"})
    if (fs::exists(golden / file)) fs::copy_file(golden / file, at / file);
  const auto errors_of = [&](const tensors_by_name& all) {
    weft::safetensors_writer out;
    for (const auto& [name, one] : all) out.add(name, one.first, one.second);
    out.save(at / "model.safetensors");
    return verify(at);
  };
  for (const auto& tie : ties) {
    const auto own = weft::spelt(std::string(tie.name), names);
    const auto other = weft::spelt(weft::detail::join(std::string(prefix), tie.same_as), names);
    if (own == other || stored.count(own)) continue;
    INFO(golden.filename() << ": " << own << " tied to " << other);
    REQUIRE(stored.count(other) == 1);
    auto only_own = stored;
    only_own[own] = only_own.at(other);
    const auto both = errors_of(only_own);
    auto changed = only_own;
    for (auto& value : changed[own].second) value = 2 * value + 1;
    const auto differing = errors_of(changed);
    only_own.erase(other);
    const auto renamed = errors_of(only_own);
    REQUIRE(renamed.size() == alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      CHECK(renamed[i].error == alone[i].error);
      CHECK(both[i].error == alone[i].error);
      // The encoder reads its own tensor still; only what the head makes of the other one has changed.
      const bool of_head = alone[i].name.starts_with("logits") || alone[i].name.starts_with("prediction_logits");
      INFO(alone[i].name << " " << differing[i].error);
      if (of_head)
        CHECK(differing[i].error > 0.1);
      else
        CHECK(differing[i].error == alone[i].error);
    }
  }
  fs::remove_all(at);
}

}  // namespace weft_test
