#pragma once
// The weights of one model: one file, or several with an index.
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/list.hpp>
#include <weft/io/as_floats.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/io/shards.hpp>
#include <weft/io/weights_file.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Finds stored tensors by name. Copies share the files.
class checkpoint {
 public:
  /// `path` is a directory in Hugging Face's layout, a file of weights or an index of several (.index.json).
  /// Safetensors are always read, and preferred; pytorch_model.bin where the program calls read_torch_files().
  /// Beside them a directory may have tables.safetensors, of tables that the weights' program did not store.
  /// Throws weft::error if there are no weights in a format that is read, or if they are damaged.
  static checkpoint open(const std::filesystem::path& path) {
    const auto open_one = [](const std::filesystem::path& at) {
      return ends_with(at.string(), ".json") ? checkpoint(read_shard_index(at), at.parent_path())
                                             : checkpoint(open_file(at));
    };
    if (!is_folder(path)) return open_one(path);
    if (const auto file = file_in(path); !file.empty()) {
      auto stored = open_one(file);
      if (file_exists(path / side_file)) stored.add_tables(path / side_file);
      return stored;
    }
    fail({.file = path.string(),
          .subject = "weights",
          .found = "none",
          .wanted = "model.safetensors, or model.safetensors.index.json and the files that it names",
          .remedy = "download the model again, or save it with save_pretrained()"});
  }

  /// The file of a directory that open() reads, or the index of several; empty where there is none.
  static std::filesystem::path file_in(const std::filesystem::path& directory) {
    for (const auto* name :
         {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"})
      if (file_exists(directory / name)) return directory / name;
    return {};
  }

  /// A safetensors file in memory. Its bytes must outlive the views of its tensors: `owner` may keep them alive.
  static checkpoint parse(list<const std::byte> bytes, std::string name = "checkpoint in memory",
                          std::shared_ptr<const void> owner = {}) {
    return checkpoint(of_safetensors(safetensors::parse(bytes, std::move(name), std::move(owner)), nullptr));
  }

  /// The tensor of exactly this name, or null. See find_parameter in tensor_names.hpp for names as models store them.
  const stored_tensor* find(std::string_view name) const {
    auto at = before_.empty() ? files_->tensors.end() : files_->tensors.find(before_ + std::string(name));
    if (at == files_->tensors.end()) at = files_->tensors.find(name);
    return at == files_->tensors.end() ? nullptr : at->second;
  }

  /// The same files, whose tensors are found without what stands in front of their names: "module."; those without it,
  /// as a head's beside an encoder's, are found, too. names() says all of them as they are stored.
  checkpoint passing_over(std::string before) const {
    auto inside = *this;
    inside.before_ = std::move(before);
    return inside;
  }
  /// What find() passes over; empty as a rule.
  const std::string& passed_over() const { return before_; }

  /// The names of all tensors, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    all.reserve(files_->tensors.size());
    for (const auto& [name, tensor] : files_->tensors) all.emplace_back(name);
    return all;
  }
  index_t size() const { return static_cast<index_t>(files_->tensors.size()); }

  /// What errors call it: the file, or the index.
  const std::string& file() const { return files_->name; }

  /// Keeps everything alive that tensors point into: hand it to arena::keep.
  std::shared_ptr<const void> owner() const { return files_; }

  /// Lets the system take back the memory of what was read so far; reading it again is correct, and slower.
  void release_pages() const {
    for (const auto& file : files_->files)
      if (file.mapped) file.mapped->release_pages();
  }

 private:
  static constexpr const char* side_file = "tables.safetensors";
  struct content {
    std::string name;
    std::vector<weights_file> files;
    std::map<std::string_view, const stored_tensor*> tensors;
  };

  static weights_file of_safetensors(safetensors file, std::shared_ptr<const mapped_file> mapped) {
    const auto kept = std::make_shared<const safetensors>(std::move(file));
    return {kept->file(), kept->tensors(), kept, std::move(mapped)};
  }

  static weights_file open_file(const std::filesystem::path& path) {
    const auto name = path.filename().string();
    for (const auto* pickled : {".bin", ".pt", ".pth", ".ckpt"})
      if (ends_with(name, pickled)) {
        const auto open_torch = detail::torch_opener().load();
        if (!open_torch) refuse_pickle(path.parent_path(), name);
        return open_torch(path);
      }
    auto mapped = mapped_file::open(path);
    return of_safetensors(safetensors::parse(mapped->bytes(), mapped->name(), mapped), mapped);
  }

  explicit checkpoint(weights_file file) {
    auto all = std::make_shared<content>();
    all->name = file.name;
    all->files.push_back(std::move(file));
    for (const auto& t : all->files[0].tensors) all->tensors.emplace(t.name, &t);
    files_ = std::move(all);
  }

  checkpoint(const shard_index& table, const std::filesystem::path& directory) {
    auto all = std::make_shared<content>();
    all->name = table.file;
    std::map<std::string_view, std::map<std::string_view, const stored_tensor*>> opened;
    for (const auto& [tensor, shard] : table.tensors) opened.try_emplace(shard);
    for (auto& [shard, tensors] : opened) {
      if (!file_exists(directory / shard))
        fail({.file = table.file,
              .subject = detail::shown(shard),
              .found = "no such file beside the index",
              .wanted = "every shard that the index names",
              .remedy = "download the model again"});
      all->files.push_back(open_file(directory / shard));
      for (const auto& t : all->files.back().tensors) tensors.emplace(t.name, &t);
    }
    for (const auto& [tensor, shard] : table.tensors) {
      const auto& tensors = opened.at(shard);
      const auto t = tensors.find(tensor);
      if (t == tensors.end())
        fail({.file = table.file,
              .subject = "tensor " + detail::shown(tensor),
              .found = "no such tensor in " + shard,
              .wanted = "it there, as the index says",
              .remedy = "download the model again"});
      all->tensors.emplace(t->second->name, t->second);
    }
    files_ = std::move(all);
  }

  // The tensors of one more file, none of which the others have.
  void add_tables(const std::filesystem::path& path) {
    auto all = std::make_shared<content>(*files_);
    all->files.push_back(open_file(path));
    for (const auto& t : all->files.back().tensors)
      if (!all->tensors.emplace(t.name, &t).second)
        fail({.file = path.string(),
              .subject = "tensor " + detail::shown(t.name),
              .found = "a tensor that " + all->name + " has, too",
              .wanted = "each in one of the two"});
    files_ = std::move(all);
  }

  static bool ends_with(std::string_view text, std::string_view suffix) {
    return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
  }

  [[noreturn]] static void refuse_pickle(const std::filesystem::path& directory, const std::string& name) {
    std::string quoted = "'";  // for the shell
    for (const char c : directory.empty() ? std::string(".") : directory.string())
      quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    quoted += "'";
    fail({.file = (directory / name).string(),
          .found = "a pickle, which this program was not built to read",
          .wanted = "model.safetensors",
          .remedy =
              "include <weft/io/torch_file.hpp>, call weft::read_torch_files() and link weft::torch (its library is "
              "libzip), which read it and run nothing of it; or convert it: cd " +
              quoted +
              " && python -c \"import glob, torch; from safetensors.torch import save_file; "
              "save_file({k: v.clone().contiguous() for f in glob.glob('" +
              (name.find("pytorch_model") == 0 ? std::string("pytorch_model*.bin") : name) +
              "') for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}, "
              "'model.safetensors', {'format': 'pt'})\", or load it with transformers and call "
              "save_pretrained(directory, safe_serialization=True)"});
  }

  std::shared_ptr<const content> files_;
  std::string before_;
};

}  // namespace weft
