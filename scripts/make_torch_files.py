#!/usr/bin/env python3
"""Writes tests/data/torch and tests/fuzz/corpus/torch_file: state dicts saved by torch, each with its safetensors twin.

Needs torch 2.13.0 and safetensors (pip install torch==2.13.0 safetensors); the files are committed, so tests need
neither."""
import collections
import io
import json
import pathlib
import shutil
import zipfile

import torch
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data" / "torch"
CORPUS = ROOT / "tests" / "fuzz" / "corpus" / "torch_file"
TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def twin(state, path):
    """The same tensors by name, as safetensors: what is nested is joined, what is shared or strided is copied."""
    flat = {}

    def visit(prefix, inside):
        for name, item in inside.items():
            if isinstance(item, dict):
                visit(f"{prefix}{name}.", item)
            elif isinstance(item, torch.Tensor):
                flat[f"{prefix}{name}"] = item.detach().clone().contiguous()

    visit("", state)
    save_file(flat, path, {"format": "pt"})


def save(state, name):
    """Both containers, and the twin."""
    torch.save(state, DATA / f"{name}.bin")
    torch.save(state, DATA / f"{name}_legacy.bin", _use_new_zipfile_serialization=False)
    twin(state, DATA / f"{name}.safetensors")


def random(*shape, type=torch.float32):
    return torch.randn(*shape).to(type)


def everything():
    """What state dicts hold besides plain tensors."""
    table = random(6, 4)
    state = collections.OrderedDict()
    state["table"] = table
    state["tied"] = table  # the same object
    state["row"] = table[2]  # a view inside the storage
    state["transposed"] = table.t()  # not row by row
    state["column"] = table[:, 1]
    state["parameter"] = torch.nn.Parameter(random(3))
    state["position_ids"] = torch.arange(5).expand(1, 5)
    state["scalar"] = torch.tensor(2.5)
    state["empty"] = torch.empty(0, 3)
    state["double"] = random(2, 2).double()
    state["mask"] = torch.tensor([True, False])
    state["step"] = 12
    state["note"] = "text"
    state["inner"] = torch.nn.Linear(3, 2).state_dict()  # an OrderedDict with attributes
    state["plain"] = {"deeper": {"weight": random(2)}, "list": [1, 2.5, None]}
    return state


def bert():
    """The tensors of a BERT of one layer, under the names of 2019."""
    width, hidden = 16, 32
    state = collections.OrderedDict()
    state["bert.embeddings.position_ids"] = torch.arange(8).expand(1, 8)
    for name, rows in (("word", 20), ("position", 8), ("token_type", 2)):
        state[f"bert.embeddings.{name}_embeddings.weight"] = random(rows, width)

    def norm(name):
        state[f"{name}.LayerNorm.gamma"], state[f"{name}.LayerNorm.beta"] = 1 + random(width) / 8, random(width) / 8

    def linear(name, inputs, outputs):
        state[f"{name}.weight"], state[f"{name}.bias"] = random(outputs, inputs) / 4, random(outputs) / 8

    norm("bert.embeddings")
    layer = "bert.encoder.layer.0"
    for part in ("query", "key", "value"):
        linear(f"{layer}.attention.self.{part}", width, width)
    linear(f"{layer}.attention.output.dense", width, width)
    norm(f"{layer}.attention.output")
    linear(f"{layer}.intermediate.dense", width, hidden)
    linear(f"{layer}.output.dense", hidden, width)
    norm(f"{layer}.output")
    return state


def packed(data):
    """The same zip archive with nothing but the pickle and the storages: fuzzers like short files."""
    old, new = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_STORED) as out:
        for name in old.namelist():
            if name.endswith("data.pkl") or "/data/" in name:
                out.writestr(zipfile.ZipInfo("a/" + name.split("/", 1)[1]), old.read(name))
    return new.getvalue()


def main():
    torch.manual_seed(1)
    for folder in (DATA, CORPUS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for name, type in TYPES.items():
        shared = random(4, 3, type=type)
        save(collections.OrderedDict(weight=random(3, 5, type=type), bias=random(5, type=type), tied=shared, again=shared), name)
    save(everything(), "everything")

    config = {"architectures": ["BertModel"], "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1,
              "num_attention_heads": 2, "intermediate_size": 32, "hidden_act": "gelu", "vocab_size": 20,
              "max_position_embeddings": 8, "type_vocab_size": 2, "layer_norm_eps": 1e-12}
    state = bert()
    for container in ("zip", "legacy"):
        (DATA / f"bert_{container}").mkdir()
        (DATA / f"bert_{container}" / "config.json").write_text(json.dumps(config, indent=1) + "\n")
        torch.save(state, DATA / f"bert_{container}" / "pytorch_model.bin", _use_new_zipfile_serialization=container == "zip")
    twin(state, DATA / "bert.safetensors")

    (DATA / "sharded").mkdir()
    shards = [{"first.weight": random(2, 3)}, {"second.weight": random(3), "second.bias": random(1)}]
    names = {}
    for number, shard in enumerate(shards, 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save(shard, DATA / "sharded" / file)
        names |= {name: file for name in shard}
    (DATA / "sharded" / "pytorch_model.bin.index.json").write_text(
        json.dumps({"metadata": {"total_size": 40}, "weight_map": names}, indent=1) + "\n")
    twin(shards[0] | shards[1], DATA / "sharded.safetensors")

    short = collections.OrderedDict(a=torch.ones(2, 2), p=torch.nn.Parameter(torch.ones(1).half()))
    short["t"] = short["a"].t()
    (DATA / "expanded.bin").write_bytes(written({"wide": torch.ones(1).expand(1000)}))
    (DATA / "other_object.bin").write_bytes(written({"weight": torch.ones(1), "device": torch.device("cpu")}))
    scripted = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), scripted)
    (DATA / "torchscript.bin").write_bytes(scripted.getvalue())
    compressed = io.BytesIO()
    with zipfile.ZipFile(compressed, "w", zipfile.ZIP_DEFLATED) as out, zipfile.ZipFile(io.BytesIO(written(short))) as old:
        for name in old.namelist():
            out.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    (DATA / "compressed.bin").write_bytes(compressed.getvalue())

    for name, state in (("short", short), ("one", {"a": torch.ones(1)}), ("inner", {"m": {"w": torch.arange(2)}})):
        (CORPUS / f"{name}.zip").write_bytes(packed(written(state)))
        (CORPUS / f"{name}.legacy").write_bytes(written(state, _use_new_zipfile_serialization=False))
        (CORPUS / f"{name}.pickle").write_bytes(zipfile.ZipFile(io.BytesIO(written(state))).read("archive/data.pkl"))
    (CORPUS / "linear.pickle").write_bytes(
        zipfile.ZipFile(io.BytesIO(written(torch.nn.Linear(2, 1).state_dict()))).read("archive/data.pkl"))


def written(state, **options):
    out = io.BytesIO()
    torch.save(state, out, **options)
    return out.getvalue()


if __name__ == "__main__":
    main()
