#include <weft/base/version.hpp>
#include <weft/io/load.hpp>
#include <weft/model/bert.hpp>

int main(int count, char** arguments) try {
  if (count > 1) weft::load<weft::bert_base>(arguments[1]);
  return weft::version_major;
} catch (const weft::error& e) {
  return std::string_view(e.what()).empty();
}
