#!/usr/bin/env python3
"""Writes tests/data/pipelines/{modernbert,deberta}: small tokenizers of the classes that these models have, and the answers that
transformers gives with them and the recorded checkpoints modernbert_mlm and deberta_v3_classify: means of rows, words for masks,
classes. Needs torch 2.13.0, transformers 5.23.0 and tokenizers; the files are committed, so tests need none."""
import json
import pathlib
import shutil
import tempfile

import tokenizers
import torch
import transformers

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = ["the cat sat on the mat.", "a dog", "who, where?", "", "the red house in the sun, and the cat on it", "Dogs  and cats"]
MASKED = ["the [MASK] sat on [MASK].", "[MASK]", "a[MASK], the cat"]


def bpe():
    merges = [("t", "h"), ("th", "e"), ("\u0120", "the"), ("c", "a"), ("ca", "t"), ("\u0120", "cat"), ("o", "n"), ("\u0120", "on"), ("s", "a")]
    pieces = SPECIAL + list("abcdefghijklmnopqrstuvwxyzDT.,?\u0120") + [a + b for a, b in merges]
    cut = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={piece: i for i, piece in enumerate(pieces)}, merges=merges))
    cut.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    cut.decoder = tokenizers.decoders.ByteLevel()
    cut.post_processor = tokenizers.processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]",
                                                                  special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=cut, **names, model_max_length=32,
                                                mask_token=transformers.AddedToken("[MASK]", lstrip=True, special=True))


def unigram():
    words = ["the", "cat", "dog", "sat", "on", "mat", "who", "red", "house", "in", "and"]
    pieces = [(piece, 0.0) for piece in SPECIAL] + [("\u2581", -3.0)] + [("\u2581" + word, -4.0 - i / 8) for i, word in enumerate(words)]
    pieces += [(letter, -6.0 - i / 16) for i, letter in enumerate("abcdefghijklmnopqrstuvwxyzD.,?")]
    return transformers.DebertaV2Tokenizer(vocab=pieces, model_max_length=32)


def make(name, checkpoint, tokenizer):
    folder = DATA / "pipelines" / name
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    for file in folder.iterdir():
        if file.name not in ("tokenizer.json", "tokenizer_config.json"):
            file.unlink()
    lines = []
    with tempfile.TemporaryDirectory() as both:
        for file in (*folder.iterdir(), *(DATA / "models" / checkpoint).glob("[cm]o*")):
            shutil.copy(file, both)
        read = transformers.AutoTokenizer.from_pretrained(both)
        if name == "deberta":
            model = transformers.AutoModelForSequenceClassification.from_pretrained(both).eval()
            for text in TEXTS:
                with torch.no_grad():
                    logits = model(**read(text, return_tensors="pt")).logits[0]
                lines.append({"text": text, "logits": logits.tolist(), "label": model.config.id2label[int(logits.argmax())]})
        else:
            encoder = transformers.AutoModel.from_pretrained(both).eval()
            for text in TEXTS:
                with torch.no_grad():
                    rows = encoder(**read(text, return_tensors="pt")).last_hidden_state[0]
                lines.append({"text": text, "mean": rows.mean(0).tolist()})
            model = transformers.AutoModelForMaskedLM.from_pretrained(both).eval()
            for text in MASKED:
                ids = read(text, return_tensors="pt")
                with torch.no_grad():
                    scores = model(**ids).logits[0].softmax(-1)
                best = [scores[i, :len(read)].topk(3) for i, token in enumerate(ids["input_ids"][0]) if token == read.mask_token_id]
                lines.append({"text": text, "guesses": [[[int(i), float(s)] for s, i in zip(*one)] for one in best]})
    (folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    make("modernbert", "modernbert_mlm", bpe())
    make("deberta", "deberta_v3_classify", unigram())
