#pragma once
// The tensors that a configuration promises, as a table, so that a directory can be inspected without compiling its
// type. The records are those that models are made of, bound once to stand-ins for the widths: numbers that occur
// nowhere else, replaced by what the configuration says.
#include <map>
#include <utility>
#include <weft/encoder/describe.hpp>
#include <weft/head/model.hpp>
#include <weft/io/architecture.hpp>
#include <weft/io/load.hpp>
#include <weft/model/albert.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/distilbert.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/model/mpnet.hpp>
#include <weft/model/roberta.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// Stand-ins for widths, and what each of them stands for.
using replacements = std::vector<std::pair<index_t, index_t>>;

struct stand_in_bert : bert_base {
  static constexpr model_shape shape{.width = 1009, .heads = 1, .hidden = 1013};
};
struct stand_in_big_bird : bigbird_base {
  static constexpr model_shape shape = stand_in_bert::shape;
};
struct stand_in_square_electra : electra_small {
  static constexpr model_shape shape = stand_in_bert::shape;
  using embedding = weft::summed;
};
struct stand_in_electra : stand_in_square_electra {
  using embedding = factorised<1019>;
};
struct stand_in_square_convbert : convbert_base {  // four attending heads of nine taps: 36
  static constexpr model_shape shape{.width = 8 * 1009, .heads = 8, .hidden = 8 * 1013};
};
struct stand_in_convbert : stand_in_square_convbert {
  using embedding = factorised<1019>;
};
struct stand_in_grouped_square_convbert : stand_in_square_convbert {
  using feed_forward = grouped<8>;
};
struct stand_in_grouped_convbert : stand_in_convbert {
  using feed_forward = grouped<8>;
};
struct stand_in_mobilebert : mobilebert {
  static constexpr model_shape shape{.width = 2003, .heads = 1, .hidden = 1013};
  using embedding = trigram<1019>;
  using layout = bottleneck<1009, 2, narrowed::query_key>;
  using tasks = mobilebert_tasks<relu, weft::pooler>;
};
struct stand_in_narrow_mobilebert : stand_in_mobilebert {
  using layout = bottleneck<1009, 2, narrowed::all>;
};
struct stand_in_wide_mobilebert : stand_in_mobilebert {
  using layout = bottleneck<1009, 2, narrowed::none>;
};
struct stand_in_stacked_mobilebert : stand_in_mobilebert {
  using layout = stacked<2>;
};

inline replacements replacements_of(const configuration& c) {
  const auto h = c.hidden_size, i = c.intermediate_size, e = c.embedding_size;
  if (c.family == "convbert") {
    const auto groups = c.own_integer("num_groups"), taps = c.own_integer("conv_kernel_size");
    const auto heads = std::max<index_t>(1, c.num_attention_heads / c.own_integer("head_ratio"));
    return {{8 * 1009, h}, {8 * 1013, i},      {4 * 1009, h / 2}, {1009, h / groups}, {1013, i / groups},
            {1019, e},     {36, heads * taps}, {9, taps},         {8, groups}};
  }
  if (c.family == "mobilebert")
    return {{2003, h}, {1009, c.own_integer("intra_bottleneck_size")},      {1013, i},
            {1019, e}, {3 * 1019, c.own_flag("trigram_input") ? 3 * e : e}, {2003 - 1019, h - e}};
  return {{1009, h}, {1013, i}, {1019, e}};
}

/// How a family spells names that its records spell otherwise.
inline std::span<const renamed> names_of_family(std::string_view family) {
  if (family == "roberta" || family == "xlm-roberta") return roberta_names;
  if (family == "distilbert") return distilbert_names;
  if (family == "mpnet") return mpnet_names;
  if (family == "albert") return albert_names;
  return {};
}

/// One record's tensors, under the names that are stored: those that a head ties stand once.
class promised_tensors {
  // Makes shapes of a record's entries: run-time sizes, and what stand-ins stand for. Before its users: clang asks.
  auto shape_of() const {
    return [this](list<const index_t> shape) {
      std::vector<index_t> entries;
      for (const auto entry : shape) {
        const auto found =
            std::find_if(widths_.begin(), widths_.end(), [&](const auto& pair) { return pair.first == entry; });
        entries.push_back(entry < 0 ? resolve(entry, sizes_) : found == widths_.end() ? entry : found->second);
      }
      return entries;
    };
  }

