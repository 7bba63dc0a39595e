#!/usr/bin/env python3
"""Writes tests/data/pipelines/colbert/: a tiny ColBERT of PyLate with its tokenizer, whose marks are added tokens, and cases.json,
what stands beside it in directories that say otherwise, with the rows and the MaxSim scores that PyLate computes with them; also a
checkpoint as stanford-futuredata/ColBERT writes it, of the recorded checkpoint bert_mlm. Needs pylate 1.6.0, sentence-transformers
5.3.0, transformers 5.3.0 and torch 2.13.0 (pip install pylate==1.6.0 torch==2.13.0); it is committed, so tests need none of them."""
import json
import pathlib
import shutil
import tempfile

import torch
import transformers
from pylate import models, scores
from safetensors.torch import load_file, save_file

from make_tag_cases import DATA, vocabulary
from recorded_directory import SHARED, files_of

QUERIES = ["the cat sat on the mat.", "who?", "", "where is the dog in the house sitting a red cat on a mat in the house"]
DOCUMENTS = ["a red house. where?", "the cat sat on the mat.", "", "zzz? (on) the b", "the dog is in the red house. the cat sat on the mat sitting in a house"]


def base_of(folder):
    folder.mkdir()
    for file in ("config.json", "model.safetensors"):
        shutil.copy(DATA / "models" / "bert_mlm" / file, folder / file)
    (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in vocabulary(120)))
    transformers.BertTokenizerFast.from_pretrained(folder, model_max_length=64).save_pretrained(folder)
    return folder


def stanford_of(folder, metadata):
    base_of(folder)
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["HF_ColBERT"]
    (folder / "config.json").write_text(json.dumps(config))
    tensors = {name: t for name, t in load_file(folder / "model.safetensors").items() if name.startswith("bert.")}
    tensors["linear.weight"] = (torch.randn(8, 32) * 16).round() / 64
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if metadata is not None:
        (folder / "artifact.metadata").write_text(json.dumps(metadata))
    return folder


def dense(width, out, **how):
    layer = models.Dense(width, out, **how)
    with torch.no_grad():
        for p in layer.parameters():  # exact in few digits
            p.copy_((torch.randn(p.shape) * 16).round() / 64)
    return layer


def results_of(model, **call):
    queries = model.encode(QUERIES, is_query=True, batch_size=2, **call)
    documents = model.encode(DOCUMENTS, is_query=False, batch_size=2, **call)
    found = [[float(scores.colbert_scores([q], [d])[0][0]) for d in documents] for q in queries]
    rounded = lambda values: [float(f"{x:.7g}") for x in values]
    return {"queries": [rounded(q.flatten().tolist()) for q in queries], "documents": [rounded(d.flatten().tolist()) for d in documents],
            "scores": [rounded(row) for row in found]}


def main():
    torch.manual_seed(3)
    to = DATA / "pipelines" / "colbert"
    shutil.rmtree(to, ignore_errors=True)
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        base_of(folder / "plain")
        model = models.ColBERT(str(folder / "plain"), device="cpu", embedding_size=8)
        model[1] = dense(32, 8, bias=False)
        model.save(str(folder / "base"))
        to.mkdir()
        for name in SHARED - {"README.md", "special_tokens_map.json", "vocab.txt"}:
            shutil.copy(folder / "base" / name, to / name)
        prompts = {"query": "the ", "document": "a red "}
        variants = [
            ("published", {}, {}, None),
            ("short", {"query_length": 9, "document_length": 12}, {}, None),
            ("attending", {"attend_to_expansion_tokens": True, "query_length": 12}, {}, None),
            ("not_expanded", {"do_query_expansion": False}, {}, None),
            ("no_marks", {"query_prefix": "", "document_prefix": ""}, {}, None),
            ("own_marks", {"query_prefix": "[unused90]", "document_prefix": "[unused91]"}, {}, None),
            ("own_skiplist", {"skiplist_words": ["the", "cat", "."]}, {}, None),
            ("no_skiplist", {"skiplist_words": []}, {}, None),
            ("two_projections", {}, {}, [dense(32, 16, bias=True, activation_function=torch.nn.Tanh()), dense(16, 5, bias=False)]),
            ("prompts", {"prompts": prompts}, {"prompt_name": "query"}, None),
        ]
        for name, how, call, projections in variants:
            model = models.ColBERT(str(folder / "base"), device="cpu", **how)
            if projections:
                model = models.ColBERT(modules=[model[0], *projections], device="cpu", **how)
            at = folder / name
            model.save(str(at))
            again = models.ColBERT(str(at), device="cpu")
            assert (at / "model.safetensors").read_bytes() == (to / "model.safetensors").read_bytes(), name
            cases.append({"name": name, "prompt": call.get("prompt_name", ""), **files_of(at), **results_of(again, **call)})
        marks = {"query_token_id": "[unused90]", "doc_token_id": "[unused91]"}
        for name, metadata in (("stanford", {**marks, "query_maxlen": 14, "doc_maxlen": 11, "mask_punctuation": True, "attend_to_mask_tokens": False, "dim": 8, "similarity": "cosine"}),
                               ("stanford_attending", {**marks, "query_maxlen": 14, "doc_maxlen": 11, "mask_punctuation": True, "attend_to_mask_tokens": True, "dim": 8, "similarity": "cosine"})):
            at = stanford_of(folder / name, metadata)
            model = models.ColBERT(str(at), device="cpu")
            weight = load_file(at / "model.safetensors")["linear.weight"]
            cases.append({"name": name, "prompt": "", "files": {"artifact.metadata": metadata}, "tensors": {},
                          "linear": weight.flatten().tolist(), **results_of(model)})
    found = {"queries": QUERIES, "documents": DOCUMENTS, "cases": cases}
    rows = ",\n".join(f" {json.dumps(key)}: [\n  " + ",\n  ".join(json.dumps(one) for one in value) + "]" for key, value in found.items())
    (to / "cases.json").write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
