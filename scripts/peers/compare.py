#!/usr/bin/env python3
"""Times weft and other engines on the same models and work, in turns; ./dev peers runs it.

Every round runs every engine once, so that a slow minute of the machine meets all of them. A figure is the median over
the rounds of the medians over calls; the spread is the largest less the smallest over that. An engine whose results are
not the reference's is reported and does not count; one that cannot be installed, converted or run is reported and
skipped. Every row is appended to the results as a JSON line, with the machine, its peak in that round and the commit;
report.py makes tables and plots of them."""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import selectors
import signal
import subprocess
import sys

import report
from catalogue import ENGINES, FAMILIES, MODELS, PACKAGES, WEFTS, WORK
from workloads import EXPORTS, HOME, LOGS, MODELS as MODELS_FOLDER, ROOT, lengths_of, ways_of

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = HOME / "venv" / "bin" / "python"


def say(*words):
    print(*words, flush=True)


def quietly(command, log, **options):
    """Runs a command with its output in a log; the log's last line if it fails, otherwise nothing."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / log).open("w") as out:
        code = subprocess.run(list(map(str, command)), stdout=out, stderr=subprocess.STDOUT, **options).returncode
    if code == 0:
        return ""
    lines = [line.strip() for line in (LOGS / log).read_text(errors="replace").splitlines() if line.strip()]
    return f"{lines[-1][:200] if lines else f'exit {code}'} (see {LOGS / log})"


def install(group):
    """Installs a group of packages once; what went wrong, or nothing."""
    stamp = HOME / "venv" / f"installed-{group}.json"
    if stamp.exists() and json.loads(stamp.read_text()) == PACKAGES[group]:
        return ""
    say(f"installing {' '.join(PACKAGES[group])} ...")
    # Of llama.cpp, which is built from source, the library alone, for this machine.
    left_out = " ".join(f"-D{name}=OFF" for name in ("LLAVA_BUILD", "LLAMA_BUILD_COMMON", "LLAMA_BUILD_TESTS",
                                                     "LLAMA_BUILD_EXAMPLES", "LLAMA_BUILD_TOOLS"))
    wrong = quietly([PYTHON, "-m", "pip", "install", *PACKAGES[group]], f"install-{group}.log",
                    env={**os.environ, "CMAKE_ARGS": f"-DGGML_NATIVE=ON {left_out}"})
    if not wrong:
        stamp.write_text(json.dumps(PACKAGES[group]))
    return wrong


def set_up(engines):
    """The Python environment; the engines of those named that can be used."""
    if not PYTHON.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        if wrong := quietly([sys.executable, "-m", "venv", HOME / "venv"], "venv.log"):
            sys.exit(f"weft: no Python environment: {wrong}; Debian has it in the package python3-venv")
    if wrong := install("reference"):
        sys.exit(f"weft: the reference could not be installed: {wrong}")
    if wrong := install("plots"):
        say(f"report.py will draw no plots: {wrong}")
    usable, failed = [], {}
    for engine in engines:
        group = ENGINES[engine].packages
        if group not in failed:
            failed[group] = install(group)
        if failed[group]:
            say(f"{engine} is skipped: {failed[group]}")
        else:
            usable.append(engine)
    return usable


def make_model(model):
    if not (MODELS_FOLDER / model / "expected.safetensors").exists():
        say(f"making {model} and its expected results ...")
        if wrong := quietly([PYTHON, HERE / "models.py", model], f"make-{model}.log"):
            sys.exit(f"weft: {model} could not be made: {wrong}")


def export(engine, model, work):
    """The file that an engine reads; what went wrong, or nothing."""
    family = FAMILIES[model]
    kind = ENGINES[engine].export_for(family, lengths_of(work)[0])
    if not kind or (EXPORTS / model / kind).exists():
        return ""
    failed = EXPORTS / model / f"{kind}.failed"  # it is not tried again in this run
    if failed.exists() and failed.read_text().splitlines()[0] == RUN:
        return failed.read_text().splitlines()[1]
    say(f"converting {model}: {kind} ...")
    wrong = quietly([PYTHON, HERE / "export.py", model, kind], f"export-{model}-{kind}.log")
    if wrong:
        failed.parent.mkdir(parents=True, exist_ok=True)
        failed.write_text(f"{RUN}\n{wrong}\n")
    return wrong


class Peer:
    """An engine with a model in a process that lives through the rounds, and is stopped while others run."""

    def __init__(self, engine, model, threads):
        self.name = f"{engine}-{model}"
        counts = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = (LOGS / f"{self.name}.log").open("w")
        self.process = subprocess.Popen([PYTHON, HERE / "engines.py", engine, model, str(threads)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        env={**os.environ, **counts, "TOKENIZERS_PARALLELISM": "false"})
        self.process.send_signal(signal.SIGSTOP)

    def ask(self, request, patience):
        """The answer's rows, or a sentence."""
        self.process.send_signal(signal.SIGCONT)
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            with selectors.DefaultSelector() as ready:
                ready.register(self.process.stdout, selectors.EVENT_READ)
                if not ready.select(patience):
                    return f"no answer within {patience:.0f} seconds"
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return f"it ended with {self.process.wait()} (see {self.log.name})"
        self.process.send_signal(signal.SIGSTOP)
        answer = json.loads(line)
        return answer.get("rows") or f"{answer['failed']} (see {self.log.name})"

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


