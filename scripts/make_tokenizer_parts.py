#!/usr/bin/env python3
"""Writes tests/data/tokenizers/parts.json: models with normalisers and pre-tokenizers that no class of transformers gives them,
and the ids and offsets that the tokenizers library makes of TEXTS. Offsets are in characters. Needs tokenizers 0.23.3:

    python3 -m venv v && v/bin/pip install transformers==5.23.0 tokenizers==0.23.3
    v/bin/python scripts/make_tokenizer_parts.py
"""
import copy
import json
from pathlib import Path

import tokenizers

from make_tokenizer_cases import bert_json, roberta_json, unigram_json

TEXTS = ["Hello the world.", "the_cat 12ab  3,4 \u00bd\u2462 x1y", "Na\u00efve CAF\u00c9 e\u0301a\u0308 \u4e2d\u6587", "a\tb\nc\u00a0d\u200be\ufefff\u2581g\u0007h\u007fi",
         "<mask>hello [MASK] the\u2014world\u00a1\u00bfwho\u00ab", "", " \u3000 ", "\u0939\u093f\u0928\u094d\u0926\u0940 \u0e20\u0e32\u0e29\u0e32 \u24b6\u200d\U0001f600\U0001f1e6", "A-b-c (d)e! f's",
         "\u0130stanbul \ufb01n \u212b \uac01", "hello" * 30 + " the"]
BERT = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
CASED = dict(BERT, clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
NORMALISERS = {
    "none": None,
    "lower": {"type": "Lowercase"},
    "bert": BERT,
    "nfc_bert": {"type": "Sequence", "normalizers": [{"type": "NFC"}, BERT]},
    "nfkd_cased_lower": {"type": "Sequence", "normalizers": [{"type": "NFKD"}, CASED, {"type": "Lowercase"}]},
    "nmt": {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
    "replace_bert": {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": "-"}, "content": " the "}, BERT]},
}
SPACES, WORDS = {"type": "WhitespaceSplit"}, {"type": "Whitespace"}
SPLITS = {
    "none": None,
    "bert": {"type": "BertPreTokenizer"},
    "words": WORDS,
    "spaces": SPACES,
    "digits": {"type": "Sequence", "pretokenizers": [SPACES, {"type": "Digits", "individual_digits": True}]},
    "runs_of_digits": {"type": "Sequence", "pretokenizers": [WORDS, {"type": "Digits", "individual_digits": False}]},
    "dashes": {"type": "CharDelimiterSplit", "delimiter": "-"},
    "punctuation": {"type": "Sequence", "pretokenizers": [SPACES, {"type": "Punctuation", "behavior": "Isolated"}]},
}
BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
BYTE_SPLITS = {
    "words_bytes_punctuation": {"type": "Sequence", "pretokenizers": [WORDS, BYTES, {"type": "Punctuation", "behavior": "Isolated"}]},
    "digits_bytes": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, dict(BYTES, add_prefix_space=False)]},
    "bytes_punctuation": {"type": "Sequence", "pretokenizers": [BYTES, {"type": "Punctuation", "behavior": "MergedWithNext"}]},
}
UNIGRAM = {"spaces": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}}


def recorded(base, normalizer, split):
    document = copy.deepcopy(base)
    document["normalizer"], document["pre_tokenizer"] = normalizer, split
    t = tokenizers.Tokenizer.from_str(json.dumps(document))
    out = []
    for text in TEXTS:
        e = t.encode(text, add_special_tokens=False)
        out.append({"ids": e.ids, "offsets": e.offsets})
    return out


def main():
    bases = {"wordpiece": bert_json(), "bytes": roberta_json(), "unigram": unigram_json(False)}
    cases = []
    for base, normalisers, splits in (("wordpiece", NORMALISERS, SPLITS), ("bytes", {"none": None, "nmt": NORMALISERS["nmt"], "bert": BERT}, BYTE_SPLITS),
                                      ("unigram", NORMALISERS, UNIGRAM)):
        for normaliser, n in normalisers.items():
            for split, s in splits.items():
                cases.append({"name": f"{base} {normaliser} {split}", "base": base, "normalizer": n, "pre_tokenizer": s, "texts": recorded(bases[base], n, s)})
    out = Path(__file__).parent.parent / "tests/data/tokenizers/parts.json"
    out.write_text(json.dumps({"texts": TEXTS, "bases": bases, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
