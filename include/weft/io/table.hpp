#pragma once
// Files of rows whose columns have names: TSV, and JSON Lines.
#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One row: the columns that were asked for, in that order.
struct table_row {
  std::vector<std::string> cells;
  index_t line = 0;  ///< from 1
};

/// What was left out: lines that are not UTF-8.
struct table_report {
  index_t skipped = 0, first_skipped = 0;
};

namespace detail {
inline std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (std::size_t from = 0;;) {
    const auto tab = line.find('\t', from);
    columns.push_back(line.substr(from, tab == line.npos ? tab : tab - from));
    if (tab == line.npos) return columns;
    from = tab + 1;
  }
}

/// Which of a file's columns are those that are wanted. Throws weft::error for one that is not there.
template <class Names>
std::vector<std::size_t> find_columns(const Names& there, const std::vector<std::string>& wanted,
                                      const std::string& file) {
  std::vector<std::size_t> places;
  for (const auto& name : wanted) {
    const auto at = std::find(there.begin(), there.end(), name);
    if (at == there.end()) {
      std::string names;
      for (const auto& c : there) names += (names.empty() ? "" : ", ") + std::string(c);
      fail({.file = file,
            .subject = "line 1",
            .found = "the columns " + names,
            .wanted = "a column " + name,
            .remedy = "the first line names the columns; say which ones are meant by --text and --label"});
    }
    places.push_back(static_cast<std::size_t>(at - there.begin()));
  }
  return places;
}

// A string as it is, a number or a truth as JSON writes it, a list with blanks between.
inline std::string cell_of(const nlohmann::json& value, const std::string& name, const std::string& where) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  if (!value.is_array())
    fail({.file = where, .subject = name, .found = json_shown(value), .wanted = "a text, a number or a list of them"});
  std::string all;
  for (const auto& one : value) {
    const auto word = cell_of(one, name, where);
    if (one.is_array() || word.find_first_of(" \t\n") != word.npos)
      fail({.file = where, .subject = name, .found = json_shown(one), .wanted = "words without blanks in a list"});
    all += (all.empty() ? "" : " ") + word;
  }
  return all;
}
}  // namespace detail

/// Calls f(row) for every row of a file, in order. `.jsonl` and `.json` have an object a line; other files have lines
/// with tabs between columns, of which the first names them, and quote nothing. Lines that are not UTF-8 and empty ones
/// are left out. Throws weft::error for a column that is missing, and for a line with another number of columns or that
/// is not JSON.
template <class Row>
table_report read_table(const std::filesystem::path& path, const std::vector<std::string>& wanted, const Row& f) {
  const auto file = mapped_file::open(path);
  const auto extension = path.extension().string();
  const bool json = extension == ".jsonl" || extension == ".json";
  const auto name = path.string();
  table_report report;
  std::string_view rest = file->text();
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  table_row row;
  std::vector<std::size_t> places;
  std::size_t count = 0;
  for (index_t number = 1; !rest.empty(); ++number) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto where = "line " + std::to_string(number);
    if (find_invalid_utf8(line) >= 0) {
      if (report.skipped++ == 0) report.first_skipped = number;
      if (number == 1 && !json)
        fail({.file = name,
              .subject = where,
              .found = "bytes that are not UTF-8",
              .wanted = "names of columns in UTF-8"});
      continue;
    }
    if (line.empty()) continue;
    row.line = number, row.cells.clear();
    if (json) {
      auto object = parse_json(line, name + ": " + where);
      const detail::json_scope scope(object);
      for (const auto& column : wanted)
        row.cells.push_back(detail::cell_of(json_at(object, column, name + ": " + where), column, name + ": " + where));
      f(std::as_const(row));
      continue;
    }
    const auto columns = detail::columns_of(line);
    if (count == 0) {
      places = detail::find_columns(columns, wanted, name), count = columns.size();
      continue;
    }
    if (columns.size() != count)
      fail({.file = name,
            .subject = where,
            .found = std::to_string(columns.size()) + " columns",
            .wanted = std::to_string(count) + ", as the first line has"});
    for (const auto place : places) row.cells.emplace_back(columns[place]);
    f(std::as_const(row));
  }
  return report;
}

}  // namespace weft
