// weft type DIR|config.json: the C++ spec that a configuration describes.
#include <iostream>
#include <weft/io/hub_cache.hpp>
#include <weft/io/spec_source.hpp>

#include "commands.hpp"

namespace weft_program {

void add_type(CLI::App& app, action& chosen) {
  auto* command = app.add_subcommand("type", "write the C++ spec that a config.json describes");
  auto where = std::make_shared<std::string>(), name = std::make_shared<std::string>();
  command->add_option("where", *where, "a model's directory or a config.json")->required();
  command->add_option("--name", *name, "the struct's name; the directory's by default");
  command->callback([&chosen, where, name] {
    chosen = [where, name] {
      const auto at = weft::resolve_model(*where);
      const auto c = weft::configuration::read(at);
      auto called = *name;
      if (called.empty()) {
        const auto full = std::filesystem::weakly_canonical(at);
        called = (std::filesystem::is_directory(full) ? full : full.parent_path()).filename().string();
      }
      const auto source = weft::spec_of(c, called);
      std::cout << source.text << "\n// " << source.model() << '\n';
      return 0;
    };
  });
}

}  // namespace weft_program
