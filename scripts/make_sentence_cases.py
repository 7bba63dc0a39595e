#!/usr/bin/env python3
"""Writes tests/data/pipelines/sentence_transformers.json: directories of sentence-transformers, one for each of its modules and files
that weft reads, as its save_pretrained writes them, and the vectors and scores that it computes with them. The encoders are the
recorded checkpoints bert_mlm and bert_regression with the tests' tiny vocabulary; the file holds what stands beside them. Needs
sentence-transformers 6.2, transformers 5.23 and torch 2.13 (pip install sentence-transformers==6.2.0 transformers==5.23.0
torch==2.13.0); it is committed, so tests need none of them."""
import json
import pathlib
import shutil
import tempfile

import torch
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.base.modules import Dense, Transformer
from sentence_transformers.sentence_transformer.modules import LayerNorm, Normalize, Pooling

from make_tag_cases import vocabulary
from recorded_directory import files_of

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "tests" / "data" / "models"
TEXTS = ["the cat sat on the mat.", "a red house", "", "who?", "where is the dog in the house sitting"]
PAIRS = [["the cat", "a dog sat on the mat."], ["who?", ""], ["a red house", "the house"]]


def model_of(name, folder):
    for file in ("config.json", "model.safetensors"):
        shutil.copy(MODELS / name / file, folder / file)
    (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in vocabulary(120)))
    transformers.BertTokenizerFast.from_pretrained(folder, model_max_length=64).save_pretrained(folder)
    return folder


def dense(width, out, **how):
    layer = Dense(width, out, **how)
    with torch.no_grad():
        for p in layer.parameters():  # exact in few digits
            p.copy_((torch.randn(p.shape) * 16).round() / 64)
    return layer


def norm(width):
    layer = LayerNorm(width)
    with torch.no_grad():
        layer.norm.weight.copy_((torch.randn(width) * 16).round() / 32)
        layer.norm.bias.copy_((torch.randn(width) * 16).round() / 64)
    return layer


def embedders(base):
    def pooled(mode, *more, **how):
        return SentenceTransformer(modules=[Transformer(str(base)), Pooling(32, pooling_mode=mode), *more], device="cpu", **how)

    prompts = {"query": "the ", "passage": "a red "}
    for mode in ("mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"):
        yield mode, pooled(mode), {}
    yield "joined", pooled(["mean", "weightedmean", "cls", "max"]), {}
    yield "normalize", pooled("mean", Normalize()), {}
    yield "dense", pooled("mean", dense(32, 8)), {}
    yield "dense_no_bias", pooled("cls", dense(32, 8, bias=False, activation_function=torch.nn.Identity()), Normalize()), {}
    yield "dense_gelu_relu", pooled("max", dense(32, 8, activation_function=torch.nn.GELU()), dense(8, 5, activation_function=torch.nn.ReLU())), {}
    yield "dense_sigmoid", pooled("mean", dense(32, 6, activation_function=torch.nn.Sigmoid())), {}
    yield "layer_norm", pooled("mean", norm(32)), {}
    yield "all", pooled(["mean", "cls"], dense(64, 8), norm(8), Normalize()), {}
    yield "prompts", pooled("mean", prompts=prompts), {"prompt_name": "query"}
    yield "default_prompt", pooled("mean", prompts=prompts, default_prompt_name="passage"), {}
    yield "truncate_dim", pooled("mean", truncate_dim=5), {}
    yield "truncate_normalized", pooled("mean", Normalize(), truncate_dim=5), {}


def cross_encoders(base):
    def with_keys(**keys):
        def change(config):
            config.pop("problem_type", None)
            config.update(keys)
        return change

    identity, sigmoid = "torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Sigmoid"
    yield "no_key", with_keys(), None
    yield "regression", lambda config: None, None
    yield "identity", with_keys(sentence_transformers={"activation_fn": identity, "version": "5.0.0"}), None
    yield "sigmoid", with_keys(sentence_transformers={"activation_fn": sigmoid}), None
    yield "older_identity", with_keys(sbert_ce_default_activation_function=identity), None
    yield "older_sigmoid", with_keys(sbert_ce_default_activation_function=sigmoid), None
    yield "saved_identity", with_keys(), torch.nn.Identity()
    yield "saved_sigmoid", with_keys(sbert_ce_default_activation_function=identity), torch.nn.Sigmoid()


def main():
    torch.manual_seed(3)
    found = {"texts": TEXTS, "pairs": PAIRS, "embedders": [], "cross_encoders": []}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "base").mkdir()
        base = model_of("bert_mlm", folder / "base")
        for name, model, call in embedders(base):
            model.save_pretrained(str(folder / name))
            again = SentenceTransformer(str(folder / name), device="cpu")
            vectors = again.encode(TEXTS, batch_size=1, **call)
            found["embedders"].append({"name": name, "prompt": call.get("prompt_name", ""), **files_of(folder / name),
                                       "vectors": [[float(f"{x:.7g}") for x in row.tolist()] for row in vectors]})
        for name, change, activation in cross_encoders(base):
            at = folder / ("cross_" + name)
            at.mkdir()
            model_of("bert_regression", at)
            config = json.loads((at / "config.json").read_text())
            change(config)
            (at / "config.json").write_text(json.dumps(config))
            if activation:
                CrossEncoder(str(at), device="cpu", activation_fn=activation).save_pretrained(str(folder / (name + "_saved")))
                at = folder / (name + "_saved")
            scores = CrossEncoder(str(at), device="cpu").predict(PAIRS, batch_size=1)
            said = json.loads((at / "config.json").read_text())
            keys = {k: said[k] for k in ("problem_type", "sentence_transformers", "sbert_ce_default_activation_function") if k in said}
            found["cross_encoders"].append({"name": name, "config": keys, **files_of(at), "scores": [float(f"{x:.7g}") for x in scores.tolist()]})
    rows = ",\n".join(f" {json.dumps(key)}: [\n  " + ",\n  ".join(json.dumps(one) for one in value) + "]" for key, value in found.items())
    (ROOT / "tests" / "data" / "pipelines" / "sentence_transformers.json").write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
