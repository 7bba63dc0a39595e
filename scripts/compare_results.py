#!/usr/bin/env python3
"""Compares two sets of results and says what became slower.

    scripts/compare_results.py OLD NEW

Each is a file or a folder of files: JSON lines of ./dev peers and scripts/peers/measure.py, or JSON of Google Benchmark
as ./dev bench leaves it in build/bench. Rows meet by machine, model, work, threads and engine. What is compared is the
fraction of the nearer limit (or of the peak) where both have one, since it moves little with the machine's clock; the
time otherwise. A ratio above 1 means that NEW is better. A row is judged twice: by the median of its calls, which neighbours
on the machine change, and by its best call, which shows what the code can do, where both sides know it. It is a regression where
either lost more than the threshold and the spread together; the spread is the larger one of the two, the largest less the smallest
round over the median round.

Exit codes: 0 nothing lost, 1 something did, 2 there is nothing to compare."""
import argparse
import collections
import json
import pathlib
import statistics
import sys


class Unreadable(Exception):
    pass


def fraction_of(row):
    """Of the nearer limit or of the peak, whichever is known."""
    for name in ("fraction_of_limit", "of_limit", "fraction_of_peak", "of_peak"):
        if row.get(name):
            return row[name]
    if row.get("gflop") and row.get("peak_gflops"):  # other engines: the operations and the peak of weft's turn
        return row["gflop"] / row["median_ms"] / row["peak_gflops"] * 1e3
    return None


class Figure:
    """All rounds of one thing that was measured."""

    def __init__(self, rows):
        by_way = collections.defaultdict(list)  # of several ways of running the same work, the fastest
        for row in rows:
            by_way[row.get("way", "")].append(row)
        rows = min(by_way.values(), key=lambda way: statistics.median(row["median_ms"] for row in way))
        self.agrees = all(row.get("agrees", True) for row in rows)
        self.times = [row["median_ms"] for row in rows]
        self.best_times = [row["min_ms"] for row in rows] if all(row.get("min_ms") for row in rows) else None
        fractions = [fraction_of(row) for row in rows]
        self.fractions = fractions if all(fractions) else None

    def measured(self, fraction, best=False):
        """The median over rounds, and the spread, of the fractions or of the times; of the best call of each round."""
        times = self.best_times if best else self.times
        values = [f * middle / time for f, middle, time in zip(self.fractions, self.times, times)] if fraction else times
        middle = statistics.median(values)
        return middle, (max(values) - min(values)) / middle


def rows_of_benchmarks(content):
    """Google Benchmark's results as rows."""
    context = content.get("context", {})
    machine = context.get("machine") or f"{context.get('num_cpus', '?')} cores at {context.get('mhz_per_cpu', '?')} MHz"
    unit = {"ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1e3}
    for entry in content["benchmarks"]:
        if entry.get("run_type", "iteration") != "iteration" or entry.get("error_occurred"):
            continue
        yield {"machine": machine, "kind": "benchmark", "model": entry.get("run_name", entry["name"]), "run": context.get("date", ""),
               "median_ms": entry["real_time"] * unit[entry.get("time_unit", "ns")], "of_peak": entry.get("of_peak"),
               "of_limit": entry.get("of_limit"), "simd": context.get("architecture", "")}


def rows_of_file(file):
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as e:
        raise Unreadable(f"{file}: it cannot be read: {e}")
    try:
        content = json.loads(text)
    except ValueError:
        content = None  # one object a line, most likely
    if isinstance(content, dict) and "benchmarks" in content:
        return list(rows_of_benchmarks(content))
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"found {type(row).__name__}")
        except ValueError as e:
            raise Unreadable(f"{file}, line {number}: wanted an object of JSON a line, or what Google Benchmark writes: {e}")
        if isinstance(row.get("median_ms"), (int, float)) and row["median_ms"] > 0 and row.get("model"):
            rows.append(row)
    return rows


def rows_of(path):
    if path.is_dir():
        return [row for file in sorted(path.iterdir()) if file.suffix in (".json", ".jsonl") for row in rows_of_file(file)]
    return rows_of_file(path)


def key_of(row):
    return tuple(str(row.get(name, "")) for name in ("machine", "kind", "model", "work", "threads", "engine", "precision", "variant"))


