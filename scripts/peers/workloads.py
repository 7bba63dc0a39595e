"""What engines are timed on, and where all that is made lies. The same work as include/weft/bench/workload.hpp."""
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HOME = pathlib.Path(os.environ.get("PEERS_HOME", ROOT / "build" / "peers"))
MODELS, EXPORTS, LOGS = HOME / "models", HOME / "exports", HOME / "logs"

# 32 lengths from a log-normal with median 24 and sigma 0.85, cut to 4 ... 128.
RAGGED_LENGTHS = [32, 24, 15, 4, 24, 53, 58, 15, 128, 125, 20, 21, 54, 19, 29, 68,
                  66, 15, 16, 15, 24, 26, 17, 46, 25, 24, 5, 7, 13, 33, 11, 90]
# How an engine that needs rectangles may run ragged texts: one padded rectangle, four of texts of similar length, or
# one call a text, without padding.
WAYS = ("padded", "sorted", "one by one")


def lengths_of(work):
    """The length of every text: "b8s128" is eight texts of 128 tokens, "128+96" two of these, "R" the ragged ones."""
    if work == "R":
        return RAGGED_LENGTHS
    if re.fullmatch(r"[1-9]\d*(\+[1-9]\d*)*", work):
        return [int(length) for length in work.split("+")]
    name = re.fullmatch(r"b([1-9]\d*)s([1-9]\d*)", work)
    if not name:
        raise ValueError(f"work: found {work!r}, wanted bNsM, which means N texts of M tokens each, 128+96, or R")
    return [int(name[2])] * int(name[1])


def ways_of(work):
    return WAYS if len(set(lengths_of(work))) > 1 else WAYS[:1]


def calls_of(work, way):
    """The numbers of the texts of each call."""
    lengths = lengths_of(work)
    if way == "one by one":
        return [[i] for i in range(len(lengths))]
    if way == "sorted":
        order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
        return [order[i:i + 8] for i in range(0, len(order), 8)]
    return [list(range(len(lengths)))]


def token_ids(length, number):
    """Ids of text `number`, within every model's vocabulary; it begins and ends as texts do."""
    import numpy
    ids = numpy.random.default_rng(1000 + number).integers(1000, 30522, length)
    ids[0], ids[-1] = 101, 102
    return ids.astype(numpy.int64)


def rectangle(texts):
    """Ids and mask of texts side by side, padded on the right."""
    import numpy
    shape = len(texts), max(map(len, texts))
    ids, mask = numpy.zeros(shape, numpy.int64), numpy.zeros(shape, numpy.int64)
    for row, text in enumerate(texts):
        ids[row, :len(text)] = text
        mask[row, :len(text)] = 1
    return ids, mask


def rectangles(work, way):
    lengths = lengths_of(work)
    return [rectangle([token_ids(lengths[i], i) for i in call]) for call in calls_of(work, way)]
