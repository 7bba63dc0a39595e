#pragma once
// Texts with labels, from a file of columns.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which columns of a file are read, by the names in its first line. `second` is empty, or the other text of pairs.
struct labelled_columns {
  std::string text = "text", label = "label", second = {};
};

struct labelled_text {
  std::string text, second, label;
  index_t line = 0;  ///< from 1, the line of names included
};

/// The lines of a file.
struct labelled_texts {
  std::string file;
  std::vector<labelled_text> all;
  index_t skipped = 0;        ///< lines that are not UTF-8
  index_t first_skipped = 0;  ///< the first of them
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
}  // namespace detail

/// Reads a file of lines with tabs between columns (TSV); the first line names them. Nothing is quoted: a text holds
/// neither tabs nor ends of lines. Lines that are not UTF-8 are left out and counted; empty lines are left out. Throws
/// weft::error for a column that is missing, for a line with another number of columns, and for one without a label.
inline labelled_texts read_labelled_texts(const std::filesystem::path& path, const labelled_columns& wanted = {}) {
  const auto file = mapped_file::open(path);
  labelled_texts out{path.string(), {}, 0, 0};
  std::string_view rest = file->text();
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  index_t number = 0;
  std::size_t text = 0, label = 0, second = 0, count = 0;
  while (!rest.empty()) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (find_invalid_utf8(line) >= 0) {
      if (out.skipped++ == 0) out.first_skipped = number;
      if (number == 1)
        fail({.file = out.file,
              .subject = "line 1",
              .found = "bytes that are not UTF-8",
              .wanted = "names of columns in UTF-8"});
      continue;
    }
    if (line.empty()) continue;
    const auto columns = detail::columns_of(line);
    const auto where = "line " + std::to_string(number);
    if (count == 0) {
      const auto find = [&](const std::string& name) {
        const auto at = std::find(columns.begin(), columns.end(), name);
        if (at == columns.end()) {
          std::string names;
          for (const auto c : columns) names += (names.empty() ? "" : ", ") + std::string(c);
          fail({.file = out.file,
                .subject = where,
                .found = "the columns " + names,
                .wanted = "a column " + name,
                .remedy = "the first line names the columns, with tabs between; say which ones are meant by --text and "
                          "--label"});
        }
        return static_cast<std::size_t>(at - columns.begin());
      };
      text = find(wanted.text), label = find(wanted.label);
      if (!wanted.second.empty()) second = find(wanted.second);
      count = columns.size();
      continue;
    }
    if (columns.size() != count)
      fail({.file = out.file,
            .subject = where,
            .found = std::to_string(columns.size()) + " columns",
            .wanted = std::to_string(count) + ", as the first line has"});
    if (columns[label].empty()) fail({.file = out.file, .subject = where, .found = "no label", .wanted = "a label"});
    out.all.push_back({std::string(columns[text]), wanted.second.empty() ? "" : std::string(columns[second]),
                       std::string(columns[label]), number});
  }
  if (out.all.empty())
    fail({.file = out.file, .found = "no text", .wanted = "a line of names, and lines of texts and labels"});
  return out;
}

}  // namespace weft
