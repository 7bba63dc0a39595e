#pragma once
// What a stored vector depends on, as digests that another machine can compare with its own:
// docs/how-to/check-a-stored-vector.md. pipeline/passport.hpp makes one of a model's directory.
#include <bit>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/list.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Something that vectors depend on, or its digest: "weights", "encoder.layer.0...weight", 64 hexadecimal digits.
struct passport_fact {
  std::string group, name, value;
  bool operator==(const passport_fact&) const = default;
};

/// A text of the fixed list and what the model made of it. Digests are SHA-256: of the ids as 32-bit integers and of
/// the vector's floats, every number's lowest byte first; every NaN counts as 0x7fc00000.
struct passport_text {
  std::string name;
  index_t tokens = 0;
  std::string ids_digest = {}, vector_digest = {};
  std::vector<std::int32_t> ids = {}, segments = {};  ///< empty where only digests are known; no segments: all 0
  std::vector<float> vector = {};                     ///< empty where only its digest is known
};

struct passport {
  std::vector<passport_fact> facts;
  std::string build;         ///< the architecture that computed: "avx2+fma"
  std::string why_not = {};  ///< why the build does not keep the promise of the same bits; empty: it does
  std::vector<passport_text> texts = {};

  /// As JSON, which read() reads. Without `values` ids and vectors are left out, their digests stay.
  std::string json(bool values) const;
  /// For people: a line for each group of facts and for each text.
  std::string table() const;
  /// Throws weft::error, with `file` in it, for what is no passport.
  static passport parse(std::string_view json, std::string_view file);
  static passport read(const std::filesystem::path& file);
};

/// Completes the digests of a text whose ids and vector are known.
void add_digests(passport_text& text);

enum class passport_verdict {
  same,         ///< every fact, every id and every bit of every vector
  to_rounding,  ///< the same but for rounding, since a build does not keep the promise of the same bits
  differs,
};

struct passport_comparison {
  passport_verdict verdict = passport_verdict::same;
  /// The largest difference of two values of a vector, of its largest value; negative where vectors differ, and are not
  /// there to be measured.
  double error = 0;
  std::vector<std::string> sentences;  ///< the verdict, then what differs, the first first; fit for a terminal
};

/// Vectors of two builds that differ by more, as a part of the largest value, do not agree to rounding.
inline constexpr double passport_tolerance = 1e-4;

/// Compares what this machine computes with what another did, as in a file of the name `file`.
passport_comparison compare(const passport& here, const passport& there, std::string_view file = "there");

}  // namespace weft

#include <weft/io/passport_comparison.hpp>
#include <weft/io/passport_json.hpp>
