// type DIR|config.json --name NAME: writes what `weft type` writes, where the program weft is not at hand.
#include <exception>
#include <iostream>
#include <string_view>
#include <weft/io/spec_source.hpp>

int main(int count, char** arguments) try {
  if (count != 5 || std::string_view(arguments[1]) != "type" || std::string_view(arguments[3]) != "--name") return 2;
  const auto source = weft::spec_of(weft::configuration::read(arguments[2]), arguments[4]);
  std::cout << source.text << "\n// " << source.model() << std::endl;
  if (!std::cout) weft::fail({.file = "standard output", .found = "it cannot be written"});
  return 0;
} catch (const std::exception& e) {
  std::cerr << "weft: " << weft::detail::printable_whole(e.what()) << '\n';
  return 1;
}