def figures_of(rows):
    """{key: Figure}, of the latest run of each key."""
    latest, by = {}, collections.defaultdict(list)
    for row in rows:
        latest[key_of(row)] = max(latest.get(key_of(row), ""), row.get("run", ""))
    for row in rows:
        if row.get("run", "") == latest[key_of(row)]:
            by[key_of(row)].append(row)
    return {key: Figure(group) for key, group in by.items()}


def named(key):
    _, kind, model, work, threads, engine, precision, variant = key
    threads = f"{threads} thread{'s' * (threads != '1')}" if threads else ""
    return ", ".join(word for word in (model, work, variant, engine, precision if precision != "float32" else "", threads) if word)


def compared(old, new, threshold, only_fractions):
    """A line of the table, and a sentence where something was lost; or no line where they cannot be compared."""
    fraction = bool(old.fractions and new.fractions)
    if only_fractions and not fraction:
        return None, None
    line, faults = [], []
    rounds = max(len(old.times), len(new.times))
    for best in (False, True):
        if best and not (old.best_times and new.best_times):
            line += ["", ""]
            continue
        (before, spread_before), (after, spread_after) = old.measured(fraction, best), new.measured(fraction, best)
        ratio, spread = after / before if fraction else before / after, max(spread_before, spread_after)
        form = "{:.3f}" if fraction else "{:.4g} ms"
        line += [*([] if best else [form.format(before), form.format(after)]), f"{ratio:.3f}", f"{spread:.1%}" if rounds > 1 else "one round"]
        if ratio < 1 - threshold - spread:
            faults.append(f"{form.format(before)} {'of the limit' if fraction else 'of time'}{' in the best call' if best else ''} became "
                          f"{form.format(after)}, {1 - ratio:.1%} worse; the threshold is {threshold:.1%}, the spread {spread:.1%}")
    if old.agrees and not new.agrees:
        return line, "its results are no longer the reference's"
    return line, "; ".join(faults) or None


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--threshold", type=float, default=3, help="percent that may be lost beyond the spread; 3 by default")
    parser.add_argument("--engines", help="only these, with commas; benchmarks and variants have none")
    parser.add_argument("--across-machines", action="store_true",
                        help="meet rows of different machines; only fractions of limits are compared then")
    return parser.parse_args()


def main():
    arguments = parsed()
    try:
        old, new = figures_of(rows_of(arguments.old)), figures_of(rows_of(arguments.new))
    except Unreadable as e:
        print(f"weft: {e}", file=sys.stderr)
        return 2
    machines = [sorted({key[0] for key in figures}) for figures in (old, new)]
    if old and new and not set(machines[0]) & set(machines[1]):
        print(f"The results are of different machines: {', '.join(machines[0])} in {arguments.old}; {', '.join(machines[1])} in {arguments.new}.")
        if not arguments.across_machines:
            print("weft: times of different machines do not compare; --across-machines compares fractions of their limits", file=sys.stderr)
            return 2
    if arguments.across_machines:
        old, new = ({("", *key[1:]): figure for key, figure in figures.items()} for figures in (old, new))
    both = [key for key in old if key in new and (not arguments.engines or key[5] in arguments.engines.split(","))]
    table, lost = [], []
    for key in both:
        line, sentence = compared(old[key], new[key], arguments.threshold / 100, arguments.across_machines)
        if line:
            table.append((key, (named(key), *line)))
        if sentence:
            lost.append(f"{named(key)}: {sentence}.")
    if not table:
        print(f"weft: no row of {arguments.old} ({len(old)} rows) has its like in {arguments.new} ({len(new)} rows)", file=sys.stderr)
        return 2
    header = ("", "old", "new", "ratio", "spread", "best", "spread")
    widths = [max(len(line[i]) for line in [header, *(line for _, line in table)]) for i in range(len(header))]
    machine = None
    for key, line in table:
        if key[0] != machine:
            machine = key[0]
            print(machine or "different machines")
            print("  ".join(word.ljust(widths[i]) if i == 0 else word.rjust(widths[i]) for i, word in enumerate(header)))
        print("  ".join(word.ljust(widths[i]) if i == 0 else word.rjust(widths[i]) for i, word in enumerate(line)))
    if missing := [key for key in old if key not in new]:
        print(f"\nRows that were not measured again: {len(missing)}, the first of them {named(missing[0])}.")
    print(f"\nRows compared: {len(table)}; became worse: {len(lost)}.")
    print("\n".join(lost))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
