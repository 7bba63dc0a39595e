#pragma once
// Whether recorded results come with random blocks of their own.
#include <algorithm>
#include <filesystem>
#include <string_view>
#include <weft/io/safetensors.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The random plan of a type that is compared with the results in `directory`, for spec_of(): "weft::given_plan" where
/// expected.safetensors records random blocks (`rand_attn...`), which are input then; else empty, the type's default.
inline std::string_view random_plan_of(const std::filesystem::path& directory) {
  std::error_code ignored;
  const auto file = directory / "expected.safetensors";
  if (!std::filesystem::exists(file, ignored)) return "";
  const auto recorded = safetensors::open(file);
  for (const auto& t : recorded)
    if (std::string_view(t.name).starts_with("rand_attn.")) return "weft::given_plan";
  return "";
}

/// Whether parts of a slimmable model were recorded in `directory` (`variant.0...`), for spec_of().
inline bool records_variants(const std::filesystem::path& directory) {
  std::error_code ignored;
  const auto file = directory / "expected.safetensors";
  if (!std::filesystem::exists(file, ignored)) return false;
  const auto recorded = safetensors::open(file);
  return std::any_of(recorded.begin(), recorded.end(),
                     [](const auto& t) { return std::string_view(t.name).starts_with("variant."); });
}

}  // namespace weft
