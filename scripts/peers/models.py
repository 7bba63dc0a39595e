#!/usr/bin/env python3
"""Writes the models that are timed: the published shapes with random weights from a fixed seed, so that nothing is
downloaded, and beside each expected.safetensors, what the reference computes for some texts (weft verify reads it).

    python models.py NAME ...
"""
import json
import os
import sys

import tokenizers
import torch
import transformers
from safetensors.torch import save_file

from workloads import MODELS, token_ids

SEED = 20240607
# Lengths of the texts whose results are recorded: two that share a padded rectangle. BigBird's long texts come first,
# since the reference stays with full attention once it has seen a short one.
# ModernBERT's windows end after 64 tokens, DeBERTa's distances are put together from 128 on: 512 shows whether an engine
# knows.
RECORDED = {"bigbird-base": (4096, 2048, 1024, 512, 128), "bert-base-4k": (48, 30, 1024),
            "bert-base-16k": (48, 30), "bigbird-base-16k": (2048, 128),
            "modernbert-base": (48, 30, 512), "deberta-v3-base": (48, 30, 512)}


def configuration(name):
    bert = dict(vocab_size=30522, num_attention_heads=12, max_position_embeddings=512)
    conv = dict(vocab_size=30522, head_ratio=2, conv_kernel_size=9, num_groups=1, pad_token_id=0, bos_token_id=None,
                eos_token_id=None)
    base = dict(hidden_size=768, num_hidden_layers=12, intermediate_size=3072)
    small = dict(embedding_size=128, hidden_size=256, num_hidden_layers=12, num_attention_heads=4,
                 intermediate_size=1024)
    make = {
        "bert-base": lambda: transformers.BertConfig(**bert, **base),
        "minilm-l6": lambda: transformers.BertConfig(**bert, hidden_size=384, num_hidden_layers=6,
                                                     intermediate_size=1536),
        "electra-small": lambda: transformers.ElectraConfig(vocab_size=30522, **small),
        "convbert-base": lambda: transformers.ConvBertConfig(**conv, **base, embedding_size=768,
                                                             num_attention_heads=12),
        "convbert-small": lambda: transformers.ConvBertConfig(**conv, **small),
        "mobilebert-uncased": transformers.MobileBertConfig,
        "bigbird-base": lambda: transformers.BigBirdConfig(attention_type="block_sparse", block_size=64,
                                                           num_random_blocks=3),
        "bigbird-base-16k": lambda: transformers.BigBirdConfig(attention_type="block_sparse", block_size=64,
                                                               num_random_blocks=3, max_position_embeddings=16384),
        "modernbert-base": transformers.ModernBertConfig,
        "deberta-v3-base": lambda: transformers.DebertaV2Config(
            **base, num_attention_heads=12, vocab_size=128100, max_position_embeddings=512, type_vocab_size=0,
            relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=256, max_relative_positions=-1,
            norm_rel_ebd="layer_norm", share_att_key=True, position_biased_input=False, layer_norm_eps=1e-7),
        "bert-base-16k": lambda: transformers.BertConfig(**{**bert, "max_position_embeddings": 16384}, **base),
        "bert-base-4k": lambda: transformers.BertConfig(**{**bert, "max_position_embeddings": 4096}, **base),
    }
    return make[name]()


def implementation(family):
    """Arguments that choose the reference's fastest attention where it has several."""
    return {} if family in ("convbert", "big_bird", "deberta-v2") else {"attn_implementation": "sdpa"}


def vocabulary():
    """30,522 word pieces: the special ones at their usual ids, letters, digits, some words, then invented ones."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = ["[PAD]"] + [f"[unused{i}]" for i in range(99)] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += list(letters) + list(".,;:!?'\"()-") + ["##" + c for c in letters]
    words += ("the of and to in quick brown fox jumps over lazy dog while small cats sleep under warm red "
              "roof").split()
    consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
    invented = (a + b + c + d + e for a in consonants for b in vowels for c in consonants for d in vowels
                for e in ["", "n", "s", "r", "l", "t"])
    for word in invented:
        words += [word, "##" + word]
    return list(dict.fromkeys(words))[:30522]


def write_tokenizer(directory, positions):
    (directory / "vocab.txt").write_text("\n".join(vocabulary()) + "\n")
    tokenizer = tokenizers.BertWordPieceTokenizer(str(directory / "vocab.txt"), lowercase=True)
    tokenizer.save(str(directory / "tokenizer.json"))
    said = {"tokenizer_class": "BertTokenizerFast", "do_lower_case": True, "model_max_length": positions,
            "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
            "mask_token": "[MASK]"}
    (directory / "tokenizer_config.json").write_text(json.dumps(said, indent=1) + "\n")


def random_model(config):
    torch.manual_seed(SEED)
    model = transformers.AutoModel.from_config(config, **implementation(config.model_type)).eval()
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():  # biases and norms away from 0 and 1, so that a comparison sees them
        for name, values in model.named_parameters():
            if values.dim() == 1 or name.endswith(".bias"):
                values.add_(torch.randn(values.shape, generator=generator) * 0.02)
    return model


def record(model, directory, lengths):
    recorded = {}
    for number, length in enumerate(lengths):
        ids = torch.from_numpy(token_ids(length, number))
        with torch.inference_mode():
            rows = model(input_ids=ids[None], attention_mask=torch.ones_like(ids)[None]).last_hidden_state
        recorded[f"input_ids.{number}"] = ids
        recorded[f"last_hidden.{number}"] = rows[0].clone().contiguous()
    # Written last, and whole: a directory with this file is complete.
    save_file(recorded, directory / "expected.part")
    os.replace(directory / "expected.part", directory / "expected.safetensors")


def main():
    for name in sys.argv[1:]:
        config, directory = configuration(name), MODELS / name
        directory.mkdir(parents=True, exist_ok=True)
        model = random_model(config)
        model.save_pretrained(directory)
        write_tokenizer(directory, config.max_position_embeddings)
        record(model, directory, RECORDED.get(name, (48, 30)))
        print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters", flush=True)


if __name__ == "__main__":
    main()
