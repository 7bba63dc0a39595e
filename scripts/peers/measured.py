"""Tables and plots of what measure.py appends, and the roofline, which ./dev peers' own rows suffice for. Every function
takes the rows of one machine and number of threads."""
import collections
import statistics

from drawing import axes_of, plain_numbers


def latest(rows, *names):
    """{key: rows} by these names, of the latest run of each key."""
    runs, by = {}, collections.defaultdict(list)
    for row in rows:
        key = tuple(row.get(name) for name in names)
        runs[key] = max(runs.get(key, ""), row["run"])
    for row in rows:
        key = tuple(row.get(name) for name in names)
        if row["run"] == runs[key]:
            by[key].append(row)
    return by


def middle(rows, name):
    values = [row[name] for row in rows if row.get(name) is not None]
    return statistics.median(values) if values else None


def spread(rows, name="median_ms"):
    values = [row[name] for row in rows]
    return (max(values) - min(values)) / statistics.median(values)


def of_kind(rows, kind):
    """Rows whose results are not the reference's do not count."""
    return [row for row in rows if row.get("kind") == kind and row.get("agrees", True)]


def line(*columns):
    return "| " + " | ".join(columns) + " |"


def profile_tables(rows):
    """One table for each model: what takes at least a hundredth of the time."""
    text = []
    for (model, work), group in latest(of_kind(rows, "profiles"), "model", "work").items():
        row = min(group, key=lambda row: row["timed_ms"])  # the round that others disturbed least
        table = [line("part", "what", "ms", "share", "GFLOP/s", "of peak"), line(*["---"] * 2, *["---:"] * 4)]
        small = 0
        for part in row["parts"]:
            if part["share"] < 0.01:
                small += part["share"]
                continue
            speed = part["gflops"]
            known = speed > 0 and row["peak_gflops"] > 0
            table.append(line(part["part"] or "–", part["what"], f"{part['ms']:.3g}", f"{part['share']:.1%}",
                              f"{speed:.0f}" if speed > 0 else "", f"{speed / row['peak_gflops']:.2f}" if known else ""))
        if small:
            table.append(line("–", "all that takes less than 1 %", f"{small * row['timed_ms']:.3g}", f"{small:.1%}", "", ""))
        text.append(f"**{model}, {work}**: {row['timed_ms']:.3g} ms with timers, {row['plain_ms']:.3g} without; peak "
                    f"{row['peak_gflops']:.0f} GFLOP/s, {row['simd']}; commit {row['commit']}.\n\n" + "\n".join(table) + "\n")
    return "### Where the time goes\n\n" + "\n".join(text) if text else ""


def variant_table(rows):
    """Each variant's time as a ratio to the first one's of the same run, and its fraction of its own limit."""
    rows = of_kind(rows, "variants")
    by = latest(rows, "model", "work", "variant")
    if not by:
        return ""
    names = list(dict.fromkeys(name for _, _, name in by))
    works = list(dict.fromkeys((model, work) for model, work, _ in by))
    base = "g++ -O3" if "g++ -O3" in names else names[0]
    table = [line(f"time of {base} / time of the variant (of its own limit)", *names), line("---", *["---"] * len(names))]
    for model, work in works:
        cells = []
        for name in names:
            own = by.get((model, work, name))
            first = own and [row for row in rows if (row["model"], row["work"], row["variant"], row["run"]) ==
                             (model, work, base, own[0]["run"])]
            if not first:
                cells.append("–")
                continue
            time, limit = middle(own, "median_ms"), middle(own, "fraction_of_limit")
            ratio = f"{time:.3g} ms" if name == base else f"{middle(first, 'median_ms') / time:.2f}"
            cells.append(f"{ratio} ({limit:.2f})" + (f" ±{spread(own) / 2:.0%}" if len(own) > 1 else ""))
        table.append(line(f"{model}, {work}", *cells))
    simd = sorted({(row["variant"], row["simd"]) for group in by.values() for row in group})
    return ("### Compilers, flags, instructions\n\nThe limit of a variant is that of its own instructions and threads, measured in the "
            "same turns; bfloat16's peak is float32's. " + "; ".join(f"{name}: {what}" for name, what in simd) + ".\n\n" + "\n".join(table) + "\n")


