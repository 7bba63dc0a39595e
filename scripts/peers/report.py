#!/usr/bin/env python3
"""Makes tables and plots of the results that compare.py and measure.py append.

    python report.py RESULTS.jsonl ...            writes docs/performance.md between its markers, and docs/pictures/
    python report.py --print RESULTS.jsonl ...    only prints the tables

Of every machine, model, number of threads and work the latest run counts, so that parts can be run again; ratios are of
one run always. Rows whose results are not the reference's do not count."""
import argparse
import collections
import json
import pathlib
import statistics
import sys

import measured
from catalogue import FAMILIES, WEFTS, Weft
from drawing import axes_of
from workloads import ROOT, lengths_of

PAGE, PICTURES = ROOT / "docs" / "performance.md", ROOT / "docs" / "pictures"
BEGIN, END = "<!-- written by scripts/peers/report.py: begin -->", "<!-- end -->"


def read(files):
    return [json.loads(line) for file in files for line in pathlib.Path(file).read_text().splitlines() if line.strip()]


class Cell:
    """The rows of one engine for one work, of one run: of several ways of running it, the fastest."""

    def __init__(self, rows):
        by_way = collections.defaultdict(list)
        for row in rows:
            by_way[row["way"]].append(row)
        self.rows = min(by_way.values(), key=lambda rows: statistics.median(row["median_ms"] for row in rows))
        times = [row["median_ms"] for row in self.rows]
        self.way, self.precision = self.rows[0]["way"], self.rows[0]["precision"]
        self.agrees = all(row["agrees"] for row in self.rows)
        self.ms = statistics.median(times)
        self.spread = (max(times) - min(times)) / self.ms
        self.best = min((row["min_ms"] for row in rows if row.get("min_ms")), default=self.ms)

    def median(self, key):
        values = [row[key] for row in self.rows if row.get(key) is not None]
        return statistics.median(values) if values else None

    def text(self):
        short = {"sorted": ", sorted", "one by one": ", one by one", "padded": "", "ragged": ""}[self.way]
        if not self.agrees:
            return "disagrees"
        digits = 2 if self.ms < 10 else 1 if self.ms < 100 else 0
        spread = f" ({self.spread:.0%})" if len(self.rows) > 1 else ""
        return f"{self.ms:,.{digits}f}{spread}{short if self.rows[0]['work'] == 'R' else ''}"


def in_order(works):
    """One text before several, short ones before long ones."""
    return sorted(set(works), key=lambda work: (len(lengths_of(work)), sum(lengths_of(work))))


def cells(rows):
    """{(machine, threads, model): {work: {engine: Cell}}}, of the latest run of each."""
    rows = [row for row in rows if not row.get("kind")]
    latest, by = {}, collections.defaultdict(list)
    for row in rows:
        key = row["machine"], row["threads"], row["model"], row["work"]
        latest[key] = max(latest.get(key, ""), row["run"])
    for row in rows:
        key = row["machine"], row["threads"], row["model"], row["work"]
        if row["run"] == latest[key]:
            by[key, row["engine"]].append(row)
    all_cells = {}
    for ((machine, threads, model, work), engine), group in by.items():
        all_cells.setdefault((machine, threads, model), {}).setdefault(work, {})[engine] = Cell(group)
    order = list(FAMILIES)
    for key, by_work in all_cells.items():
        all_cells[key] = {work: by_work[work] for work in in_order(by_work)}
    return dict(sorted(all_cells.items(), key=lambda item: (item[0][0], -item[0][1], order.index(item[0][2]))))


def best_peer(engines, precision="float32"):
    """The name and the cell of the fastest other engine in a precision."""
    peers = {name: cell for name, cell in engines.items()
             if name not in WEFTS and cell.precision == precision and cell.agrees}
    return min(peers.items(), key=lambda item: item[1].ms) if peers else (None, None)


def ratio(engines, which="weft"):
    """The time of the fastest peer in the same precision over weft's, in medians."""
    name, peer = best_peer(engines, engines[which].precision if which in engines else "float32")
    weft = engines.get(which)
    return (name, peer.ms / weft.ms) if name and weft and weft.agrees else (None, None)


