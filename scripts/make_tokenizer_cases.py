#!/usr/bin/env python3
"""Writes tests/data/tokenizers/cases.json: small tokenizer directories, and what transformers makes of each.

Every key that a tokenizer class of transformers takes from its files is in KEYS below, with values to try: the
reference's answer is written down, or that weft refuses the key by name. A key that a class has and KEYS lacks is an
error. Needs transformers 5.23.0 and tokenizers 0.23.3:

    python3 -m venv v && v/bin/pip install transformers==5.23.0 tokenizers==0.23.3
    v/bin/python scripts/make_tokenizer_cases.py
"""
import copy
import inspect
import json
import os
import re
import tempfile
from pathlib import Path

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import tokenizers  # noqa: E402
import transformers  # noqa: E402
from transformers import tokenization_utils_base, tokenization_utils_tokenizers  # noqa: E402

TEXTS = ["Hello the  <mask> [MASK] world .", "Na\u00efve CAF\u00c9 \u4e2d\u6587", "query: <e1> <x> 're `` n't do"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "<pad>", "<mask>", "hello", "the", "world"]
              + list(LETTERS) + ["##" + c for c in LETTERS] + list(".:<>[]/'`1\u4e2d\u6587HN"))


def bert_json():
    words = tokenizers.models.WordPiece({p: i for i, p in enumerate(VOCABULARY)}, unk_token="[UNK]")
    t = tokenizers.Tokenizer(words)
    t.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    t.decoder = tokenizers.decoders.WordPiece()
    t.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return json.loads(t.to_str())


def roberta_json():
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] + sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    merges = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("\u0120", "t"), ("\u0120t", "he"), ("\u0120", "w")]
    pieces += [a + b for a, b in merges]
    t = tokenizers.Tokenizer(tokenizers.models.BPE({p: i for i, p in enumerate(pieces)}, merges))
    t.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = tokenizers.decoders.ByteLevel()
    t.post_processor = tokenizers.processors.RobertaProcessing(("</s>", 2), ("<s>", 0), True, False)
    t.add_special_tokens([tokenizers.AddedToken("<mask>", lstrip=True, special=True)] + pieces[:4])
    return json.loads(t.to_str())


def unigram_json(albert):
    names = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"] if albert else ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [(n, 0.0) for n in names] + [("\u2581", -3.0), ("\u2581hello", -4.0), ("the", -4.5), ("\u2581world", -5.0)]
    pieces += [(c, -6.0 - i / 8) for i, c in enumerate(LETTERS + ".:<>[]/'\"1HNSCAFKM")]
    pieces += [] if albert else [("<mask>", 0.0)]
    t = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, unk_id=1 if albert else 3))
    steps = tokenizers.normalizers
    if albert:
        t.normalizer = steps.Sequence([steps.Replace("``", '"'), steps.Replace("''", '"'), steps.NFKD(),
                                       steps.StripAccents(), steps.Lowercase()])
    space = tokenizers.pre_tokenizers.Metaspace()
    t.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([tokenizers.pre_tokenizers.WhitespaceSplit(), space])
    t.decoder = tokenizers.decoders.Metaspace()
    first, last = ("[CLS]", "[SEP]") if albert else ("<s>", "</s>")
    pair = f"{first} $A {last} $B:1 {last}:1" if albert else f"{first} $A {last} {last} $B {last}"
    t.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=pair,
        special_tokens=[(first, t.token_to_id(first)), (last, t.token_to_id(last))])
    t.add_special_tokens(names + ([] if albert else ["<mask>"]))
    return json.loads(t.to_str())


def merges_of(family, names):
    """vocab.json and merges.txt alone."""
    merges = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("\u0120", "t"), ("\u0120t", "he"), ("\u0120", "w")]
    pieces = names + sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()) + [a + b for a, b in merges]
    return {"vocab.json": {p: i for i, p in enumerate(pieces)}, "config.json": {"model_type": family},
            "merges.txt": "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges)}


def camembert_json():
    """Pieces of camembert-base: ids of fairseq's that no text has, then SentencePiece's own."""
    names = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"]
    pieces = [(n, 0.0) for n in names] + [("\u2581", -3.0), ("\u2581hello", -4.0), ("the", -4.5), ("\u2581world", -5.0)]
    pieces += [(c, -6.0 - i / 8) for i, c in enumerate(LETTERS + ".:<>[]/'\"1HNSCAFKM")] + [("<mask>", 0.0)]
    t = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, unk_id=3))
    t.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([tokenizers.pre_tokenizers.WhitespaceSplit(),
                                                          tokenizers.pre_tokenizers.Metaspace()])
    t.decoder = tokenizers.decoders.Metaspace()
    t.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 5), ("</s>", 6)])
    t.add_special_tokens(names + ["<mask>"])
    return json.loads(t.to_str())