def environment_of(compiler="", flags=""):
    """What weft's programs compile types with; by default what they choose themselves."""
    return {**os.environ, **({"CXX": compiler} if compiler else {}), **({"CXXFLAGS": flags} if flags else {})}


class Weft:
    """weft's own program; its results are compared with the reference's by `weft verify`."""

    def __init__(self, name, program, model, threads):
        self.name, self.program, self.directory, self.threads = name, program, MODELS_FOLDER / model, threads
        self.numeric = WEFTS[name].numeric
        self.environment = environment_of(flags=WEFTS[name].flags)
        done = subprocess.run([program, "verify", self.directory, "--numeric", self.numeric], capture_output=True, text=True, env=self.environment)
        # weft's tolerance is 2e-5 of the largest value in float32, and half of it for int8.
        part = {"float32": 2e-5, "int8": 0.5}[ENGINES[name].precision if name in ENGINES else "float32"]
        said = re.findall(r"last_hidden\S* +error (\S+) +tolerance (\S+)", done.stdout)
        errors = [part * float(error) / float(tolerance) for error, tolerance in said]
        self.agreement = {"agrees": done.returncode == 0, "error": max(errors, default=None)}
        if done.returncode:
            say(f"{name} verify {model}: {(done.stdout + done.stderr).strip()[-300:]}")

    def ask(self, request, patience):
        try:
            done = subprocess.run([self.program, "bench", self.directory, "--work", request["work"], "--json",
                                   "--threads", str(self.threads), "--seconds", str(request["seconds"]), "--numeric", self.numeric],
                                  capture_output=True, text=True, timeout=patience, env=self.environment)
        except subprocess.TimeoutExpired:
            return f"no answer within {patience:.0f} seconds"
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode or not rows:
            return done.stderr.strip()[-300:]
        return [{"way": "ragged", "precision": "float32" if self.numeric == "float32" else "int8", **self.agreement, **row, "engine": self.name} for row in rows]

    def end(self):
        pass


