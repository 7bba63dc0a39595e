#pragma once
// Keys of configurations that ask for parts of models which weft does not have.
#include <string>
#include <string_view>
#include <weft/io/json.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Fails where a configuration asks for one of them: a decoder, a table of tasks (ERNIE 2 and 3), a projection behind
/// the encoder (DPR).
inline void refuse_lacking_parts(const nlohmann::json& document, std::string_view file) {
  const auto refuse_flag = [&](const std::string& key, std::string_view wanted) {
    if (json_flag(document, key, file, false)) fail({.file = file, .subject = key, .found = "true", .wanted = wanted});
  };
  refuse_flag("is_decoder", "false: weft has encoders only");
  refuse_flag("add_cross_attention", "false: weft has encoders only");
  refuse_flag("use_task_id", "false: weft has no table of tasks");
  if (const auto width = json_integer(document, "projection_dim", file, 0, 16'777'216, 0); width > 0)
    fail({.file = file,
          .subject = "projection_dim",
          .found = std::to_string(width),
          .wanted = "0: weft has no projection behind such an encoder"});
}

}  // namespace weft::detail
