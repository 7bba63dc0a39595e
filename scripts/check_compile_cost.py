#!/usr/bin/env python3
"""What a user's compiler pays. One model's translation unit at -O2 with its SIMD kernels: at most 12 s of processor time
and an object of 1 MB with either compiler; every published type in one program: at most 60 s, and no function of it takes
more than 96 KiB of stack (threads may have 128). How many of weft's
templates each family instantiates is compared with the reviewed baseline tests/compile_cost/instantiations.json: a
difference of more than 2 % fails. --write replaces the baseline; say in the commit why it moved."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tests" / "compile_cost"
BASELINE = SOURCES / "instantiations.json"
FAMILIES = ["bert_base", "electra_small", "convbert_base", "bigbird_base", "mobilebert"]
CLANG = "clang++-14"
TOLERANCE = 0.02
STACK = 96 * 1024  # bytes of a function


def compile_one(job):
    """What was compiled, the processor seconds it took, the object's size (0 where it failed), and the largest frame of
    a function, where the compiler was asked for it."""
    compiler, flags, source, seconds, most_bytes = job
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "one.o"
        child = subprocess.Popen([compiler, "-std=c++20", *flags, "-I", str(ROOT / "include"), "-c", str(SOURCES / source),
                                  "-o", str(target)])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        took = usage.ru_utime + usage.ru_stime
        size = target.stat().st_size if status == 0 else 0
        usage_file = target.with_suffix(".su")  # "file:line:column:function<tab>bytes<tab>kind" a line
        frames = [line.split("\t") for line in usage_file.read_text().splitlines()] if usage_file.exists() else []
    largest = max(frames, key=lambda frame: int(frame[1]), default=None)
    good = status == 0 and took <= seconds and (most_bytes is None or size <= most_bytes)
    line = f"{compiler:11} {' '.join(flags[:2]):18} {source:15} {took:5.1f} s  {size / 1000:6.0f} kB"
    if "-fstack-usage" in flags:
        good = good and largest is not None and int(largest[1]) <= STACK
        line += f"  {int(largest[1]) if largest else 0} bytes of stack"
        if largest and int(largest[1]) > STACK:
            line += f" in {largest[0]}"
    return good, line


def instantiations(family):
    """How many classes and functions of weft clang instantiates for one encoder without any -march."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([CLANG, "-std=c++20", "-O0", "-ftime-trace", "-ftime-trace-granularity=0", "-I", str(ROOT / "include"),
                        f"-DWEFT_ONE_SPEC=weft::{family}", "-c", str(SOURCES / "all_models.cpp"), "-o", f"{folder}/one.o"], check=True)
        events = json.loads(pathlib.Path(f"{folder}/one.json").read_text())["traceEvents"]
    count = {"classes": 0, "functions": 0}
    for event in events:
        kind = {"InstantiateClass": "classes", "InstantiateFunction": "functions"}.get(event["name"])
        if kind and event["args"]["detail"].startswith("weft::"):
            count[kind] += 1
    return count


def main():
    compilers = [c for c in ("g++", CLANG) if shutil.which(c)]
    jobs = [("g++", ["-O2", "-march=native", "-fstack-usage"], "all_models.cpp", 60.0, None)]
    jobs += [(compiler, flags, "one_model.cpp", 12.0, 1_000_000)
             for compiler in compilers for flags in (["-O2", "-march=native"], ["-O2"])]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for good, line in pool.map(compile_one, jobs):
            failed += not good
            print(f"{line}  {'passed' if good else 'FAILED'}")
        counted = dict(zip(FAMILIES, pool.map(instantiations, FAMILIES))) if CLANG in compilers else {}
    if "--write" in sys.argv:
        BASELINE.write_text(json.dumps(counted, indent=2) + "\n")
    baseline = json.loads(BASELINE.read_text())
    for family, kinds in counted.items():
        for kind, now in kinds.items():
            before = baseline[family][kind]
            good = abs(now - before) <= TOLERANCE * before
            failed += not good
            print(f"{family:14} {kind:9} {now:6} instantiated, baseline {before:6}  " +
                  ("passed" if good else "FAILED: if this is meant, run scripts/check_compile_cost.py --write"))
    print(f"compile cost: {len(jobs)} compilations, {2 * len(counted)} counts, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