BASES = {
    "bert_vocab": {"vocab.txt": "\n".join(VOCABULARY) + "\n", "config.json": {"model_type": "bert"}},
    "bert": {"tokenizer.json": bert_json(), "config.json": {"model_type": "bert"}, "tokenizer_config.json": {}},
    "mpnet_vocab": {"vocab.txt": "\n".join(VOCABULARY) + "\n", "config.json": {"model_type": "mpnet"}},
    "roberta": {"tokenizer.json": roberta_json(), "config.json": {"model_type": "roberta"}},
    "albert": {"tokenizer.json": unigram_json(True), "config.json": {"model_type": "albert"}},
    "xlm_roberta": {"tokenizer.json": unigram_json(False), "config.json": {"model_type": "xlm-roberta"}},
    "camembert": {"tokenizer.json": camembert_json(), "config.json": {"model_type": "camembert"}},
    "roberta_merges": merges_of("roberta", ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]),
    "deberta_merges": merges_of("deberta", ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]),
}
EVERY = list(BASES)
BERTS = ["bert_vocab", "bert", "mpnet_vocab"]
REFUSED = "refused"
# of tokenizer_config.json: bases, values; a key may have several lines
KEYS = [
    ("do_lower_case", BERTS, [True, False]), ("do_lower_case", ["albert"], [True]),
    ("do_lower_case", ["albert"], [False], REFUSED), ("do_lower_case", ["roberta", "xlm_roberta"], [True, False]),
    ("strip_accents", BERTS, [None, True, False]), ("tokenize_chinese_chars", BERTS, [True, False]),
    ("keep_accents", ["albert"], [False]), ("keep_accents", ["albert"], [True], REFUSED),
    ("add_prefix_space", ["roberta", "albert", "xlm_roberta", "camembert"], [True, False]),
    ("add_prefix_space", ["roberta_merges", "deberta_merges"], [True, False]), ("trim_offsets", ["roberta_merges"], [True, False]),
    ("mask_token", ["roberta_merges"], [{"__type": "AddedToken", "content": "<mask>", "lstrip": True, "rstrip": True,
      "normalized": False, "single_word": False}]), ("mask_token", ["deberta_merges"], ["t"]),
    ("cls_token", ["roberta_merges", "deberta_merges"], [LETTERS[0]]), ("bos_token", ["deberta_merges"], ["a"]),
    ("tokenizer_class", ["roberta_merges"], ["RobertaTokenizer", "BartTokenizerFast"]),
    ("tokenizer_class", ["roberta_merges"], ["BertTokenizer", "GPT2Tokenizer", "XLMRobertaTokenizer"], REFUSED),
    ("trim_offsets", ["roberta", "albert"], [True, False]),
    ("mask_token", ["bert_vocab", "bert"], ["<mask>", "[MASK]"]), ("mask_token", ["bert_vocab"], [None]),
    ("mask_token", ["bert_vocab", "mpnet_vocab"], [{"__type": "AddedToken", "content": "<mask>", "lstrip": True,
      "rstrip": True, "normalized": False, "single_word": False}]),
    ("unk_token", ["bert_vocab", "bert"], ["[UNK]", "<pad>"]), ("pad_token", ["bert_vocab"], ["<pad>"]),
    ("cls_token", ["bert_vocab", "mpnet_vocab"], ["<s>", "[CLS]"]), ("sep_token", ["bert_vocab"], ["</s>"]),
    ("cls_token", ["bert"], ["<s>"], REFUSED), ("sep_token", ["bert", "roberta"], ["<pad>"], REFUSED),
    ("bos_token", ["bert_vocab", "bert", "albert"], ["<s>"]), ("eos_token", ["bert_vocab", "albert"], ["</s>"]),
    ("eos_token", ["xlm_roberta"], ["<pad>"], REFUSED), ("cls_token", ["xlm_roberta"], ["<pad>"]),
    ("additional_special_tokens", EVERY, [["<e1>"], ["<e1>", "<x>"], []]),
    ("extra_special_tokens", ["bert_vocab", "roberta"], [["<e1>"], {"one": "<x>"}]),
    ("image_token", ["bert_vocab", "bert", "roberta"], ["<x>"]),
    ("added_tokens_decoder", ["bert_vocab", "bert", "mpnet_vocab"],
     [{str(len(VOCABULARY)): {"content": "<x>", "special": True}},
      {str(len(VOCABULARY)): {"content": "<e1>", "lstrip": True, "rstrip": True, "single_word": False,
                              "normalized": False, "special": False}}]),
    ("model_input_names", EVERY, [["input_ids", "attention_mask"], ["input_ids", "token_type_ids", "attention_mask"]]),
    ("truncation_side", EVERY, ["left", "right"]), ("padding_side", EVERY, ["left", "right"]),
    ("model_max_length", EVERY, [7, 1e30]), ("max_len", ["bert_vocab"], [9]),
    ("clean_up_tokenization_spaces", EVERY, [True, False]),
    ("split_special_tokens", EVERY, [False]), ("split_special_tokens", EVERY, [True], REFUSED),
    ("tokenizer_class", ["bert_vocab"], ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "MPNetTokenizer"]),
    ("tokenizer_class", ["bert"], ["PreTrainedTokenizerFast", "DistilBertTokenizerFast", "ElectraTokenizer"]),
    ("tokenizer_class", ["roberta"], ["RobertaTokenizerFast", "BartTokenizer", "PreTrainedTokenizerFast"]),
    ("tokenizer_class", ["bert_vocab", "bert"], ["BertJapaneseTokenizer", "XLMTokenizer", "GPT2Tokenizer"], REFUSED),
    ("auto_map", ["bert_vocab", "bert"], [{"AutoTokenizer": ["code.Own", None]}, ["code.Own", None]], REFUSED),
    ("word_tokenizer_type", ["bert_vocab", "bert"], ["mecab"], REFUSED),
    ("subword_tokenizer_type", ["bert_vocab"], ["character"], REFUSED),
    ("do_basic_tokenize", ["bert_vocab"], [True]), ("do_basic_tokenize", ["bert_vocab"], [False], REFUSED),
    ("never_split", ["bert_vocab"], [[], None]), ("never_split", ["bert_vocab"], [["hello"]], REFUSED),
    ("vocab", EVERY, [{"[UNK]": 0}], REFUSED), ("merges", ["roberta"], [[["a", "b"]]], REFUSED),
    # What changes no ids: decoding of bytes, training, chats, where files came from.
    *[(key, EVERY, values) for key, values in {
        "errors": ["replace"], "name_or_path": ["else/where"], "processor_class": ["X"], "verbose": [True],
        "chat_template": ["{{ messages }}"], "response_template": [{"a": "b"}], "response_schema": [{"a": "b"}],
        "chat_control_tokens": [["<a>"]], "backend": ["tokenizers"], "files_loaded": [["a"]], "unk_id": [2],
        "fix_mistral_regex": [True], "pad_token_type_id": [0], "pad_to_multiple_of": [8], "max_length": [4],
        "stride": [2], "truncation_strategy": ["only_first"], "remove_space": [True], "use_fast": [False],
        "sp_model_kwargs": [{}], "wordpieces_prefix": ["##"], "clean_text": [False], "legacy": [True],
        "special_tokens_map_file": ["x.json"], "is_local": [True], "local_files_only": [False],
        "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output": [True]}.items()],
]
# Arguments that the library passes to itself: no file says them, or the library puts its own over them.
INTERNAL = {"_spm_precompiled_charsmap", "_json_truncation", "_json_padding", "tokenizer_object", "gguf_file",
            "tokenizer_file", "vocab_file", "tokenizer_truncation", "tokenizer_padding", "post_processor", "tokenizer",
            "model_specific_special_tokens", "add_bos_token", "add_eos_token"}
