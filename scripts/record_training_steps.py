#!/usr/bin/env python3
"""Writes tests/train/recorded_steps.hpp: the losses of twenty steps of PyTorch and transformers, computed in double, with weights
by the rule of tests/rule_weights.hpp, without dropout: AdamW, a warm-up of four steps, gradients clipped at 1, batches of four
texts in two pieces. ELECTRA's generator and discriminator learn jointly: slots, and the numbers that sample, follow from rules
that tests/train/recorded_steps.cpp has, too. Needs torch and transformers. Usage: scripts/record_training_steps.py"""
import pathlib
import sys

import torch
import torch.nn.functional as F
import transformers

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests/train/recorded_steps.hpp"
LENGTHS, STEPS, WARM_UP, RATE, MASK = [9, 6, 8, 5], 20, 4, 2e-3, 4


def fill_by_rule(model):
    for name, p in model.named_parameters():
        n = 2166136261
        for c in name.encode():
            n = (n ^ c) * 16777619 & 0xFFFFFFFF
        x = (n + torch.arange(p.numel(), dtype=torch.int64) * 2654435761) & 0xFFFFFFFF
        x = (x ^ x >> 16) * 2246822519 & 0xFFFFFFFF
        x = (x ^ x >> 13) * 3266489917 & 0xFFFFFFFF
        x ^= x >> 16
        values = (x.double() / 4294967296 - 0.5) * 0.4 + (1.0 if name.endswith("LayerNorm.weight") else 0.0)
        p.data.copy_(values.float().reshape(p.shape))


def texts(step):
    """Ids, mask of what is a token, segments: padded to the longest."""
    width = max(LENGTHS)
    ids, mask, segments = (torch.zeros(len(LENGTHS), width, dtype=torch.long) for _ in range(3))
    for b, length in enumerate(LENGTHS):
        for t in range(length):
            ids[b, t], mask[b, t], segments[b, t] = (13 * t + 29 * b + 7 * t * t + 31 * step) % 92 + 5, 1, t >= 5
    return ids, mask, segments


def optimiser(parameters):
    plain = [p for n, p in parameters if n.endswith("bias") or "LayerNorm" in n]
    shrinking = [p for n, p in parameters if not (n.endswith("bias") or "LayerNorm" in n)]
    by = torch.optim.AdamW([{"params": shrinking, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=RATE, eps=1e-6)
    return by, transformers.get_linear_schedule_with_warmup(by, WARM_UP, STEPS)


def learn(parameters, by, schedule):
    torch.nn.utils.clip_grad_norm_([p for _, p in parameters], 1.0)
    by.step()
    schedule.step()
    by.zero_grad()


def masked_lm():
    shape = dict(vocab_size=97, hidden_size=24, num_attention_heads=3, intermediate_size=40, num_hidden_layers=2, max_position_embeddings=64,
                 hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    model = transformers.BertForMaskedLM(transformers.BertConfig(**shape)).double()
    fill_by_rule(model)
    parameters = list(model.named_parameters())
    by, schedule = optimiser(parameters)
    losses = []
    for step in range(STEPS):
        ids, mask, segments = texts(step)
        places = (torch.arange(ids.shape[1]) % 3 == 1) & mask.bool()
        labels = torch.where(places, (5 * ids + 1) % 97, -100)
        shown = torch.where(places, MASK, ids)
        total, count = 0.0, int(places.sum())
        for piece in (slice(0, 2), slice(2, 4)):
            logits = model(shown[piece], attention_mask=mask[piece], token_type_ids=segments[piece]).logits
            loss = F.cross_entropy(logits.flatten(0, 1), labels[piece].flatten(), reduction="sum") / count
            loss.backward()
            total += loss.item()
        learn(parameters, by, schedule)
        losses.append(total)
    return losses


def electra():
    common = dict(vocab_size=97, embedding_size=12, num_hidden_layers=2, max_position_embeddings=64, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    found = transformers.ElectraForPreTraining(transformers.ElectraConfig(hidden_size=24, num_attention_heads=3, intermediate_size=40, **common)).double()
    made = transformers.ElectraForMaskedLM(transformers.ElectraConfig(hidden_size=16, num_attention_heads=2, intermediate_size=20, **common)).double()
    fill_by_rule(found)
    fill_by_rule(made)
    made.electra.embeddings = found.electra.embeddings
    made.generator_lm_head.weight = made.electra.embeddings.word_embeddings.weight
    parameters = [*found.named_parameters(), *((n, p) for n, p in made.named_parameters() if not n.startswith("electra.embeddings."))]
    by, schedule = optimiser(parameters)
    rows = []
    for step in range(STEPS):
        ids, mask, segments = texts(step)
        slots = [(b, t) for b, length in enumerate(LENGTHS) for t in (1 + (step + b) % 3, 4) if t < length - 1 or t == 1]
        slots = sorted(set(slots))
        shown = ids.clone()
        for k, (b, t) in enumerate(slots):
            if (k + step) % 7 != 0:
                shown[b, t] = MASK
        at = tuple(torch.tensor(x) for x in zip(*slots))
        logits = made(shown, attention_mask=mask, token_type_ids=segments).logits[at]
        generator = F.cross_entropy(logits, ids[at])
        corrupted, closest = ids.clone(), 1.0
        for k, (b, t) in enumerate(slots):
            draw = ((37 * k + 11 * step) % 101 + 0.5) / 101
            cumulative = torch.softmax(logits[k].detach(), -1).cumsum(-1)
            corrupted[b, t] = int((cumulative <= draw).sum())
            closest = min(closest, float((cumulative - draw).abs().min()))
        assert closest > 1e-5, f"step {step}: a draw is {closest} from the next token"
        real = mask.bool()
        scores = found(corrupted, attention_mask=mask, token_type_ids=segments).logits
        discriminator = F.binary_cross_entropy_with_logits(scores[real], (corrupted != ids)[real].double())
        (generator + 50 * discriminator).backward()
        learn(parameters, by, schedule)
        rows.append((generator.item(), discriminator.item(), int((corrupted != ids).sum())))
    return rows


def main():
    lm, joint = masked_lm(), electra()
    numbers = ", ".join(f"{loss:.10g}" for loss in lm)
    rows = ", ".join(f"{{{g:.10g}, {d:.10g}, {r}}}" for g, d, r in joint)
    OUT.write_text(f"""#pragma once
// Losses of {STEPS} steps, as PyTorch {torch.__version__.partition('+')[0]} and transformers {transformers.__version__} compute them in double: written by
// scripts/record_training_steps.py.
#include <vector>

namespace weft_test {{

inline const std::vector<double> recorded_masked_lm{{{numbers}}};
struct recorded_joint_step {{
  double generator, discriminator;
  long replaced;
}};
inline const std::vector<recorded_joint_step> recorded_electra{{{rows}}};

}}  // namespace weft_test
""")


if __name__ == "__main__":
    sys.exit(main())
