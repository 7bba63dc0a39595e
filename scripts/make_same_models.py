#!/usr/bin/env python3
"""Writes tests/data/models/{ernie_classify,dpr_question,camembert_mlm}: models of which weft has the type under another model_type,
with random weights and what transformers makes of them. Needs torch 2.13.0 and transformers 5.23.0 (pip install torch==2.13.0
transformers==5.23.0); the files are committed, so tests need neither."""
import json
import pathlib

import torch
import transformers
from safetensors.torch import save_file

MODELS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "models"
SIZES = dict(hidden_size=32, intermediate_size=64, num_attention_heads=4, num_hidden_layers=2, vocab_size=120)
LENGTHS = [1, 9, 30]


def write(name, model, family):
    torch.manual_seed(5)
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(0, 0.15 if p.dim() > 1 else 0.1)
        for key, p in model.named_parameters():
            if key.endswith("LayerNorm.weight") or key.endswith("layer_norm.weight"):
                p.add_(1)
    folder = MODELS / name
    model.eval().save_pretrained(folder)
    recorded = {}
    for i, length in enumerate(LENGTHS):
        ids = torch.randint(5, SIZES["vocab_size"], (1, length))
        recorded[f"input_ids.{i}"] = ids[0]
        with torch.no_grad():
            out = model(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
        for layer, hidden in enumerate(out.hidden_states):
            recorded[f"hidden.{i}.{layer}"] = hidden[0].contiguous().clone()
        recorded[f"last_hidden.{i}"] = out.hidden_states[-1][0].contiguous().clone()
        if "logits" in out:
            recorded[f"logits.{i}"] = out.logits[0].contiguous().clone()
    save_file(recorded, folder / "expected.safetensors")
    kinds = sorted({key.split(".")[0] for key in recorded})
    scales = {kind: max(float(v.abs().max()) for k, v in recorded.items() if k.startswith(kind + ".")) for kind in kinds if kind != "input_ids"}
    case = {"name": name, "family": family, "architecture": type(model).__name__, "seed": 5, "notes": "scripts/make_same_models.py",
            "sequences": [{"length": n} for n in LENGTHS], "tensors": kinds,
            "scale_max_abs": {k: round(v, 4) for k, v in scales.items()}, "transformers": transformers.__version__}
    (folder / "case.json").write_text(json.dumps(case, indent=1) + "\n")


def main():
    ernie = transformers.ErnieConfig(**SIZES, max_position_embeddings=64)
    write("ernie_classify", transformers.ErnieForSequenceClassification(ernie), "ernie")
    dpr = transformers.DPRConfig(**SIZES, max_position_embeddings=64)
    write("dpr_question", transformers.DPRQuestionEncoder(dpr), "dpr")
    camembert = transformers.CamembertConfig(**SIZES, max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5)
    write("camembert_mlm", transformers.CamembertForMaskedLM(camembert), "camembert")


if __name__ == "__main__":
    main()