def ratio_of_best_calls(engines, which="weft"):
    """The same of the best calls of each, where the fastest peer may be another."""
    weft = engines.get(which)
    peers = [cell.best for name, cell in engines.items() if weft and name not in WEFTS and cell.precision == weft.precision and cell.agrees]
    return min(peers) / weft.best if peers and weft and weft.agrees else None


def line(*columns):
    return "| " + " | ".join(columns) + " |"


def peak_of_best_peer(engines):
    """The fraction of the peak that the fastest float32 peer reached: weft counts the operations, in the same rounds."""
    _, peer = best_peer(engines)
    gflop, peak = (peer.median("gflop"), peer.median("peak_gflops")) if peer else (None, None)
    return gflop / peer.ms * 1e3 / peak if gflop and peak else None


def beside(engines, other):
    """weft's fraction of the peak over that with another model, of one run."""
    weft, base = engines.get("weft"), other.get("weft")
    if not weft or not base or weft.rows[0]["run"] != base.rows[0]["run"]:
        return None
    of, of_base = weft.median("fraction_of_peak"), base.median("fraction_of_peak")
    return of / of_base if of and of_base else None


def model_table(by_work, base=None):
    """`base`: the same of bert-base, for other models."""
    works = list(by_work)
    engines = list(dict.fromkeys(engine for group in by_work.values() for engine in group))
    rows = [line("", *works), line(*["---"] * (len(works) + 1))]
    for engine in engines:
        texts = [group[engine].text() if engine in group else "–" for group in by_work.values()]
        rows.append(line(engine + (", ms" if engine in WEFTS else ""), *texts))

    def figures(title, value, form="{:.2f}"):
        found = [value(group) for group in by_work.values()]
        if any(f is not None for f in found):
            rows.append(line(title, *("–" if f is None else form.format(f) for f in found)))

    def of(weft, key):
        return lambda group: group[weft].median(key) if weft in group else None

    figures("**best float32 peer / weft**", lambda group: ratio(group)[1], "**{:.2f}**")
    figures("the same in best calls", ratio_of_best_calls)
    figures("weft, of the FMA peak", of("weft", "fraction_of_peak"))
    figures("best float32 peer, of it", peak_of_best_peer)
    if base:
        ratios = {work: beside(group, base.get(work, {})) for work, group in by_work.items()}
        if any(ratios.values()):
            rows.append(line("weft's fraction of it, over bert-base's", *(f"{r:.2f}" if r else "–" for r in ratios.values())))
    figures("weft, of the nearer limit", of("weft", "fraction_of_limit"))
    for name in [name for name in WEFTS if name != "weft"]:
        precision = "float32" if WEFTS[name].numeric == "float32" else "int8"
        if precision != "float32":  # against weft compiled for the same instructions
            whole = next(n for n, w in WEFTS.items() if w == Weft(WEFTS[name].flags))
            figures(f"{whole} / {name}", lambda group: group[whole].ms / group[name].ms if {whole, name} <= set(group) else None)
        figures(f"best {precision} peer / {name}", lambda group: ratio(group, name)[1])
        figures(f"best {precision} peer / {name}, in best calls", lambda group: ratio_of_best_calls(group, name))
        if precision == "float32":
            figures(f"{name}, of its own FMA peak", of(name, "fraction_of_peak"))
        else:
            figures(f"{name}, largest difference, of the largest value", of(name, "error"), "{:.3f}")
    return "\n".join(rows)


def overview(all_cells, machine, threads):
    chosen = {model: by_work for (m, t, model), by_work in all_cells.items() if (m, t) == (machine, threads)}
    works = in_order(work for by_work in chosen.values() for work in by_work)
    rows = [line("best float32 peer / weft", *works), line(*["---"] * (len(works) + 1))]
    for model, by_work in chosen.items():
        texts = []
        for work in works:
            name, value = ratio(by_work.get(work, {}))
            texts.append(f"{value:.2f} ({name})" if name else "–")
        rows.append(line(model, *texts))
    return "\n".join(rows)


