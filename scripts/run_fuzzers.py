#!/usr/bin/env python3
"""Runs every fuzz target over its committed corpus and new inputs.

--seconds N: with the address and undefined behaviour sanitizers, N seconds each.
--runs N: N inputs each without sanitizers, which is four times as fast; then every input that reached new code once more
with them."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SETTINGS = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=3000", "-print_final_stats=1", "-verbosity=1"]


def execute(program, *arguments):
    name = program.name.removeprefix("fuzz_")
    done = subprocess.run([str(program), *SETTINGS, f"-artifact_prefix={ROOT}/build/fuzz-{name}-", *map(str, arguments)],
                          capture_output=True, text=True, errors="replace")
    executed = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    return done.returncode, int(executed.group(1)) if executed else 0, done.stderr[-3000:]


def run(job):
    name, runs, seconds = job
    sanitized, plain = (ROOT / "build" / p / "bin" / f"fuzz_{name}" for p in ("fuzz", "fuzz-long"))
    corpus = ROOT / "tests" / "fuzz" / "corpus" / name
    start = time.time()
    with tempfile.TemporaryDirectory() as found:
        if not runs:
            code, inputs, text = execute(sanitized, f"-max_total_time={seconds}", found, corpus)
            return name, code, inputs, 0, time.time() - start, text
        code, inputs, text = execute(plain, f"-runs={runs}", "-max_len=1024", found, corpus)
        replayed = 0
        if code == 0:
            code, replayed, text = execute(sanitized, "-runs=0", found, corpus)
        return name, code, inputs, replayed, time.time() - start, text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("names", nargs="*", help="only these targets")
    arguments = parser.parse_args()
    names = sorted(p.name.removeprefix("fuzz_") for p in (ROOT / "build" / "fuzz" / "bin").glob("fuzz_*") if os.access(p, os.X_OK))
    if not names:
        sys.exit("weft: no fuzz target was built")
    for name in arguments.names:
        if name not in names:
            sys.exit(f"weft: no fuzz target '{name}' was built; there are {', '.join(names)}")
    names = arguments.names or names
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, inputs, replayed, seconds, text in pool.map(run, [(n, arguments.runs, arguments.seconds or 5) for n in names]):
            again = f", {replayed:,} of them again with sanitizers" if replayed else ""
            print(f"{name}: {inputs:,} inputs{again} in {seconds:.0f} s, {'passed' if code == 0 else 'FAILED'}", flush=True)
            if code:
                failed += 1
                print(text)
    print(f"fuzz: {len(names)} targets, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