 public:
  /// `names` says how the family spells what its records spell otherwise.
  promised_tensors(const configuration& c, const sizes& s, std::span<const renamed> names)
      : c_(c), prefix_(name_prefix(c.family)), names_(names), sizes_(s), widths_(replacements_of(c)) {}

  template <class Spec>
  void body() {
    weights<raw, encoder<Spec>> record{};
    add(describe_record(record, prefix_, sizes_, shape_of()), {});
  }
  template <class Spec, class Head>
  void head() {
    weights<raw, typename Head::template bind<Spec>> record{};
    const auto ties = c_.tie_word_embeddings ? ties_of<Spec, Head>() : std::vector<tied_name>();
    add(describe_record(record, prefix_, sizes_, shape_of()), ties);
  }
  /// Every head of the configuration's class. Bodies differ more than heads do, so one spec serves for a family.
  template <class Spec, class Tasks = typename Spec::tasks>
  void heads() {
    using tasks = Tasks;
    const auto named = tasks_of(c_);
    if (!named) return;  // a class whose head weft does not have
    for (const auto task : *named) {
      if (task == "masked_lm") head<Spec, typename tasks::masked_lm>();
      if (task == "sequence_classification") head<Spec, typename tasks::sequence_classification>();
      if (task == "token_classification") head<Spec, typename tasks::token_classification>();
      if (task == "question_answering") head<Spec, typename tasks::question_answering>();
      if (task == "multiple_choice") head<Spec, typename tasks::multiple_choice>();
      if constexpr (requires { typename tasks::next_sentence; })
        if (task == "next_sentence") head<Spec, typename tasks::next_sentence>();
      if constexpr (requires { typename tasks::replaced_token_detection; })
        if (task == "replaced_token_detection") head<Spec, typename tasks::replaced_token_detection>();
    }
  }

  /// A tensor that no stand-in has.
  void further(std::string name, const std::vector<index_t>& shape) { add_once(std::move(name), shape); }

  std::vector<tensor_request> take() { return std::move(all_); }

 private:
  void add(const std::vector<parameter>& parameters, const std::vector<tied_name>& ties) {
    for (const auto& p : parameters) {
      auto name = spelt(p.name, names_), tied = spelt(tied_with(p.name, prefix_, ties), names_);
      if (!tied.empty()) std::swap(name, tied);  // under the name that is stored as a rule
      if (is_stored(name)) add_each_feed_forward(std::move(name), {p.shape.begin(), p.shape.end()}, tied);
    }
  }
  // What some configurations leave out of the record that stands for them.
  bool is_stored(std::string_view name) const {
    const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
    if (c_.family == "big_bird" && !c_.own_flag("use_bias"))
      return !(name.ends_with(".bias") && (has(".self.query.") || has(".self.key.") || has(".self.value.")));
    if (has("token_type_embeddings")) return c_.type_vocab_size > 0;
    if (c_.family == "mobilebert") {
      if (has("embedding_transformation")) return c_.own_flag("trigram_input") || c_.embedding_size != c_.hidden_size;
      if (has(".pooler.")) return c_.own_flag("classifier_activation");
      if (name == "cls.predictions.dense.weight") return c_.embedding_size != c_.hidden_size;
    }
    return true;
  }
  // The stack of two stands for stacks of any height.
  void add_each_feed_forward(std::string name, const std::vector<index_t>& shape, const std::string& tied = {}) {
    const auto at = c_.family == "mobilebert" ? name.find(".ffn.0.") : std::string::npos;
    if (at == std::string::npos) return add_once(std::move(name), shape, tied);
    for (index_t i = 0; i < c_.own_integer("num_feedforward_networks") - 1; ++i)
      add_once(name.substr(0, at + 5) + std::to_string(i) + name.substr(at + 6), shape);
  }
  void add_once(std::string name, const std::vector<index_t>& shape, const std::string& tied = {}) {
    const auto [known, is_new] = places_.emplace(name, all_.size());
    if (is_new)
      all_.push_back({std::move(name), shape, tied});
    else if (!tied.empty())
      all_[known->second].tied_to = tied;
  }