# of the other files: base, files that take the place of the base's or, objects, have their keys changed
OTHERS = [
    ("bert_vocab", {"added_tokens.json": {"<e1>": len(VOCABULARY), "<x>": len(VOCABULARY) + 1}}),
    ("bert_vocab", {"added_tokens.json": {"<x>": len(VOCABULARY), "<e1>": len(VOCABULARY) + 1},
                    "special_tokens_map.json": {"additional_special_tokens": ["<x>", "<e1>"]}}),
    ("bert_vocab", {"special_tokens_map.json": {"mask_token": "<mask>", "cls_token": "<s>", "sep_token": "</s>"}}),
    ("bert_vocab", {"special_tokens_map.json": {"mask_token": {"content": "[MASK]", "lstrip": True, "rstrip": False,
                                                               "normalized": False, "single_word": False}}}),
    ("bert_vocab", {"special_tokens_map.json": {"cls_token": "<s>"}, "tokenizer_config.json": {"cls_token": "[CLS]"}}),
    ("bert_vocab", {"special_tokens_map.json": {"cls_token": "<s>", "additional_special_tokens": ["<e1>"]},
                    "added_tokens.json": {"<x>": 200}, "tokenizer_config.json": {"added_tokens_decoder": {}}}),
    ("bert", {"special_tokens_map.json": {"additional_special_tokens": ["<e1>"]}}),
    ("mpnet_vocab", {"special_tokens_map.json": {"additional_special_tokens": ["<mask>"]}}),
    ("bert", {"added_tokens.json": {"<x>": len(VOCABULARY)}}),
    ("bert_vocab", {"config.json": {"tokenizer_class": "DistilBertTokenizer"}}),
    ("bert_vocab", {"config.json": {"tokenizer_class": "BertJapaneseTokenizer"}}, "tokenizer_class"),
    ("bert_vocab", {"config.json": {"tokenizer_class": "BertJapaneseTokenizer"},
                    "tokenizer_config.json": {"tokenizer_class": "BertTokenizer"}}),
    ("bert_vocab", {"vocab.txt": "\n".join(VOCABULARY[:9] + ["hello", "", "the", "hello ", "", "the\u3000", "##x"])}),
    ("bert_vocab", {"vocab.txt": "\r\n".join(VOCABULARY)}),
    *[("bert", {"tokenizer.json": {"normalizer": {"type": "BertNormalizer", "clean_text": True, "lowercase": False,
       "handle_chinese_chars": False, "strip_accents": False}}, "tokenizer_config.json": config})
      for config in ({}, {"do_lower_case": False}, {"tokenizer_class": "TokenizersBackend"})],
]


