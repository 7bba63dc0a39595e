#pragma once
// Texts with what is to be learnt of them, from a file of columns.
#include <charconv>
#include <filesystem>
#include <string>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/base/index.hpp>
#include <weft/io/table.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which columns of a file are read, by their names. `second` is empty, or the other text of pairs; `targets` are
/// columns of numbers, which take the place of labels.
struct labelled_columns {
  std::string text = "text", label = "label", second = {};
  std::vector<std::string> targets = {};
  bool may_be_empty = false;  ///< a label may be the empty text
};

struct labelled_text {
  std::string text, second, label;
  std::vector<float> targets = {};
  index_t line = 0;  ///< from 1, the line of names included
};

/// The rows of a file.
struct labelled_texts {
  std::string file;
  std::vector<labelled_text> all;
  index_t skipped = 0;                    ///< lines that are not UTF-8
  index_t first_skipped = 0;              ///< the first of them
  std::vector<std::string> targets = {};  ///< the names of the columns of numbers
};

/// Reads TSV or JSON Lines (io/table.hpp). Throws weft::error for a column that is missing, a line with another number
/// of columns, one without a label, and a target that is no finite number.
inline labelled_texts read_labelled_texts(const std::filesystem::path& path, const labelled_columns& wanted = {}) {
  labelled_texts out{path.string(), {}, 0, 0, wanted.targets};
  std::vector<std::string> names{wanted.text};
  if (!wanted.second.empty()) names.push_back(wanted.second);
  if (wanted.targets.empty()) names.push_back(wanted.label);
  names.insert(names.end(), wanted.targets.begin(), wanted.targets.end());
  const auto report = read_table(path, names, [&](const table_row& row) {
    const auto where = "line " + std::to_string(row.line);
    labelled_text one{row.cells[0], {}, {}, {}, row.line};
    std::size_t at = 1;
    if (!wanted.second.empty()) one.second = row.cells[at++];
    if (wanted.targets.empty()) {
      one.label = row.cells[at++];
      if (one.label.empty() && !wanted.may_be_empty)
        fail({.file = out.file, .subject = where, .found = "no label", .wanted = "a label"});
    }
    for (; at < row.cells.size(); ++at) {
      const auto& cell = row.cells[at];
      float value = 0;
      const auto [end, mistake] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (mistake != std::errc{} || end != cell.data() + cell.size() || !is_finite(value))
        fail({.file = out.file, .subject = where + ", " + names[at], .found = cell, .wanted = "a finite number"});
      one.targets.push_back(value);
    }
    out.all.push_back(std::move(one));
  });
  out.skipped = report.skipped, out.first_skipped = report.first_skipped;
  if (out.all.empty())
    fail({.file = out.file, .found = "no text", .wanted = "a line of names, and lines of texts and labels"});
  return out;
}

}  // namespace weft
