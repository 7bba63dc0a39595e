#pragma once
// What a program reads of a model's directory. The readers do not depend on the model's type, so `weft` compiles them
// once, in a unit of their own, for all types.
#include <string>
#include <weft/io/hub_cache.hpp>
#include <weft/io/late_interaction_modules.hpp>
#include <weft/io/sparse_modules.hpp>
#include <weft/pipeline/model_source.hpp>
#include <weft/program/request.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

struct model_files {
  sentence_modules modules;
  sparse_modules sparse;          // of a directory whose modules.json lists SpladePooling
  late_interaction_modules late;  // of a directory of late interaction
  model_source source;
};

/// Declared only: the unit of the readers defines it, by calling read_files.
model_files files_of(const request& r, bool sentences);

/// Reads a directory, or org/name from the local cache; `sentences` asks for what modules.json says of vectors.
inline model_files read_files(const request& r, bool sentences, tokenizer_reading how = {}) {
  const auto at = resolve_model(r.directory);
  sentence_modules modules;
  modules.model = at;
  sparse_modules sparse;
  late_interaction_modules late;
  if (!sentences && weft::detail::is_late_interaction(at))  // for late_rerank: other tasks have no head there
    late = late_interaction_modules::read(at), modules = late.text;
  else if (sentences && weft::detail::lists_splade_pooling(at))
    sparse = sparse_modules::read(at), modules = sparse.text;
  else if (sentences && file_exists(at / "modules.json"))
    modules = sentence_modules::read(at);
  if (r.pooling) modules.pooling = *r.pooling;
  if (r.truncate_dim > 0) modules.truncate = r.truncate_dim;
  // Where a vector is cut, --normalize is about what is left.
  if (r.normalize) (modules.truncate > 0 ? modules.normalize_truncated : modules.normalize) = true;
  how.family = r.family;
  how = reading_of(modules, how);
  return {modules,
          sparse,
          late,
          {configuration::read(modules.model, r.family), checkpoint::open(modules.model),
           read_tokenizer(modules.model, how)}};
}

}  // namespace weft::program
