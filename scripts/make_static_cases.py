#!/usr/bin/env python3
"""Writes tests/data/pipelines/static/: two directories of model2vec and one of sentence-transformers' StaticEmbedding, with small random
tables, and vectors.json, what these packages make of some texts. Needs model2vec 0.10 and sentence-transformers 6.2 (pip install
model2vec==0.10.0 sentence-transformers==6.2.0); the files are committed, so tests need neither."""
import json
import pathlib
import shutil

import numpy
import tokenizers
from model2vec import StaticModel
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

from make_tag_cases import vocabulary

TARGET = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "pipelines" / "static"
TEXTS = ["the cat sat on the mat.", "a red house", "", "\u4e2d", "who \u4e2d where", "sitting dogs in houses",
         "the cat " * 12, "a b c d e f g h i j k l m n o p q r s t u v w x y z"]
WIDTH = 11  # no multiple of any number of lanes


def tokenizer():
    words = tokenizers.models.WordPiece({p: i for i, p in enumerate(vocabulary(90))}, unk_token="[UNK]")
    t = tokenizers.Tokenizer(words)
    t.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    t.decoder = tokenizers.decoders.WordPiece()
    t.post_processor = tokenizers.processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
                                                                special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return t


def main():
    shutil.rmtree(TARGET, ignore_errors=True)
    numbers = numpy.random.default_rng(4)
    table = numbers.normal(size=(90, WIDTH)).astype(numpy.float32)
    found = {}
    plain = StaticModel(table.astype(numpy.float16), tokenizer(), config={}, normalize=True, max_length=9)
    weighted = StaticModel(table[:40], tokenizer(), config={}, normalize=False, max_length=None,
                           weights=numbers.random(90).astype(numpy.float32), token_mapping=numbers.integers(0, 40, 90))
    for name, model in (("model2vec", plain), ("model2vec_mapped", weighted)):
        model.save_pretrained(TARGET / name)
        again = StaticModel.from_pretrained(TARGET / name)
        found[name] = again.encode(TEXTS)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer(), embedding_weights=table), Normalize()], device="cpu").save_pretrained(
        str(TARGET / "sentence_transformers"))
    found["sentence_transformers"] = SentenceTransformer(str(TARGET / "sentence_transformers"), device="cpu").encode(TEXTS)
    for readme in TARGET.rglob("README.md"):
        readme.unlink()
    vectors = {name: [[float(f"{x:.7g}") for x in row] for row in rows.tolist()] for name, rows in found.items()}
    (TARGET / "vectors.json").write_text(json.dumps({"texts": TEXTS, **vectors}) + "\n")


if __name__ == "__main__":
    main()
