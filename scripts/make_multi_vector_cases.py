#!/usr/bin/env python3
"""Writes tests/data/pipelines/colbert/multi_vector.json: directories of sentence-transformers' MultiVectorEncoder, made of the tiny ColBERT
that make_late_interaction_cases.py recorded beside it, and the rows and scores that it computes with them. Needs sentence-transformers
6.2, transformers 5.23 and torch 2.13 (pip install sentence-transformers==6.2.0 transformers==5.23.0 torch==2.13.0); it is committed,
so tests need none of them."""
import json
import pathlib
import shutil
import tempfile

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import MultiVectorEncoder

from make_sentence_cases import ROOT
from recorded_directory import files_of

COLBERT = ROOT / "tests" / "data" / "pipelines" / "colbert"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


def pylate_of(folder, case):
    shutil.copytree(COLBERT, folder)
    for name, content in case["files"].items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    for name, tensors in case["tensors"].items():
        save_file({key: torch.tensor(t["values"]).reshape(t["shape"]) for key, t in tensors.items()}, folder / name)
    return folder


def main():
    recorded = json.loads((COLBERT / "cases.json").read_text())
    cases = {case["name"]: case for case in recorded["cases"]}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, start, prompts in (("converted", "published", {}), ("attending", "attending", {}), ("not_expanded", "not_expanded", {}),
                                     ("short", "short", {}), ("text_prompts", "no_marks", {"query": "the ", "document": "a red "})):
            model = MultiVectorEncoder(str(pylate_of(folder / (name + "_before"), cases[start])), device="cpu")
            model.prompts.update(prompts)
            if name == "not_expanded":
                model[0].query_length = 8
            at = folder / name
            model.save_pretrained(str(at))
            theirs, ours = load_file(at / "model.safetensors"), load_file(COLBERT / "model.safetensors")
            assert all(torch.equal(ours[key], tensor) for key, tensor in theirs.items()), name
            again = MultiVectorEncoder(str(at), device="cpu")
            queries = again.encode_query(recorded["queries"], batch_size=1)
            documents = again.encode_document(recorded["documents"], batch_size=1)
            rounded = lambda values: [float(f"{x:.7g}") for x in values.flatten().tolist()]
            case = files_of(at)
            case["files"].update({file: json.loads((at / file).read_text()) for file in TOKENIZER})
            found.append({"name": name, **case, "queries": [rounded(torch.as_tensor(q)) for q in queries],
                          "documents": [rounded(torch.as_tensor(d)) for d in documents],
                          "scores": [rounded(row) for row in again.similarity(queries, documents)]})
    (COLBERT / "multi_vector.json").write_text("[\n " + ",\n ".join(json.dumps(one) for one in found) + "\n]\n")


if __name__ == "__main__":
    main()
