#!/usr/bin/env python3
"""Writes tests/data/pipelines/sparse.json: directories of sentence-transformers' SparseEncoder, as its save_pretrained writes them (and
as versions before 5.4 named their modules), and the weights of terms that it computes with them. The model is the recorded
checkpoint bert_mlm with the tests' tiny vocabulary; the file holds what stands beside it. Needs sentence-transformers 6.2,
transformers 5.23 and torch 2.13 (pip install sentence-transformers==6.2.0 transformers==5.23.0 torch==2.13.0); it is committed, so
tests need none of them."""
import json
import pathlib
import tempfile

import torch
from sentence_transformers import SparseEncoder
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sparse_encoder.modules import SpladePooling

from make_sentence_cases import ROOT, TEXTS, model_of
from recorded_directory import files_of


def encoders(base):
    def pooled(**how):
        options = {key: how.pop(key) for key in ("pooling_strategy", "activation_function") if key in how}
        return SparseEncoder(modules=[Transformer(str(base), transformer_task="fill-mask"), SpladePooling(**options)], device="cpu", **how)

    prompts = {"query": "the ", "document": "a red "}
    yield "max", pooled(), {}
    yield "sum", pooled(pooling_strategy="sum"), {}
    yield "max_log1p", pooled(activation_function="log1p_relu"), {}
    yield "sum_log1p", pooled(pooling_strategy="sum", activation_function="log1p_relu"), {}
    yield "max_active_dims", pooled(max_active_dims=7), {}
    yield "cosine", pooled(similarity_fn_name="cosine"), {}
    yield "prompts", pooled(prompts=prompts), {"prompt_name": "query"}
    yield "default_prompt", pooled(prompts=prompts, default_prompt_name="document"), {}
    yield "older", pooled(), {}


def make_older(folder):
    """modules.json, the Transformer's file and the main one as version 5.1 wrote them."""
    (folder / "modules.json").write_text(json.dumps([
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.sparse_encoder.models.MLMTransformer"},
        {"idx": 1, "name": "1", "path": "1_SpladePooling", "type": "sentence_transformers.sparse_encoder.models.SpladePooling"}]))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 9, "do_lower_case": False}))
    (folder / "1_SpladePooling" / "config.json").write_text(json.dumps(
        {"pooling_strategy": "max", "activation_function": "relu", "word_embedding_dimension": 120}))
    (folder / "config_sentence_transformers.json").write_text(json.dumps({
        "model_type": "SparseEncoder", "__version__": {"sentence_transformers": "5.1.0", "transformers": "4.55.0", "pytorch": "2.8.0"},
        "prompts": {"query": "", "document": ""}, "default_prompt_name": None, "similarity_fn_name": "dot"}))


def main():
    found = {"texts": TEXTS, "encoders": []}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "base").mkdir()
        base = model_of("bert_mlm", folder / "base")
        for name, model, call in encoders(base):
            at = folder / name
            model.save_pretrained(str(at))
            if name == "older":
                make_older(at)
            again = SparseEncoder(str(at), device="cpu")
            vectors = again.encode(TEXTS, batch_size=1, convert_to_sparse_tensor=False, **call)
            scores = again.similarity(vectors[:1], vectors)[0]
            rounded = lambda row: [float(f"{x:.7g}") for x in row.tolist()]
            found["encoders"].append({"name": name, "prompt": call.get("prompt_name", ""), **files_of(at),
                                      "vectors": [rounded(row) for row in vectors], "scores": rounded(scores),
                                      "best": again.decode(vectors[0].to_sparse(), top_k=3)})
    rows = ",\n".join(f" {json.dumps(key)}: [\n  " + ",\n  ".join(json.dumps(one) for one in value) + "]" for key, value in found.items())
    (ROOT / "tests" / "data" / "pipelines" / "sparse.json").write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    torch.manual_seed(3)
    main()
