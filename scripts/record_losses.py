#!/usr/bin/env python3
"""Writes tests/train/recorded_losses.hpp: what PyTorch says of losses and their gradients, computed in double from floats.
Needs torch. Usage: scripts/record_losses.py"""
import pathlib
import sys

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests/train/recorded_losses.hpp"


def rule(name, count, scale=1.0):
    """Values that follow from a name, as tests/rule_weights.hpp makes them, times a scale; floats."""
    values = []
    n = 2166136261
    for c in name.encode():
        n = (n ^ c) * 16777619 & 0xFFFFFFFF
    for i in range(count):
        x = (n + i * 2654435761) & 0xFFFFFFFF
        x = (x ^ x >> 16) * 2246822519 & 0xFFFFFFFF
        x = (x ^ x >> 13) * 3266489917 & 0xFFFFFFFF
        x ^= x >> 16
        values.append((x / 4294967296 - 0.5) * 0.4 * scale)
    return torch.tensor(values, dtype=torch.float32)


def main():
    z = rule("logits", 20, 10).double().reshape(4, 5)
    labels = torch.tensor([2, -100, 0, 4])
    weights = torch.tensor([0.5, 1, 2, 4, 0.25], dtype=torch.float64)
    targets = ((rule("targets", 20).double() + 0.2) / 0.4).float().double().reshape(4, 5)
    teacher = rule("teacher", 20, 10).double().reshape(4, 5)
    starts, ends, lengths = [1, 0, 9], [3, 2, 1], [5, 3, 4]  # of the third text the start lies outside
    spans = rule("spans", 24, 10).double().reshape(12, 2)

    def span_loss(x):
        sides = []
        for side, places in enumerate((starts, ends)):
            row, losses = 0, []
            for length, place in zip(lengths, places):
                if place < length:
                    losses.append(F.cross_entropy(x[row:row + length, side][None], torch.tensor([place])))
                row += length
            sides.append(torch.stack(losses).mean())
        return sum(sides) / 2

    lines = []

    def record(name, of, call):
        x = of.clone().requires_grad_()
        loss = call(x)
        loss.backward()
        gradient = ", ".join(f"{v:.9g}" for v in x.grad.flatten().tolist())
        lines.append(f"inline const recorded_loss {name}{{{loss.item():.12g}, {{{gradient}}}}};")

    record("plain_cross_entropy", z, lambda x: F.cross_entropy(x, labels))
    record("weighted_cross_entropy", z, lambda x: F.cross_entropy(x, labels, weight=weights))
    record("smoothed_cross_entropy", z, lambda x: F.cross_entropy(x, labels, weight=weights, label_smoothing=0.1))
    record("squared_error", z, lambda x: F.mse_loss(x, targets))
    record("squared_error_of_sigmoids", z, lambda x: F.mse_loss(torch.sigmoid(x), targets))
    record("binary_of_logits", z, lambda x: F.binary_cross_entropy_with_logits(x, targets))
    record("binary_of_probabilities", torch.sigmoid(z).float().double(), lambda x: F.binary_cross_entropy(x, targets))
    record("soft_labels", z, lambda x: 4 * F.kl_div(F.log_softmax(x / 2, -1), F.softmax(teacher / 2, -1), reduction="batchmean"))
    record("span", spans, span_loss)
    anchors = rule("pairs", 40, 10).double().reshape(10, 4)  # four texts, their partners, two that are none's

    def in_batch(x):
        unit = F.normalize(x, dim=-1)
        return F.cross_entropy(20 * unit[:4] @ unit[4:].T, torch.arange(4))

    def cosent(x):
        unit = F.normalize(x[:8], dim=-1)
        scores = 20 * (unit[0::2] * unit[1::2]).sum(-1)
        likeness = torch.tensor([0.1, 0.9, 0.5, 0.5], dtype=torch.float64)
        terms = [scores[i] - scores[j] for i in range(4) for j in range(4) if likeness[i] < likeness[j]]
        return torch.logsumexp(torch.stack([torch.zeros((), dtype=torch.float64), *terms]), 0)

    record("in_batch_negatives_of_pairs", anchors, in_batch)
    record("cosent_of_pairs", anchors, cosent)
    probabilities = ", ".join(f"{v:.9g}f" for v in torch.sigmoid(z).float().flatten().tolist())
    wanted = ", ".join(f"{v:.9g}f" for v in targets.float().flatten().tolist())
    OUT.write_text(f"""#pragma once
// Losses and gradients as PyTorch {torch.__version__.partition('+')[0]} computes them in double: written by scripts/record_losses.py.
#include <vector>

namespace weft_test {{

struct recorded_loss {{
  double loss;
  std::vector<double> gradient;
}};
inline const std::vector<float> recorded_targets{{{wanted}}};
inline const std::vector<float> recorded_probabilities{{{probabilities}}};
""" + "\n".join(lines) + "\n\n}  // namespace weft_test\n")


if __name__ == "__main__":
    sys.exit(main())