  const configuration& c_;
  std::string_view prefix_;
  std::span<const renamed> names_;
  sizes sizes_;
  replacements widths_;
  std::vector<tensor_request> all_;
  std::map<std::string, std::size_t> places_;  // of their names
};

inline void promise_encoder(const configuration& c, promised_tensors& all) {
  const bool square = c.embedding_size == c.hidden_size;
  if (c.family == "bert" || c.family == "roberta" || c.family == "xlm-roberta" || c.family == "distilbert") {
    all.body<stand_in_bert>();
  } else if (c.family == "mpnet") {  // BERT's records and the table of relative_bias
    all.body<stand_in_bert>();
    all.further("mpnet.encoder.relative_attention_bias.weight", {32, c.num_attention_heads});
  } else if (c.family == "albert") {  // factorised also where both widths are equal
    all.body<stand_in_electra>();
  } else if (c.family == "big_bird") {
    all.body<stand_in_big_bird>();
  } else if (c.family == "electra") {
    square ? all.body<stand_in_square_electra>() : all.body<stand_in_electra>();
  } else if (c.family == "convbert") {
    if (c.own_integer("num_groups") > 1)
      square ? all.body<stand_in_grouped_square_convbert>() : all.body<stand_in_grouped_convbert>();
    else
      square ? all.body<stand_in_square_convbert>() : all.body<stand_in_convbert>();
  } else if (c.family == "mobilebert") {
    if (!c.own_flag("use_bottleneck"))
      all.body<stand_in_stacked_mobilebert>();
    else if (c.own_flag("use_bottleneck_attention"))
      all.body<stand_in_narrow_mobilebert>();
    else if (c.own_flag("key_query_shared_bottleneck"))
      all.body<stand_in_mobilebert>();
    else
      all.body<stand_in_wide_mobilebert>();
  } else {
    fail({.file = c.file, .subject = "model_type", .found = "\"" + c.family + "\"", .wanted = "a family weft has"});
  }
}

inline void promise_heads(const configuration& c, promised_tensors& all) {
  if (c.family == "bert") return all.heads<stand_in_bert>();
  if (c.family == "roberta" || c.family == "xlm-roberta") return all.heads<stand_in_bert, roberta_tasks>();
  if (c.family == "distilbert") return all.heads<stand_in_bert, distilbert_tasks<>>();
  if (c.family == "mpnet") return all.heads<stand_in_bert, mpnet_tasks>();
  if (c.family == "albert") return all.heads<stand_in_electra, albert_tasks<>>();
  if (c.family == "big_bird") return all.heads<stand_in_big_bird>();
  if (c.family == "electra") return all.heads<stand_in_electra>();
  if (c.family == "convbert") return all.heads<stand_in_convbert>();
  if (c.family == "mobilebert") return all.heads<stand_in_mobilebert>();
}
}  // namespace detail

/// Name and shape of every tensor that a checkpoint with this configuration has to store: the encoder's and those of
/// the heads that `architectures` names. Tied tensors stand once, under the name that is stored.
inline std::vector<tensor_request> expected_parameters(const configuration& c) {
  detail::promised_tensors all(c, sizes_of(c), detail::names_of_family(c.family));
  detail::promise_encoder(c, all);
  detail::promise_heads(c, all);
  return all.take();
}

/// Name and shape of every parameter that a token meets on its way through the encoder, as its records spell them: what
/// layers share stands once for each layer.
inline std::vector<parameter> encoder_parameters(const configuration& c) {
  auto each_layer = sizes_of(c);
  each_layer.groups = 0;
  detail::promised_tensors all(c, each_layer, {});
  detail::promise_encoder(c, all);
  std::vector<parameter> parameters;
  for (auto& one : all.take()) parameters.push_back({one.name, {one.shape.begin(), one.shape.end()}});
  return parameters;
}

}  // namespace weft
