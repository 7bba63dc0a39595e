#pragma once
// Files that weft writes. Each ends in a line with a digest of what precedes it, so that weft knows its own again: only
// those are replaced, and only if nobody changed them. Everything is made in a folder of its own and then renamed.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "children.hpp"

namespace weft_program {

/// FNV-1a, 64 bits.
constexpr std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}
inline constexpr std::uint64_t mix_start = 0xcbf29ce484222325u;
std::string hexadecimal(std::uint64_t hash);

/// The bytes of a file; none where it cannot be read.
std::string content_of(const std::filesystem::path& file);

/// Writes a file and sees that it is on the disk. Throws weft::error with the system's reason, as a full disk's.
void write_file(const std::filesystem::path& file, std::string_view content);

/// How the last line is a comment: of a program or a shell script, of C, of SVG and HTML.
enum class comment { script, c, markup };

/// The content with its last line.
std::string sealed(std::string content, comment kind);
/// Gives a file its last line, and sees that it is on the disk.
void seal(const std::filesystem::path& file, comment kind);
/// Whether a file is whole and as weft wrote it.
bool is_sealed(const std::filesystem::path& file);

/// Fails where something is at `out` that weft did not write or that was changed since: a file, a link, a folder.
/// Nothing may be there too.
void check_replaceable(const std::filesystem::path& out);
/// The same of a folder that pack_folder wrote.
void check_replaceable_folder(const std::filesystem::path& out);

/// Moves a finished file or folder to its place, in the stead of what weft wrote there before.
void put(const std::filesystem::path& made, const std::filesystem::path& out);
void put_folder(const std::filesystem::path& made, const std::filesystem::path& out);

/// Copies files of a directory, with a list of them and their digests, into a folder that is not there yet.
void pack_folder(const std::filesystem::path& directory, const std::vector<std::string>& names,
                 const std::filesystem::path& folder);
/// The name of that list.
inline constexpr std::string_view packed_list = "weft-packed.txt";

/// A new folder that only this user can enter, removed with all in it when this ends, also by a signal.
class work_folder {
 public:
  /// Its name is `start` and six letters that no other has.
  explicit work_folder(const std::filesystem::path& start);
  ~work_folder();
  work_folder(const work_folder&) = delete;
  work_folder& operator=(const work_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void keep() { keep_ = true; }

 private:
  interruptible orderly_;  // ends last
  std::filesystem::path path_;
  bool keep_ = false;
};

/// Removes work folders of that start that runs which were killed left behind a day ago.
void remove_abandoned(const std::filesystem::path& start);

}  // namespace weft_program
