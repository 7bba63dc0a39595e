#pragma once
// One of several compiled encoders, chosen when the program runs by what the checkpoint is.
#include <memory>
#include <string>
#include <weft/io/load.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// An encoder, whichever type it has. It costs one virtual call a forward pass; the results are the same bits.
class any_encoder {
 public:
  template <class Spec, class Arch>
  any_encoder(encoder<Spec, Arch> e)  // NOLINT: an encoder is one
      : held_(std::make_unique<held<encoder<Spec, Arch>>>(std::move(e))) {}

  /// Loads a directory, or `org/name` from the local cache, as the first of these types that its config.json describes:
  ///   auto encoder = weft::any_encoder::load<weft::bert_base, weft::electra_small>(directory);
  /// Fails when it describes none, with what each differs in, and else as weft::load does.
  template <class... Specs>
  static any_encoder load(const std::filesystem::path& directory, const load_options& how) {
    const auto at = resolve_model(directory.string());
    return load<Specs...>(checkpoint::open(at), configuration::read(at), how);
  }
  template <class... Specs>
  static any_encoder load(const std::filesystem::path& directory, executor run = {}) {
    return load<Specs...>(directory, load_options{.run = run});
  }
  template <class... Specs>
  static any_encoder load(const checkpoint& stored, const configuration& c, const load_options& how = {}) {
    static_assert(sizeof...(Specs) > 0, "weft: name the types to choose from: any_encoder::load<bert_base, ...>");
    return first_of<Specs...>(stored, c, how, "");
  }

  /// Floats a token.
  index_t width() const { return held_->width(); }
  const sizes& limits() const { return held_->limits(); }
  /// Bytes that the encoder owns: packed weights and tables, not what stays in a mapped file.
  index_t weight_bytes() const { return held_->weight_bytes(); }
  /// Bytes of workspace for batches up to this extent, run by that many workers.
  index_t workspace_bytes(extent e, index_t workers = 1) const { return held_->workspace_bytes(e, workers); }

  /// Hidden states of the last layer, one row a token: out is [batch.tokens(), width()], its rows `stride` floats
  /// apart. Fails as encoder::forward does, and on an output of another width; `out` is then unchanged.
  void forward(const batch& in, matrix<float> out, workspace& work, executor run = {}) const {
    if (out.width != width())
      fail({.subject = "the output of forward",
            .found = "rows of " + std::to_string(out.width) + " floats",
            .wanted = std::to_string(width()) + ", the width of this encoder"});
    held_->forward(in, out, work, run);
  }

  /// The encoder itself where it has this type, else null: for observers and heads.
  template <class Spec, class Arch = simd::native>
  const encoder<Spec, Arch>* as() const {
    return static_cast<const encoder<Spec, Arch>*>(held_->if_type(&type_mark<encoder<Spec, Arch>>));
  }

 private:
  template <class Encoder>
  static constexpr char type_mark = 0;  // its address stands for the type; works without type information

  struct any {
    virtual ~any() = default;
    virtual index_t width() const = 0;
    virtual const sizes& limits() const = 0;
    virtual index_t weight_bytes() const = 0;
    virtual index_t workspace_bytes(extent e, index_t workers) const = 0;
    virtual void forward(const batch& in, matrix<float> out, workspace& work, executor run) const = 0;
    virtual const void* if_type(const char* mark) const = 0;
  };
  template <class Encoder>
  struct held final : any {
    explicit held(Encoder e) : encoder(std::move(e)) {}
    index_t width() const override { return Encoder::width; }
    const sizes& limits() const override { return encoder.limits(); }
    index_t weight_bytes() const override { return encoder.weight_bytes(); }
    index_t workspace_bytes(extent e, index_t workers) const override { return encoder.workspace_bytes(e, workers); }
    void forward(const batch& in, matrix<float> out, workspace& work, executor run) const override {
      encoder.forward(in, rows<float, Encoder::width>(out.data, out.count, out.stride), work, run);
    }
    const void* if_type(const char* mark) const override { return mark == &type_mark<Encoder> ? &encoder : nullptr; }
    Encoder encoder;
  };

  // What a configuration differs in from a type, as "electra of width 256: hidden_size: found 512, wanted 256"; empty
  // where it describes it.
  template <class Spec>
  static std::string difference(const configuration& c) {
    try {
      detail::agree<Spec>(c);
      return {};
    } catch (const error& e) {
      const auto family = detail::family_of<Spec>();
      return (family.empty() ? std::string("a type") : std::string(family)) + " of width " +
             std::to_string(Spec::shape.width) + ": " +
             error::sentence({.subject = e.subject, .found = e.found, .wanted = e.wanted});
    }
  }

  template <class Spec, class... Others>
  static any_encoder first_of(const checkpoint& stored, const configuration& c, const load_options& how,
                              std::string lacking) {
    const auto lacks = difference<Spec>(c);
    if (lacks.empty()) return weft::load<Spec>(stored, c, how);
    lacking += "\n  " + lacks;
    if constexpr (sizeof...(Others) > 0) {
      return first_of<Others...>(stored, c, how, std::move(lacking));
    } else {
      fail({.file = c.file,
            .subject = "it describes none of the types that this program has",
            .found = lacking + "\n",
            .remedy = "`weft type` prints the type that fits this configuration"});
    }
  }

  std::unique_ptr<any> held_;
};

}  // namespace weft
