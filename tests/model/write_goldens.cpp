// Writes the golden tests: for every recorded checkpoint the type that its configuration describes, by the generator
// that `weft type` and `weft verify` use, and a test that compares. Equal types are written once.
//   write_goldens DATA_DIRECTORY OUTPUT_DIRECTORY FILES     writes goldens_0.cpp ... goldens_<FILES - 1>.cpp
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <weft/io/spec_source.hpp>

int main(int, char** argv) {
  namespace fs = std::filesystem;
  const fs::path data = argv[1], to = argv[2];
  const int files = std::stoi(argv[3]);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(data)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("bert_") || name.starts_with("electra_")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());

  std::map<std::string, std::string> names_of_types;  // text with a neutral name -> name
  std::map<std::string, int> file_of_type;
  std::vector<std::string> sources(static_cast<std::size_t>(files), "#include \"model/golden.hpp\"\n\n");
  try {
    for (const auto& name : names) {
      auto c = weft::configuration::read(data / name);
      c.file = "a configuration";
      const auto neutral = weft::spec_of(c, "type").text;
      const bool known = names_of_types.contains(neutral);
      const auto type = known ? names_of_types[neutral] : names_of_types[neutral] = "golden_type_" + std::to_string(names_of_types.size());
      if (!known) file_of_type[type] = static_cast<int>(file_of_type.size()) % files;
      auto& source = sources[static_cast<std::size_t>(file_of_type[type])];
      const auto spec = weft::spec_of(c, type);
      if (!known) source += spec.text + "\n";
      std::string arguments = spec.name;
      for (const auto& head : spec.heads) arguments += ", " + head;
      source += "TEST_CASE(\"" + name + " computes what was recorded\") { weft_test::check_golden<" + arguments + ">(\"" + name + "\"); }\n\n";
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  for (int i = 0; i < files; ++i)
    std::ofstream(to / ("goldens_" + std::to_string(i) + ".cpp")) << sources[static_cast<std::size_t>(i)];
  return 0;
}