def machine():
    """The processor and how many of its cores there are."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
        family = re.search(r"^cpu family\s*:\s*(\d+)$", text, re.MULTILINE)
        number = re.search(r"^model\s*:\s*(\d+)$", text, re.MULTILINE)
        name = found[1].strip() + (f" family {family[1]} model {number[1]}" if family and number else "")
    except (OSError, TypeError):
        name = platform.processor() or platform.machine()
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def compare_model(model, engines, threads, arguments, results):
    """All rounds of one model; appends the rows to the results."""
    engines = [engine for engine in engines if ENGINES[engine].runs(FAMILIES[model])]
    runners = {name: Weft(name, arguments.weft, model, threads) for name in WEFTS if name in ("weft", *engines)}
    try:
        for work in arguments.work.split(",") if arguments.work else WORK[model]:
            if FAMILIES[model] == "big_bird" and len(set(lengths_of(work))) > 1:
                say(f"{model} {work} is skipped: engines have a file for one length each")
                continue
            compare_work(model, work, runners, engines, threads, arguments, results)
    finally:
        for runner in runners.values():
            runner.end()


def compare_work(model, work, runners, engines, threads, arguments, results):
    """All rounds of one work. `runners` are those of the model so far; an engine's is made when it is first needed."""
    ways, usable = {}, ["weft", *engines]
    for number in range(arguments.rounds):
        figures, limits = [], {}
        for engine in list(usable):
            # The first round finds out which way of running ragged texts suits an engine best.
            request = {"work": work, "ways": ways.get(engine, ways_of(work)), "seconds": arguments.seconds}
            rows = ask(engine, model, runners, threads, request, arguments.patience)
            if isinstance(rows, str):
                say(f"{model} {work}: {engine} is skipped: {rows}")
                usable.remove(engine)
                if engine == "weft":
                    return
                continue
            best = min(rows, key=lambda row: row["median_ms"])
            if engine == "weft":
                limits = {name: best[name] for name in ("gflop", "peak_gflops", "best_peak_gflops", "read_gbytes")}
            else:
                ways[engine] = [best["way"]]
            least = min(row["min_ms"] for row in rows)
            figures.append(f"{engine} {best['median_ms']:.2f} (best call {least:.2f})" + ("" if best["agrees"] else " (DISAGREES)"))
            for row in rows:
                row = {"run": RUN, "commit": COMMIT, "machine": MACHINE, "round": number, **limits, **row}
                results.write(json.dumps(row) + "\n")
            results.flush()
        say(f"{model} {work}, {threads} threads, round {number + 1}, ms: {', '.join(figures)}; "
            f"peak {limits['peak_gflops']:.0f} GFLOP/s, at best {limits['best_peak_gflops']:.0f}")


def ask(engine, model, runners, threads, request, patience):
    """An engine's rows, or a sentence that says why there are none."""
    if wrong := export(engine, model, request["work"]) if engine not in WEFTS else "":
        return wrong
    if engine not in runners:
        runners[engine] = Peer(engine, model, threads)
    answer = runners[engine].ask(request, patience)
    if isinstance(answer, str) and engine not in WEFTS:
        runners.pop(engine).end()
    return answer


def parsed():
    every = ",".join(name for name, engine in ENGINES.items() if engine.alone)
    parser = argparse.ArgumentParser(prog="./dev peers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", default=every, help=f"of {', '.join(ENGINES)}; default {every}")
    parser.add_argument("--with-llama", action="store_true", help="llama.cpp too, which is built from source")
    parser.add_argument("--models", default=",".join(MODELS), help=f"of {', '.join(FAMILIES)}")
    parser.add_argument("--work", help="names as weft bench has them; by default what suits the model")
    parser.add_argument("--threads", default="2", help="a number, or several with commas; 2 by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="for each engine, work and round; 1.5 by default")
    parser.add_argument("--patience", type=float, default=900, help="seconds to wait for an engine's answer")
    parser.add_argument("--results", type=pathlib.Path, default=HOME / "results.jsonl",
                        help="where rows are appended; default %(default)s")
    parser.add_argument("--weft", type=pathlib.Path, default=ROOT / "build" / "release" / "bin" / "weft")
    arguments = parser.parse_args()
    for kind, known in (("engines", ENGINES), ("models", FAMILIES)):
        if unknown := [name for name in getattr(arguments, kind).split(",") if name and name not in known]:
            parser.error(f"--{kind}: {unknown[0]} is not one of {', '.join(known)}")
    try:
        for work in (arguments.work or "R").split(","):
            lengths_of(work)
        if min(map(int, arguments.threads.split(","))) < 1 or arguments.rounds < 1:
            raise ValueError("threads and rounds: wanted at least 1")
    except ValueError as e:
        parser.error(str(e))
    return arguments


def main():
    arguments = parsed()
    engines = [name for name in arguments.engines.split(",") if name]
    if arguments.with_llama and "llama" not in engines:
        engines.append("llama")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("weft: ended by a signal"))  # and so ends what it started
    engines = set_up(engines)
    say(f"{MACHINE}; commit {COMMIT}")
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    with arguments.results.open("a") as results:
        for model in arguments.models.split(","):
            make_model(model)
            for threads in map(int, arguments.threads.split(",")):
                compare_model(model, engines, threads, arguments, results)
    rows = [row for row in report.read([arguments.results]) if row["run"] == RUN]
    say("\n" + report.tables(rows))
    say(f"The rows are in {arguments.results}; scripts/peers/report.py {arguments.results} writes docs/performance.md.")


RUN = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
MACHINE, COMMIT = machine(), commit()

if __name__ == "__main__":
    main()
