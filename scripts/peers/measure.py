#!/usr/bin/env python3
"""Measures what ./dev peers does not: run it with the Python of your system, after ./dev peers has run once.

    scripts/peers/measure.py profiles     where each family's time goes, part by part
    scripts/peers/measure.py lengths      time and memory by the length of a text, full attention and BigBird
    scripts/peers/measure.py padding      tokens a second by how much of a rectangle is padding
    scripts/peers/measure.py variants     weft with other compilers, flags, instructions and numbers
    scripts/peers/measure.py bfloat16     weft in float32 and bfloat16 beside an engine's bfloat16

Every round runs everything once, so that a slow minute of the machine meets all. Rows are appended to the results as JSON
lines with the machine, and report.py makes tables and plots of them, so that these can be made again without measuring."""
import argparse
import functools
import json
import pathlib
import subprocess
import sys

import compare
from catalogue import ENGINES, FAMILIES, MODELS, WEFTS
from workloads import HOME, MODELS as MODELS_FOLDER, ROOT, ways_of

# What `weft bench` is told: the compiler and its flags behind -O3 -march=native, and arguments.
VARIANTS = {
    "g++ -O3": {},
    "g++ -O2": {"flags": "-O2"},
    "clang++ -O3": {"compiler": "clang++-14"},
    "clang++ -O2": {"compiler": "clang++-14", "flags": "-O2"},
    "AVX2": {"flags": WEFTS["weft-avx2"].flags},
    "bfloat16": {"arguments": ["--numeric", "bfloat16"]},
    "one thread": {"threads": 1},
}
LENGTHS = (512, 1024, 2048, 4096, 8192, 16384)
PADDED_TEXTS, PADDED_LENGTH = 16, 128
PADDING = (0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75)


def padded_work(fraction):
    """Texts of which the longest fills a rectangle's row, and that leave about so much of the rectangle empty: their
    lengths are those of u^k for u evenly spread, whose mean is 1 / (k + 1)."""
    if fraction == 0:
        lengths = [PADDED_LENGTH] * PADDED_TEXTS
    else:
        power = fraction / (1 - fraction)
        lengths = [max(1, round(PADDED_LENGTH * ((i + 0.5) / PADDED_TEXTS) ** power)) for i in range(PADDED_TEXTS)]
        lengths[-1] = PADDED_LENGTH
    return "+".join(map(str, lengths))


@functools.cache
def agreement(program, model, **compiled):
    """Whether `weft verify` finds the reference's results, with this compiler and these flags."""
    done = subprocess.run([program, "verify", MODELS_FOLDER / model], capture_output=True, text=True, env=compare.environment_of(**compiled))
    if done.returncode:
        compare.say(f"weft verify {model}: {(done.stdout + done.stderr).strip()[-300:]}")
    return done.returncode == 0


def bench(arguments, model, work, *more, threads=None, compiler="", flags=""):
    """Rows of `weft bench`, or a sentence."""
    try:
        done = subprocess.run([arguments.weft, "bench", MODELS_FOLDER / model, "--work", work, "--json", "--threads",
                               str(threads or arguments.threads), "--seconds", str(arguments.seconds), *more],
                              capture_output=True, text=True, timeout=arguments.patience, env=compare.environment_of(compiler, flags))
    except subprocess.TimeoutExpired:
        return f"no answer within {arguments.patience:.0f} seconds"
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return rows if done.returncode == 0 and rows else (done.stderr.strip()[-300:] or f"it ended with {done.returncode}")


class Results:
    def __init__(self, file, kind):
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file, self.kind = file.open("a"), kind

    def add(self, number, rows, what, **more):
        """Writes rows, or says why there are none; whether there are."""
        if isinstance(rows, str):
            compare.say(f"{what} is skipped: {rows}")
            return False
        for row in rows:
            self.file.write(json.dumps({"kind": self.kind, "run": compare.RUN, "commit": compare.COMMIT, "machine": compare.MACHINE,
                                        "round": number, **more, **row}) + "\n")
            time = f": {row['median_ms']:.2f} ms" if "median_ms" in row else ""
            compare.say(f"{what}, round {number + 1}{time}")
        self.file.flush()
        return True


WEFT = {"engine": "weft", "precision": "float32", "way": "ragged"}


def profiles(arguments, results):
    for number in range(arguments.rounds):
        for model in arguments.models.split(",") if arguments.models else MODELS:
            compare.make_model(model)
            work = arguments.work or ("b1s4096" if FAMILIES[model] == "big_bird" else "b1s128")
            results.add(number, bench(arguments, model, work, "--profile"), f"{model} {work}")


def lengths(arguments, results):
    chosen = list(map(int, arguments.lengths.split(",")))
    models = arguments.models.split(",") if arguments.models else ["bert-base-16k", "bigbird-base-16k"]
    skipped = set()
    for model in models:
        compare.make_model(model)
    for number in range(arguments.rounds):
        for length in chosen:
            for model in models:
                full = FAMILIES[model] != "big_bird"
                if (model, length) in skipped or full and length > arguments.longest_full:
                    continue
                attention = "full" if full else "BigBird"
                if not results.add(number, bench(arguments, model, f"b1s{length}"), f"{model}, {length} tokens", **WEFT,
                                   agrees=agreement(arguments.weft, model), length=length, attention=attention):
                    skipped.add((model, length))


def usable(engines, default):
    """Those of the engines that can be used."""
    wanted = [engine for engine in (default if engines is None else engines).split(",") if engine]
    return compare.set_up(wanted) if wanted else []


