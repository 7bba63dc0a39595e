#include "own_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <utility>
#include <weft/base/error.hpp>
#include <weft/io/packed_files.hpp>
#include <weft/io/shown.hpp>

namespace weft_program {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_seal = 64;
constexpr const char* seal_word = "weft:";
constexpr const char* work_mark = ".weft-work";  // a file in every work folder

[[noreturn]] void refuse_writing(const fs::path& file, int problem) {
  const bool full = problem == ENOSPC || problem == EDQUOT;
  weft::fail({.file = file.string(),
              .found = std::strerror(problem),
              .wanted = "a place to write",
              .remedy = full ? "make room" : ""});
}

// A descriptor to write to, which says what the system says.
class written_file {
 public:
  written_file(fs::path file, int flags) : file_(std::move(file)), at_(::open(file_.c_str(), flags | O_CLOEXEC, 0666)) {
    if (at_ < 0) refuse_writing(file_, errno);
  }
  ~written_file() {
    if (at_ >= 0) ::close(at_);
  }
  written_file(const written_file&) = delete;
  written_file& operator=(const written_file&) = delete;

  void write(std::string_view text) {
    while (!text.empty()) {
      const auto wrote = ::write(at_, text.data(), text.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) refuse_writing(file_, errno);
      text.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }
  // Some disks say only here that they are full. Pipes and devices have nothing to keep.
  void finish() {
    if (::fsync(at_) < 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS) refuse_writing(file_, errno);
    if (::close(std::exchange(at_, -1)) < 0 && errno != EINTR) refuse_writing(file_, errno);
  }

 private:
  fs::path file_;
  int at_;
};

std::string last_line(std::uint64_t digest, comment kind) {
  const auto words = seal_word + hexadecimal(digest);
  if (kind == comment::c) return "/* " + words + " */\n";
  if (kind == comment::markup) return "<!-- " + words + " -->\n";
  return "# " + words + '\n';
}

// What a seal adds to a file: a line, and an end of the one before where that has none.
std::string addition(std::string_view content, comment kind) {
  const auto digest = mix(mix_start, content);
  return content.ends_with('\n') ? last_line(digest, kind) : '\n' + last_line(mix(digest, "\n"), kind);
}

// The digest of a file's first bytes, which need not fit into memory; of all of them where it is shorter.
std::uint64_t digest_of(const fs::path& file, std::uintmax_t bytes = std::numeric_limits<std::uintmax_t>::max()) {
  std::ifstream in(file, std::ios::binary);
  std::string piece(std::size_t{1} << 20, '\0');
  auto digest = mix_start;
  while (bytes > 0) {
    in.read(piece.data(), static_cast<std::streamsize>(std::min<std::uintmax_t>(bytes, piece.size())));
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0) break;
    digest = mix(digest, std::string_view(piece).substr(0, got));
    bytes -= got;
  }
  return digest;
}

[[noreturn]] void refuse_foreign(const fs::path& out, const std::string& found) {
  weft::fail({.file = out.string(),
              .found = found,
              .wanted = "nothing there, or what weft wrote",
              .remedy = "remove it, or choose another name with -o"});
}

fs::file_type type_of(const fs::path& at) {
  std::error_code problem;
  const auto status = fs::symlink_status(at, problem);
  if (problem && status.type() != fs::file_type::not_found) refuse_foreign(at, problem.message());
  return status.type();
}

void move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) refuse_writing(to, errno);
}

// Digest and name, a line for each file.
std::string list_line(std::uint64_t digest, const std::string& name) {
  return hexadecimal(digest) + ' ' + weft::detail::printable(name, 4096) + '\n';
}

std::uint64_t copied(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  if (!in) weft::fail({.file = from.string(), .found = "it cannot be read"});
  written_file out(to, O_WRONLY | O_CREAT | O_EXCL);
  std::string piece(std::size_t{1} << 20, '\0');
  auto digest = mix_start;
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
    const auto some = std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount()));
    digest = mix(digest, some);
    out.write(some);
    check_interrupted();
  }
  if (in.bad()) weft::fail({.file = from.string(), .found = "it cannot be read to its end"});
  out.finish();
  return digest;
}

}  // namespace

std::string hexadecimal(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& file, std::string_view content) {
  written_file out(file, O_WRONLY | O_CREAT | O_TRUNC);
  out.write(content);
  out.finish();
}

std::string sealed(std::string content, comment kind) {
  content += addition(content, kind);
  return content;
}

void seal(const fs::path& file, comment kind) {
  written_file out(file, O_WRONLY | O_APPEND);
  out.write(addition(content_of(file), kind));
  out.finish();
}

