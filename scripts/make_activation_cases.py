#!/usr/bin/env python3
"""Writes tests/data/activations.json: what the names of activations in configurations mean, as values of transformers' ACT2FN in
float64. Needs torch 2.13.0 and transformers 5.23.0 (pip install torch==2.13.0 transformers==5.23.0); the file is committed, so tests
need neither."""
import json
import pathlib

import torch
from transformers.activations import ACT2FN

NAMES = ["gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "relu", "tanh", "linear", "silu", "swish", "gelu_python", "quick_gelu",
         "gelu_10", "mish"]
X = [-30, -12.5, -6, -3.25, -2, -1, -0.75, -0.5, -0.125, 0, 0.125, 0.5, 0.75, 1, 2, 3.25, 6, 9.75, 10.5, 12.5, 30]


def main():
    values = {"x": X}
    for name in NAMES:
        values[name] = [float(f"{y:.9g}") for y in ACT2FN[name](torch.tensor(X, dtype=torch.float64)).tolist()]
    lines = [f" {json.dumps(name)}: {json.dumps(row)}" for name, row in values.items()]
    target = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "activations.json"
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
