#!/usr/bin/env python3
"""Writes tests/data/pipelines/tags.jsonl: a hundred texts and the spans that transformers' token classification pipeline
finds in them, in each of its ways of joining, with the recorded checkpoint bert_tokens, labels of names and the tests' tiny
vocabulary. Needs torch 2.13.0 and transformers 5.23.0 (pip install torch==2.13.0 transformers==5.23.0); the file is committed, so
tests need neither."""
import json
import pathlib
import random
import shutil
import tempfile

import transformers

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
WAYS = ["none", "simple", "first", "average", "max"]


def vocabulary(size):
    """As tiny_vocabulary of tests/pipeline/files.hpp."""
    pieces = "[PAD] [UNK] [CLS] [SEP] [MASK] the cat dog sat on mat who where . ? in a red house ##ing".split()
    for c in "bcdefghijklmnopqrstuvwxyz":
        pieces += [c, "##" + c]
    return pieces + [f"[unused{n}]" for n in range(len(pieces), size)]


def texts(random):
    words = ["the", "cat", "Dog", "sat", "on", "mat", "who", "where", ".", "?", "in", "a", "red", "house", "sitting", "cats", "b", "xyz",
             "dög", "Käse", "\u4e2d", "hous", "redhouse.", "(on)", "\u00e9t\u00e9", "zzz,", "[MASK]"]
    return [random.choice([" ", " ", "  "]).join(random.choice(words) for _ in range(random.randint(1, 12))) for _ in range(100)]


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in ("config.json", "model.safetensors"):
            shutil.copy(DATA / "models/bert_tokens" / name, folder / name)
        config = json.loads((folder / "config.json").read_text())
        config["id2label"] = {str(i): label for i, label in enumerate(LABELS)}
        config["label2id"] = {label: i for i, label in enumerate(LABELS)}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in vocabulary(120)))
        model = transformers.AutoModelForTokenClassification.from_pretrained(folder)
        tokenizer = transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), vocab=str(folder / "vocab.txt"))
        tokenizer.model_max_length = 64
        lines = []
        for text in texts(random.Random(7)):
            line = {"text": text}
            for way in WAYS:
                found = transformers.pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy=way)(text)
                line[way] = [{"label": one.get("entity_group", one.get("entity")), "score": round(float(one["score"]), 6),
                              "begin": len(text[:one["start"]].encode()), "end": len(text[:one["end"]].encode())} for one in found]
            lines.append(line)
    target = DATA / "pipelines" / "tags.jsonl"
    target.parent.mkdir(exist_ok=True)
    target.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


if __name__ == "__main__":
    main()