def bfloat16_table(rows):
    """weft in both numbers, and the engines; of several ways of running ragged texts the fastest."""
    of_works = latest(of_kind(rows, "bfloat16"), "model", "work")
    if not of_works:
        return ""
    times = collections.defaultdict(dict)  # {(model, work): {engine: (ms, spread)}}, all of a work from one run
    for work, of_work in of_works.items():
        for (engine, _), group in latest(of_work, "engine", "way").items():
            found = middle(group, "median_ms"), spread(group)
            times[work][engine] = min(found, times[work].get(engine, found))
    works = list(times)
    table = [line("", *(f"{model}, {work}" for model, work in works)), line("---", *["---"] * len(works))]
    engines = list(dict.fromkeys(engine for of_work in times.values() for engine in of_work))
    for engine in engines:
        table.append(line(f"{engine}, ms", *(f"{times[w][engine][0]:.3g} ({times[w][engine][1]:.0%})" if engine in times[w] else "–"
                                             for w in works)))
    for engine in (name for name in engines if name != "weft-bf16"):
        table.append(line(f"**{engine} / weft-bf16**", *(f"**{times[w][engine][0] / times[w]['weft-bf16'][0]:.2f}**"
                                                         if {engine, "weft-bf16"} <= times[w].keys() else "–" for w in works)))
    return "### bfloat16\n\nWeights and products in bfloat16, sums in float32.\n\n" + "\n".join(table) + "\n"


def length_series(rows):
    """{name: {length: rows}}: weft with full attention and BigBird's, and what engines did with BigBird."""
    series = collections.defaultdict(dict)
    for (attention, length), group in latest(of_kind(rows, "lengths"), "attention", "length").items():
        series[f"weft, {attention}"][length] = group
    peers = [row for row in rows if not row.get("kind") and row["model"] == "bigbird-base" and row["engine"] in ("ov", "torch")
             and row["agrees"] and row["precision"] == "float32"]
    for (engine, work), group in latest(peers, "engine", "work").items():
        if work.startswith("b1s"):
            name = {"ov": "OpenVINO, BigBird", "torch": "Hugging Face eager, BigBird"}[engine]
            series[name][int(work[3:])] = group
    return {name: dict(sorted(points.items())) for name, points in sorted(series.items())} if of_kind(rows, "lengths") else {}


