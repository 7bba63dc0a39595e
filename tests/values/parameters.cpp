#include "by_rule.hpp"

#include <cstring>
#include <memory>
#include <weft/io/expected_parameters.hpp>

#include "rule_weights.hpp"

namespace weft_test {

checkpoint_by_rule make_checkpoint(std::string_view keys, const std::vector<std::string>& classes, naming names) {
  nlohmann::ordered_json header;
  std::vector<float> values;
  weft::configuration c;
  for (const auto& name : classes) {
    c = weft::configuration::parse("{" + std::string(keys) + R"(, "architectures": [")" + name + "\"]}");
    for (const auto& wanted : weft::expected_parameters(c)) {
      auto stored = wanted.name;
      if (names == naming::bare) stored = weft::detail::without_prefix(wanted.name, weft::name_prefix(c.family));
      if (header.contains(stored)) continue;
      const auto first = values.size();
      index count = 1;
      for (const auto n : wanted.shape) count *= n;
      for (index i = 0; i < count; ++i) values.push_back(rule_value(stored, static_cast<std::uint32_t>(i)));
      header[stored] = {{"dtype", "F32"}, {"shape", wanted.shape}, {"data_offsets", {4 * first, 4 * values.size()}}};
    }
  }
  auto text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const auto length = static_cast<std::uint64_t>(text.size());
  const auto file = std::make_shared<std::vector<std::byte>>(8 + text.size() + 4 * values.size());
  std::memcpy(file->data(), &length, 8);
  std::memcpy(file->data() + 8, text.data(), text.size());
  std::memcpy(file->data() + 8 + text.size(), values.data(), 4 * values.size());
  return {c, weft::checkpoint::parse(*file, "a checkpoint by rule", file)};
}

}  // namespace weft_test
