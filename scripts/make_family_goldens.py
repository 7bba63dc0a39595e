#!/usr/bin/env python3
"""Writes small checkpoints with random weights of tests/data/models, and what transformers computes with them, of families whose
heads were not recorded otherwise: make_family_goldens.py [NAME...] (all without one). Weights and passes are float64, rounded
to float32 when they are written. Needs torch 2.13.0, transformers 5.23.0 and safetensors; the files are committed, so tests need none."""
import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

MODELS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "models"
SIZES = dict(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=32,
             attention_probs_dropout_prob=0.0, hidden_dropout_prob=0.0)
ROTATION = dict(pad_token_id=1, rope_parameters={"rope_type": "default", "rope_theta": 5000.0})
EUROBERT = dict(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=24,
                max_position_embeddings=32, pad_token_id=1, bos_token_id=2, eos_token_id=3, mask_token_id=4,
                rope_parameters={"rope_type": "default", "rope_theta": 250000.0})
BIASED = dict(num_key_value_heads=1, attention_bias=True, mlp_bias=True, tie_word_embeddings=True, classifier_pooling="bos")
CASES = {
    "jina_embeddings_v3_mlm": ("JinaEmbeddingsV3ForMaskedLM", dict(SIZES, **ROTATION)),
    "jina_embeddings_v3_classify": ("JinaEmbeddingsV3ForSequenceClassification", dict(SIZES, **ROTATION, num_labels=3)),
    "gte_mlm": ("GteForMaskedLM", dict(SIZES, **ROTATION, type_vocab_size=2)),
    "gte_classify": ("GteForSequenceClassification", dict(SIZES, **ROTATION, type_vocab_size=0, num_labels=3)),
    "gte_tokens": ("GteForTokenClassification", dict(SIZES, **ROTATION, type_vocab_size=0, num_labels=4)),
    "roformer_mlm": ("RoFormerForMaskedLM", dict(SIZES, embedding_size=12)),
    "roformer_classify": ("RoFormerForSequenceClassification", dict(SIZES, rotary_value=True, hidden_act="relu", num_labels=3)),
    "roformer_choice": ("RoFormerForMultipleChoice", dict(SIZES, rotary_value=True, hidden_act="relu")),
    "roformer_qa": ("RoFormerForQuestionAnswering", dict(SIZES, rotary_value=True, hidden_act="relu")),
    "eurobert_mlm": ("EuroBertForMaskedLM", dict(EUROBERT | BIASED)),
    "eurobert_bos": ("EuroBertForSequenceClassification", dict(EUROBERT | BIASED, num_labels=3)),
    "eurobert_late": ("EuroBertForSequenceClassification", dict(EUROBERT, classifier_pooling="late", num_labels=3)),
    "eurobert_tokens": ("EuroBertForTokenClassification", dict(EUROBERT, classifier_pooling="late", num_labels=3)),
    "eurobert_mean": ("EuroBertForSequenceClassification", dict(EUROBERT, classifier_pooling="mean", num_labels=3)),
}


def make(name, seed):
    architecture, keys = CASES[name]
    torch.manual_seed(seed)
    kind = getattr(transformers, architecture)
    config = kind.config_class(**keys)
    config._attn_implementation = "eager"
    model = kind(config).double().eval()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if not parameter.requires_grad:  # RoFormer's table of sines
                continue
            spread = 0.2 if parameter.dim() > 1 else 0.1
            gain = parameter.dim() == 1 and parameter_name.endswith("weight")
            parameter.copy_((torch.randn(parameter.shape) * spread + (1.0 if gain else 0.0)).float())
    folder = MODELS / name
    folder.mkdir(exist_ok=True)
    expected = {}
    lengths = [1, 9]
    choices = "MultipleChoice" in architecture
    for i, length in enumerate(lengths):
        ids = torch.randint(2, config.vocab_size, (1, 2, length) if choices else (1, length))
        given = {"input_ids": ids}
        if getattr(config, "type_vocab_size", 0) > 1:
            given["token_type_ids"] = (torch.arange(length) >= length // 2).long().expand(ids.shape)
        with torch.no_grad():
            out = model(**given, output_hidden_states=True, output_attentions=True)
        expected |= {f"{key}.{i}": value[0] for key, value in given.items()}
        expected |= {f"hidden.{i}.{level}": (rows if choices else rows[0]).float() for level, rows in enumerate(out.hidden_states)}
        if length > 1 and not choices:
            expected |= {f"attn.{i}.{layer}": heads[0].float() for layer, heads in enumerate(out.attentions)}
        for kind in ("logits", "start_logits", "end_logits"):
            if hasattr(out, kind):
                expected[f"{kind}.{i}"] = getattr(out, kind)[0].float()
    model.float().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file({key: value.contiguous() for key, value in expected.items()}, folder / "expected.safetensors")
    kinds = sorted({key.split(".")[0] for key in expected})
    scale = {kind: max(float(v.abs().max()) for k, v in expected.items() if k.split(".")[0] == kind)
             for kind in kinds if kind == "hidden" or kind.endswith("logits")}
    case = {"name": name, "architecture": architecture, "seed": seed, "sequences": [{"length": n} for n in lengths], "tensors": kinds,
            "scale_max_abs": {k: float(f"{v:.4g}") for k, v in scale.items()}, "transformers": transformers.__version__}
    (folder / "case.json").write_text(json.dumps(case, indent=1) + "\n")


if __name__ == "__main__":
    for position, name in enumerate(CASES):
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            make(name, 1700 + position)
