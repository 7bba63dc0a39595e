// What compile cost is measured in: the standard library alone, compiled in the same run by the same compiler with the
// same flags. Nothing of weft, so that it does not change with weft.
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

using value = std::variant<int, double, std::string, std::vector<int>>;

std::map<std::string, std::vector<value>> sorted_values(const std::unordered_map<std::string, value>& given) {
  std::map<std::string, std::vector<value>> found;
  for (const auto& [name, v] : given) found[name.substr(0, 1)].push_back(v);
  for (auto& [letter, values] : found) {
    std::stable_sort(values.begin(), values.end(), std::greater<>());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }
  return found;
}

double sum(const std::vector<value>& values, const std::function<double(const value&)>& of) {
  double total = 0;
  for (const auto& v : values) total += of(v);
  return total;
}