def padding(arguments, results):
    engines = usable(arguments.engines, "ort,ov")
    for model in arguments.models.split(",") if arguments.models else ["minilm-l6"]:
        compare.make_model(model)
        runners = {}
        try:
            for number in range(arguments.rounds):
                for fraction in PADDING:
                    work = padded_work(fraction)
                    said = f"{model}, {fraction:.0%} padding"
                    lengths = list(map(int, work.split("+")))
                    about = {"texts": len(lengths), "tokens": sum(lengths), "fraction": 1 - sum(lengths) / len(lengths) / max(lengths)}
                    results.add(number, bench(arguments, model, work), f"{said}, weft", **WEFT,
                                agrees=agreement(arguments.weft, model), **about)
                    for engine in list(engines):
                        if not ENGINES[engine].runs(FAMILIES[model]):
                            continue
                        request = {"work": work, "ways": ["padded"], "seconds": arguments.seconds}
                        rows = compare.ask(engine, model, runners, arguments.threads, request, arguments.patience)
                        if not results.add(number, rows, f"{said}, {engine}", **about):
                            engines.remove(engine)
        finally:
            for runner in runners.values():
                runner.end()


def bfloat16(arguments, results):
    engines = usable(arguments.engines, "ov-bf16")
    half = {**WEFT, "engine": "weft-bf16", "precision": "bfloat16", "agrees": True}  # its agreement is tested, not verified here
    for model in arguments.models.split(",") if arguments.models else ["bert-base"]:
        compare.make_model(model)
        runners, ways = {}, {}
        try:
            for work in (arguments.work or "b1s8,b1s128,b8s128,R").split(","):
                for number in range(arguments.rounds):
                    said = f"{model} {work}"
                    results.add(number, bench(arguments, model, work), f"{said}, weft", **WEFT, agrees=agreement(arguments.weft, model))
                    results.add(number, bench(arguments, model, work, "--numeric", "bfloat16"), f"{said}, weft-bf16", **half)
                    for engine in list(engines):
                        request = {"work": work, "ways": ways.get((engine, work), ways_of(work)), "seconds": arguments.seconds}
                        rows = compare.ask(engine, model, runners, arguments.threads, request, arguments.patience)
                        if not results.add(number, rows, f"{said}, {engine}"):
                            engines.remove(engine)
                        else:
                            ways[engine, work] = [min(rows, key=lambda row: row["median_ms"])["way"]]
        finally:
            for runner in runners.values():
                runner.end()


def variants(arguments, results):
    names = arguments.variants.split(",") if arguments.variants else list(VARIANTS)
    skipped = set()
    for number in range(arguments.rounds):
        for model in arguments.models.split(",") if arguments.models else ["bert-base", "minilm-l6"]:
            compare.make_model(model)
            for name in names:
                if name in skipped:
                    continue
                about = dict(VARIANTS[name])
                more = about.pop("arguments", [])
                rows = bench(arguments, model, arguments.work or "b1s8,b1s128,b8s128", *more, **about)
                facts = {**WEFT, "variant": name}
                if "--numeric" in more:
                    facts["precision"] = "bfloat16"  # which `weft verify` does not run
                else:
                    about.pop("threads", None)
                    facts["agrees"] = agreement(arguments.weft, model, **about)
                if not results.add(number, rows, f"{model}, {name}", **facts):
                    skipped.add(name)


KINDS = {"profiles": profiles, "lengths": lengths, "padding": padding, "variants": variants, "bfloat16": bfloat16}


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--models", help=f"of {', '.join(FAMILIES)}; by default what suits")
    parser.add_argument("--work", help="for profiles, variants and bfloat16; names as weft bench has them")
    parser.add_argument("--engines", help="for padding and bfloat16; by default ort,ov and ov-bf16; none where empty")
    parser.add_argument("--variants", help=f"of {', '.join(VARIANTS)}")
    parser.add_argument("--lengths", default=",".join(map(str, LENGTHS)), help="of texts, for lengths")
    parser.add_argument("--longest-full", type=int, default=8192, help="the longest text for full attention; 8192 by default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, help="3 by default, 1 for profiles and lengths")
    parser.add_argument("--seconds", type=float, default=1.5, help="for each figure and round, but at least seven passes")
    parser.add_argument("--patience", type=float, default=1800, help="seconds to wait for one answer")
    parser.add_argument("--results", type=pathlib.Path, default=HOME / "results.jsonl", help="where rows are appended; default %(default)s")
    parser.add_argument("--weft", type=pathlib.Path, default=ROOT / "build" / "release" / "bin" / "weft")
    arguments = parser.parse_args()
    if arguments.rounds is None:
        arguments.rounds = 1 if arguments.kind in ("profiles", "lengths") else 3
    known = {"models": FAMILIES, "variants": VARIANTS,
             "engines": [name for name in ENGINES if name not in WEFTS]}
    for kind, names in known.items():
        if unknown := [name for name in (getattr(arguments, kind) or "").split(",") if name and name not in names]:
            parser.error(f"--{kind}: {unknown[0]} is not one of {', '.join(names)}")
    try:
        if min(map(int, arguments.lengths.split(","))) < 1 or arguments.rounds < 1 or arguments.threads < 1:
            raise ValueError
    except ValueError:
        parser.error("--lengths, --rounds and --threads: wanted whole numbers of at least 1")
    if not arguments.weft.exists():
        sys.exit(f"weft: {arguments.weft} does not exist; ./dev build makes it, --weft names another")
    return arguments


def main():
    arguments = parsed()
    compare.say(f"{compare.MACHINE}; commit {compare.COMMIT}")
    KINDS[arguments.kind](arguments, Results(arguments.results, arguments.kind))
    compare.say(f"The rows are in {arguments.results}; scripts/peers/report.py {arguments.results} writes docs/performance.md.")


if __name__ == "__main__":
    main()