def length_table(rows):
    series = {name: points for name, points in length_series(rows).items() if name.startswith("weft")}
    if not series:
        return ""
    lengths = sorted({length for points in series.values() for length in points})
    table = [line("", *(f"{length:,}" for length in lengths)), line("---", *["---"] * len(lengths))]
    for name, points in series.items():
        def cells(value):
            return [value(points, length) if length in points else "–" for length in lengths]
        table.append(line(f"{name}, ms", *cells(lambda p, n: f"{middle(p[n], 'median_ms'):,.3g}" if middle(p[n], "median_ms") < 1000
                                                else f"{middle(p[n], 'median_ms'):,.0f}")))
        table.append(line(f"{name}, time / time at half the length", *cells(
            lambda p, n: f"{middle(p[n], 'median_ms') / middle(p[n // 2], 'median_ms'):.2f}" if n // 2 in p else "–")))
        table.append(line(f"{name}, MB of scratch and hidden states", *cells(lambda p, n: f"{middle(p[n], 'workspace_mb'):.0f}")))
    return "### Long texts\n\nBERT-base's shape with one text, full attention and BigBird's.\n\n" + "\n".join(table) + "\n"


def draw_lengths(rows, file, title, key, ylabel):
    series = length_series(rows)
    drawn = {name: [(n, middle(group, key)) for n, group in points.items() if middle(group, key)] for name, points in series.items()}
    drawn = {name: points for name, points in drawn.items() if points}
    if not drawn:
        return False
    with axes_of(file, title, "tokens of the text", ylabel) as axes:
        for name, points in drawn.items():
            axes.plot(*zip(*points), marker="o", label=name, linestyle="-" if name.startswith("weft") else "--")
        axes.set(xscale="log", yscale="log")
        plain_numbers(axes.xaxis, sorted({n for points in drawn.values() for n, _ in points}))
        plain_numbers(axes.yaxis)
        axes.tick_params(axis="x", labelrotation=30)
        axes.legend(fontsize=10)
    return True


def draw_padding(rows, file, title):
    """Tokens a second, those that are no padding."""
    rows = of_kind(rows, "padding")
    models = list(dict.fromkeys(row["model"] for row in rows))
    if not rows:
        return False
    with axes_of(file, title, "part of the rectangle that is padding, %", "tokens a second") as axes:
        for model in models:
            by = latest([row for row in rows if row["model"] == model], "engine", "work")
            for engine in dict.fromkeys(engine for engine, _ in by):
                points = sorted((100 * group[0]["fraction"], group[0]["tokens"] / middle(group, "median_ms") * 1e3)
                                for (name, _), group in by.items() if name == engine)
                label = f"{engine}{', ragged' if engine == 'weft' else ', padded'}" + (f", {model}" if len(models) > 1 else "")
                axes.plot(*zip(*points), marker="o", label=label, linestyle="-" if engine == "weft" else "--")
        axes.set_ylim(bottom=0)
        plain_numbers(axes.yaxis)
        axes.legend(fontsize=10)
    return True


def weights_of(rows):
    """{model: bytes of weights}: as said, or where reading them was the nearer limit, from the time that it would take."""
    found = {}
    for row in rows:
        if row.get("weights_mb"):
            found[row["model"]] = row["weights_mb"] * 1e6
        elif row["fraction_of_limit"] > row["fraction_of_peak"] + 1e-3:
            found.setdefault(row["model"], row["fraction_of_limit"] * row["read_gbytes"] * row["median_ms"] * 1e6)
    return found


def draw_roofline(rows, file, title):
    """Operations a second against operations for each byte of weights."""
    rows = [row for row in rows if not row.get("kind") and row["engine"] == "weft" and row["agrees"] and row["precision"] == "float32"]
    weights = weights_of(rows)
    rows = [row for row in rows if row["model"] in weights and row["peak_gflops"]]
    if not rows:
        return False
    peak, read = middle(rows, "peak_gflops"), middle(rows, "read_gbytes")
    with axes_of(file, title, "operations for each byte of weights", "GFLOP/s") as axes:
        right = 1
        by = latest(rows, "model", "work")
        for i, model in enumerate(dict.fromkeys(model for model, _ in by)):
            points = [(middle(group, "gflop") * 1e9 / weights[model], middle(group, "gflop") / middle(group, "median_ms") * 1e3)
                      for (name, _), group in by.items() if name == model]
            right = max(right, *(x for x, _ in points))
            axes.plot(*zip(*points), linestyle="", marker="osD^vPX<>"[i % 9], markersize=6, label=model)
        knee = peak / read
        axes.plot([1, knee, right * 1.5], [read, peak, peak], color="black", linewidth=1.2)
        axes.annotate(f"peak {peak:.0f} GFLOP/s", (right * 1.5, peak), ha="right", va="bottom", fontsize=10)
        axes.annotate(f"weights read at {read:.0f} GB/s", (knee / 5, peak / 5), ha="left", va="top", fontsize=10,
                      xytext=(8, -2), textcoords="offset points")
        axes.set(xscale="log", yscale="log", xlim=(1, right * 1.6), ylim=(read, peak * 1.5))
        plain_numbers(axes.xaxis)
        plain_numbers(axes.yaxis, [value for value in (10, 20, 50, 100, 200, 500, 1000, 2000) if read <= value <= peak * 1.5])
        axes.legend(fontsize=9, ncols=2, loc="lower right")
    return True


def tables(rows):
    return "\n".join(text for text in (profile_tables(rows), variant_table(rows), bfloat16_table(rows), length_table(rows)) if text)


def pictures(rows, folder, number, title):
    """Draws what the rows suffice for: (file, what it shows)."""
    wanted = {
        "roofline": ("attained speed and the machine's limits", draw_roofline),
        "length-time": ("time by length", lambda *all: draw_lengths(*all, "median_ms", "ms")),
        "length-memory": ("scratch and hidden states by length", lambda *all: draw_lengths(*all, "workspace_mb", "MB")),
        "padding": ("tokens a second by padding", draw_padding),
    }
    for name, (what, draw) in wanted.items():
        file = folder / f"peers-{name}-{number}.svg"
        if draw(rows, file, title):
            yield file, what