bool is_sealed(const fs::path& file) {
  std::error_code problem;
  if (!fs::is_regular_file(file, problem)) return false;
  const auto size = fs::file_size(file, problem);
  const auto tail = std::min<std::uintmax_t>(size, longest_seal);
  std::string line(static_cast<std::size_t>(tail), '\0');
  std::ifstream in(file, std::ios::binary);
  if (problem || !in.seekg(static_cast<std::streamoff>(size - tail)) ||
      !in.read(line.data(), static_cast<std::streamsize>(tail)))
    return false;
  // What is no such line, as at the end of a large file, is not worth reading the file.
  if (line.size() < 2 || !line.ends_with('\n')) return false;
  const auto begin = line.rfind('\n', line.size() - 2);
  if (begin == line.npos) return false;
  line.erase(0, begin + 1);
  if (line.find(seal_word) == line.npos) return false;
  const auto digest = digest_of(file, size - line.size());
  for (const auto kind : {comment::script, comment::c, comment::markup})
    if (line == last_line(digest, kind)) return true;
  return false;
}

void check_replaceable(const fs::path& out) {
  switch (type_of(out)) {
    case fs::file_type::not_found:
      return;
    case fs::file_type::directory:
      return refuse_foreign(out, "a directory");
    case fs::file_type::symlink:
      return refuse_foreign(out, "a symbolic link");
    case fs::file_type::regular:
      break;
    default:
      return refuse_foreign(out, "a pipe, a socket or a device");
  }
  // Behind a program may be a model of gigabytes, whose table shows that it is whole.
  if (weft::packed_files(out).empty() && !is_sealed(out))
    refuse_foreign(out, "a file that weft did not write, or that was changed since");
}

void check_replaceable_folder(const fs::path& out) {
  const auto type = type_of(out);
  if (type == fs::file_type::not_found) return;
  if (type == fs::file_type::symlink) refuse_foreign(out, "a symbolic link");
  if (type != fs::file_type::directory) refuse_foreign(out, "no folder");
  const auto list = out / packed_list;
  if (!is_sealed(list)) refuse_foreign(out, "a folder that weft did not write");
  const auto written = '\n' + content_of(list);
  std::error_code problem;
  for (fs::recursive_directory_iterator at(out, problem), end; !problem && at != end; at.increment(problem)) {
    if (at->is_directory(problem) && !at->is_symlink(problem)) {
      if (!fs::is_empty(at->path(), problem)) continue;
    } else if (at->is_regular_file(problem) && !at->is_symlink(problem)) {
      const auto name = at->path().lexically_relative(out).generic_string();
      if (name == packed_list || written.find('\n' + list_line(digest_of(at->path()), name)) != written.npos) continue;
    }
    refuse_foreign(at->path(), "what weft did not write, or what was changed since");
  }
  if (problem) refuse_foreign(out, problem.message());
}

void put(const fs::path& made, const fs::path& out) {
  check_interrupted();
  check_replaceable(out);
  move(made, out);
}

void put_folder(const fs::path& made, const fs::path& out) {
  check_interrupted();
  check_replaceable_folder(out);
  if (type_of(out) == fs::file_type::not_found) return move(made, out);
  const work_folder aside(out.string() + ".old-");
  const auto old = aside.path() / "old";
  move(out, old);
  if (::rename(made.c_str(), out.c_str()) < 0) {
    const auto problem = errno;
    move(old, out);
    refuse_writing(out, problem);
  }
}

void pack_folder(const fs::path& directory, const std::vector<std::string>& names, const fs::path& folder) {
  std::string list =
      "Files that weft copied here, and their digests. It replaces this folder only if nobody changed it.\n";
  const auto make = [](const fs::path& at) {
    std::error_code problem;
    fs::create_directories(at, problem);
    if (problem) refuse_writing(at, problem.value());
  };
  make(folder);
  for (const auto& name : names) {
    make((folder / name).parent_path());
    list += list_line(copied(directory / name, folder / name), name);
  }
  write_file(folder / packed_list, sealed(list, comment::script));
}

work_folder::work_folder(const fs::path& start) {
  auto name = fs::absolute(start).string() + "XXXXXX";
  if (!::mkdtemp(name.data())) refuse_writing(fs::path(name).parent_path(), errno);
  path_ = name;
  try {
    write_file(path_ / work_mark, "");
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    throw;
  }
}

work_folder::~work_folder() {
  end_children();
  std::error_code ignored;
  if (!keep_) fs::remove_all(path_, ignored);
}

void remove_abandoned(const fs::path& start) {
  const auto name = start.filename().string();
  std::error_code problem;
  for (fs::directory_iterator at(start.parent_path(), problem), end; !problem && at != end; at.increment(problem)) {
    std::error_code ignored;
    const auto& folder = at->path();
    if (folder.filename().string().starts_with(name) && !at->is_symlink(ignored) && at->is_directory(ignored) &&
        fs::is_regular_file(fs::symlink_status(folder / work_mark, ignored)) &&
        fs::last_write_time(folder, ignored) < fs::file_time_type::clock::now() - std::chrono::hours(24))
      fs::remove_all(folder, ignored);
  }
}

}  // namespace weft_program
