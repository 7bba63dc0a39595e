// Writes the golden tests: for every recorded checkpoint the type that its configuration describes, by the generator
// that `weft type` and `weft verify` use, and a test that compares. Equal types are written once.
//   write_goldens DATA_DIRECTORY OUTPUT_DIRECTORY FILES [NAME...]     writes goldens_0.cpp ... goldens_<FILES - 1>.cpp
// Names are folders of DATA_DIRECTORY; without any, all are taken.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <weft/io/spec_source.hpp>
#include <weft/verify/recorded_plan.hpp>

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const fs::path data = argv[1], to = argv[2];
  const int files = std::stoi(argv[3]);
  std::vector<std::string> names(argv + 4, argv + argc);
  if (names.empty())
    for (const auto& entry : fs::directory_iterator(data)) {
      const auto name = entry.path().filename().string();
      if (fs::exists(entry.path() / "config.json")) names.push_back(name);
    }
  std::sort(names.begin(), names.end());

  struct type {
    std::string name, definition, tests;
    int cases = 0;
  };
  std::map<std::string, type> types;  // by the text of the struct under a neutral name
  try {
    for (const auto& name : names) {
      auto c = weft::configuration::read(data / name);
      c.file = "a configuration";
      const auto plan = weft::random_plan_of(data / name);
      const bool slimmable = weft::records_variants(data / name);
      auto& t = types[weft::spec_of(c, "type", plan, slimmable).text];
      if (t.name.empty()) t.name = "golden_type_" + std::to_string(types.size());
      const auto spec = weft::spec_of(c, t.name, plan, slimmable);
      t.definition = spec.text;
      std::string arguments = spec.name;
      for (const auto& head : spec.heads) arguments += ", " + head;
      t.tests += "TEST_CASE(\"" + name + " computes what was recorded\") { weft_test::check_golden<" + arguments +
                 ">(\"" + name + "\"); }\n";
      ++t.cases;
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  // The type with the most cases goes first, each to the file with the least so far.
  std::vector<type> ordered;
  for (const auto& entry : types) ordered.push_back(entry.second);
  std::stable_sort(ordered.begin(), ordered.end(), [](const type& a, const type& b) { return a.cases > b.cases; });
  std::vector<std::string> sources(static_cast<std::size_t>(files), "#include \"model/golden.hpp\"\n\n");
  std::vector<int> load(static_cast<std::size_t>(files));
  for (const auto& t : ordered) {
    const auto least = std::min_element(load.begin(), load.end()) - load.begin();
    load[static_cast<std::size_t>(least)] += t.cases + 2;  // every type costs an encoder, every case a head
    sources[static_cast<std::size_t>(least)] += t.definition + "\n" + t.tests + "\n";
  }
  for (int i = 0; i < files; ++i)
    std::ofstream(to / ("goldens_" + std::to_string(i) + ".cpp")) << sources[static_cast<std::size_t>(i)];
  return 0;
}
