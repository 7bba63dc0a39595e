#!/usr/bin/env python3
"""Runs every fuzz target over its committed corpus and new inputs: --seconds each, or --runs inputs each."""
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


def run(job):
    program, limit = job
    name = program.name.removeprefix("fuzz_")
    corpus = ROOT / "tests" / "fuzz" / "corpus" / name
    with tempfile.TemporaryDirectory() as found:
        start = time.time()
        done = subprocess.run([str(program), *limit, "-max_len=4096", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
                               "-verbosity=1", f"-artifact_prefix={ROOT}/build/fuzz-{name}-", found, str(corpus)],
                              capture_output=True, text=True, errors="replace")
        executed = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
        return name, done.returncode, int(executed.group(1)) if executed else 0, time.time() - start, done.stderr[-3000:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seconds", type=int)
    arguments = parser.parse_args()
    limit = [f"-runs={arguments.runs}"] if arguments.runs else [f"-max_total_time={arguments.seconds or 5}"]
    programs = sorted(p for p in (ROOT / "build" / "fuzz" / "bin").glob("fuzz_*") if os.access(p, os.X_OK))
    if not programs:
        sys.exit("weft: no fuzz target was built")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, inputs, seconds, text in pool.map(run, [(p, limit) for p in programs]):
            print(f"{name}: {inputs:,} inputs in {seconds:.0f} s, {'passed' if code == 0 else 'FAILED'}", flush=True)
            if code:
                failed += 1
                print(text)
    print(f"fuzz: {len(programs)} targets, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