def spread_of(rows, key):
    values = sorted(row[key] for row in rows if row.get(key))
    return f"{statistics.median(values):.0f} ({values[0]:.0f} to {values[-1]:.0f})" if values else "unknown"


def tables(rows):
    all_cells, text = cells(rows), []
    for (machine, threads), own_rows in places(rows).items():
        own = [cell for (m, t, _), by_work in all_cells.items() if (m, t) == (machine, threads)
               for group in by_work.values() for cell in group.values()]
        used = [row for cell in own for row in cell.rows]
        weft = [row for row in used if row["engine"] == "weft"]
        versions = sorted({f"{row['engine']} {row['version']}" for row in used if row.get("version")})
        text.append(f"## {machine}, {threads} thread{'s' * (threads > 1)}\n")
        if not own:
            text.append(measured.tables(own_rows))
            continue
        text.append(f"FMA peak {spread_of(weft, 'peak_gflops')} GFLOP/s, read {spread_of(weft, 'read_gbytes')} GB/s, "
                    f"{weft[0]['simd'] if weft else '?'}; commit {', '.join(sorted({r['commit'] for r in used}))}; "
                    f"{', '.join(versions)}; {', '.join(sorted({r['run'][:10] for r in used}))}.\n")
        text.append(overview(all_cells, machine, threads) + "\n")
        for (m, t, model), by_work in all_cells.items():
            if (m, t) == (machine, threads):
                base = all_cells.get((machine, threads, "bert-base")) if model != "bert-base" else None
                text.append(f"**{model}**\n\n{model_table(by_work, base)}\n")
        if more := measured.tables(own_rows):
            text.append(more)
    return "\n".join(text)


def plot(title, ylabel, chosen, works, value, file, rule):
    with axes_of(file, title, ylabel=ylabel) as axes:
        for model, by_work in chosen.items():
            points = [(x, value(by_work[work])) for x, work in enumerate(works) if work in by_work]
            points = [(x, y) for x, y in points if y is not None]
            if points:
                axes.plot(*zip(*points), marker="o", label=model)
        axes.axhline(rule, color="black", linewidth=0.8)
        axes.set_xticks(range(len(works)), works)
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=9, ncols=2)


def places(rows):
    """The machines and numbers of threads, and the rows of each."""
    keys = dict.fromkeys((m, t) for m, t, _ in cells(rows))
    keys.update(dict.fromkeys((row["machine"], row["threads"]) for row in rows if row.get("kind") and row.get("variant") != "one thread"))
    return {(machine, threads): [row for row in rows if row["machine"] == machine and
                                 (row["threads"] == threads or row.get("kind") == "variants")] for machine, threads in keys}


def plots(rows):
    """Writes the plots; the markdown that shows them."""
    all_cells, shown = cells(rows), []
    for number, ((machine, threads), own_rows) in enumerate(places(rows).items()):
        chosen = {model: by_work for (m, t, model), by_work in all_cells.items() if (m, t) == (machine, threads)}
        works = in_order(work for by_work in chosen.values() for work in by_work)
        title = f"{machine}, {threads} thread{'s' * (threads > 1)}"
        pictures = {
            "ratio": ("best float32 peer's time over weft's", lambda group: ratio(group)[1]),
            "limit": ("weft's fraction of the nearer limit",
                      lambda group: group["weft"].median("fraction_of_limit") if "weft" in group else None),
        }
        for name, (ylabel, value) in pictures.items() if chosen else ():
            file = PICTURES / f"peers-{name}-{number + 1}.svg"
            plot(title, ylabel, chosen, works, value, file, 1)
            shown.append(f"![{ylabel}: {title}](pictures/{file.name})\n")
        for file, what in measured.pictures(own_rows, PICTURES, number + 1, title):
            shown.append(f"![{what}: {title}](pictures/{file.name})\n")
    return "\n".join(shown)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    parser.add_argument("--print", action="store_true", dest="only_print")
    arguments = parser.parse_args()
    rows = read(arguments.results)
    text = tables(rows)
    if arguments.only_print:
        print(text)
        return
    try:
        text += "\n" + plots(rows)
    except ImportError:
        print("matplotlib is not installed, so there are no plots", file=sys.stderr)
    page = PAGE.read_text()
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