def changed(base, changes):
    files = copy.deepcopy(BASES[base])
    for name, value in changes.items():
        if isinstance(value, dict):
            files.setdefault(name, {}).update(value)
        else:
            files[name] = value
    return files


def answer(base, changes):
    with tempfile.TemporaryDirectory() as folder:
        for name, value in changed(base, changes).items():
            text = value if isinstance(value, str) else json.dumps(value)
            (Path(folder) / name).write_bytes(text.encode())
        t = transformers.AutoTokenizer.from_pretrained(folder)
        first = t(TEXTS[0], return_offsets_mapping=True)
        pair = t("hello", "the world")
        return {
            "ids": [t(text)["input_ids"] for text in TEXTS],
            "offsets": [at for pair in first["offset_mapping"] for at in pair],
            "cut": t(TEXTS[0], truncation=True, max_length=6)["input_ids"],
            "pair": pair["input_ids"],
            "types": pair.get("token_type_ids", [0] * len(pair["input_ids"])),
            "decoded": t.decode(first["input_ids"], skip_special_tokens=True),
            "longest": t.model_max_length if t.model_max_length < 1e9 else 0,
        }


def known_keys():
    keys = set()
    for name in ("Bert", "MPNet", "Roberta", "Albert", "XLMRoberta", "Camembert", "Deberta"):
        keys |= set(inspect.signature(getattr(transformers, name + "Tokenizer").__init__).parameters)
    for cls in (tokenization_utils_base.PreTrainedTokenizerBase, tokenization_utils_tokenizers.TokenizersBackend):
        keys |= set(re.findall(r'kwargs\.(?:pop|get|setdefault)\("(\w+)"', inspect.getsource(cls.__init__)))
    return keys - {"self", "kwargs", "args"} - INTERNAL


def main():
    missing = known_keys() - {line[0] for line in KEYS}
    if missing:
        raise SystemExit(f"KEYS lacks {sorted(missing)}")
    plans = [(base, {}, None) for base in BASES]
    for key, bases, values, *fate in KEYS:
        for base in bases:
            plans += [(base, {"tokenizer_config.json": {key: value}}, key if fate else None) for value in values]
    plans += [(base, changes, key[0] if key else None) for base, changes, *key in OTHERS]
    alone, cases = {}, []
    for base, changes, refused in plans:
        case = {"base": base, "changes": changes}
        if refused:
            case["refused"] = refused
        else:
            result = answer(base, changes)
            if not changes:
                alone[base] = result
            # Only what is otherwise than with the base's own files.
            case |= {k: v for k, v in result.items() if not changes or alone[base][k] != v}
        cases.append(case)
    out = Path(__file__).parent.parent / "tests/data/tokenizers/cases.json"
    lines = ",\n".join(json.dumps(case) for case in cases)
    bases = ",\n".join(f"{json.dumps(name)}: {json.dumps(files)}" for name, files in BASES.items())
    out.write_text(f'{{"texts": {json.dumps(TEXTS)},\n"bases": {{{bases}}},\n"cases": [\n{lines}]}}\n')
    print(len(cases), "cases,", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
