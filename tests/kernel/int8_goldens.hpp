#pragma once
// tests/data/int8: linears by the rule of weft::int8, every float operation rounded to float32 by itself. The files are
// safetensors; rooms below io read them here, without its JSON.
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/base/finite.hpp>
#include <weft/base/index.hpp>

namespace weft::test {

inline constexpr std::array int8_goldens{"one", "plain_8", "gelu_8", "outliers_7", "edges_7", "edges_8", "long_8"};

struct int8_golden {
  explicit int8_golden(const std::string& name) {
    std::ifstream file(std::string(WEFT_TEST_DATA) + "/int8/" + name + ".safetensors", std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    if (all.size() < 8) throw std::runtime_error("tests/data/int8/" + name + " cannot be read");
    std::uint64_t length;
    std::memcpy(&length, all.data(), 8);
    header = all.substr(8, length);
    bytes = all.substr(8 + length);
    bits = std::atoi(header.c_str() + header.find("\"bits\":\"") + 8);
    const auto shape = numbers("weight", "shape");
    out = shape[0], in = shape[1], rows = numbers("x", "shape")[0];
  }
  template <class T>
  std::vector<T> values(const std::string& tensor) const {
    const auto place = numbers(tensor, "data_offsets");
    std::vector<T> v(static_cast<std::size_t>(place[1] - place[0]) / sizeof(T));
    std::memcpy(v.data(), bytes.data() + place[0], static_cast<std::size_t>(place[1] - place[0]));
    return v;
  }
  int bits = 0;
  index_t rows = 0, in = 0, out = 0;

 private:
  std::vector<index_t> numbers(const std::string& tensor, const std::string& key) const {
    const auto at = header.find("\"" + key + "\":[", header.find("\"" + tensor + "\":{"));
    std::vector<index_t> v;
    for (const char* p = header.c_str() + header.find('[', at); *p != ']';) {
      char* end = nullptr;
      v.push_back(std::strtol(p + 1, &end, 10));
      p = end;
    }
    return v;
  }
  std::string header, bytes;
};

/// Equal bits, or both NaN.
inline bool same_value(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0 || (is_nan(a) && is_nan(b)); }

}  // namespace weft::test
