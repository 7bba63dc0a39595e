#!/usr/bin/env python3
"""What a user's compiler pays, counted, or measured in units: tests/compile_cost/unit.cpp, which holds nothing of weft, compiled
in the same run by the same compiler with the same flags. One model's translation unit at -O2 with its SIMD kernels takes at most
ONE_MODEL units, by the instructions that it is compiled for, and an object of 1 MB; types of every kind of layer in one program
ALL_MODELS units, and no function of it takes more than 96 KiB of stack (threads may have 128). How many of weft's templates each family of model/all.hpp instantiates,
and all of them in one program, is compared with the reviewed baseline tests/compile_cost/instantiations.json: a
difference of more than 2 % fails. --write replaces the baseline; say in the commit why it moved."""
import concurrent.futures
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tests" / "compile_cost"
BASELINE = SOURCES / "instantiations.json"
# Every family with the numbers of its reference's default configuration, as model/all.hpp lists them.
LISTED = re.search(r"all_families\s*=\s*family_list<([^;]*)>;", (ROOT / "include" / "weft" / "model" / "all.hpp").read_text())[1]
FAMILIES = {name.removesuffix("_family"): f"weft::{name}::type<weft::{name}::numbers{{}}>" for name in re.findall(r"\w+", LISTED)}
CLANG = "clang++-14"
TOLERANCE = 0.02
STACK = 96 * 1024  # bytes of a function
# Units of processor time. AVX-512's kernels hold twice the rows in registers, and so much more code.
ONE_MODEL = {"": 4.5, "x86-64-v3": 4.5, "x86-64-v4": 6.3}
ALL_MODELS = 24.0  # for x86-64-v4, where frames are largest


def seconds_of(compiler, flags, source, target):
    """The processor seconds that a compilation takes; none where it fails."""
    child = subprocess.Popen([compiler, "-std=c++20", *flags, "-I", str(ROOT / "include"), "-c", str(SOURCES / source), "-o", str(target)])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    return None if status else usage.ru_utime + usage.ru_stime


def compile_one(job):
    """Whether a compilation costs no more than it may, and a line that says what it costs. The unit is measured before it and
    behind it, so that a machine that grows busier changes both."""
    compiler, flags, source, units, most_bytes = job
    with tempfile.TemporaryDirectory() as folder:
        target, other = pathlib.Path(folder) / "one.o", pathlib.Path(folder) / "unit.o"
        times = [seconds_of(compiler, flags, of, to) for of, to in (("unit.cpp", other), (source, target), ("unit.cpp", other))]
        if None in times:
            return False, f"{compiler:11} {' '.join(flags[:2]):18} {source:15} does not compile"
        size = target.stat().st_size
        usage_file = target.with_suffix(".su")  # "file:line:column:function<tab>bytes<tab>kind" a line
        frames = [line.split("\t") for line in usage_file.read_text().splitlines()] if usage_file.exists() else []
    largest = max(frames, key=lambda frame: int(frame[1]), default=None)
    took = 2 * times[1] / (times[0] + times[2])
    good = took <= units and (most_bytes is None or size <= most_bytes)
    line = f"{compiler:11} {' '.join(flags[:2]):18} {source:15} {took:5.2f} units (at most {units:g}; {times[1]:.1f} s)  {size / 1000:6.0f} kB"
    if "-fstack-usage" in flags:
        good = good and largest is not None and int(largest[1]) <= STACK
        line += f"  {int(largest[1]) if largest else 0} bytes of stack"
        if largest and int(largest[1]) > STACK:
            line += f" in {largest[0]}"
    return good, line


def instantiations(spec):
    """How many classes and functions of weft clang instantiates for one encoder without any -march; for all without a name.
    Nothing is compiled for that."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([CLANG, "-std=c++20", "-O0", "-ftime-trace", "-ftime-trace-granularity=0", "-I", str(ROOT / "include"), "-c",
                        "-Xclang", "-fsyntax-only", *([f"-DWEFT_ONE_SPEC={spec}"] if spec else []), str(SOURCES / "all_models.cpp"),
                        "-o", f"{folder}/one.o"], check=True)
        events = json.loads(pathlib.Path(f"{folder}/one.json").read_text())["traceEvents"]
    count = {"classes": 0, "functions": 0}
    for event in events:
        kind = {"InstantiateClass": "classes", "InstantiateFunction": "functions"}.get(event["name"])
        if kind and event["args"]["detail"].startswith("weft::"):
            count[kind] += 1
    return count


def main():
    compilers = [c for c in ("g++", CLANG) if shutil.which(c)]
    x86 = platform.machine() in ("x86_64", "AMD64")
    jobs = [("g++", ["-O2", "-march=x86-64-v4" if x86 else "-O2", "-fstack-usage"], "all_models.cpp", ALL_MODELS, None)]
    jobs += [(compiler, ["-O2", f"-march={level}"] if level else ["-O2"], "one_model.cpp", units, 1_000_000)
             for compiler in compilers for level, units in ONE_MODEL.items() if x86 or not level]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for good, line in pool.map(compile_one, jobs):
            failed += not good
            print(f"{line}  {'passed' if good else 'FAILED'}")
        wanted = {**FAMILIES, "all": None}
        counted = dict(zip(wanted, pool.map(instantiations, wanted.values()))) if CLANG in compilers else {}
    if "--write" in sys.argv:
        if not counted:
            sys.exit(f"weft: {CLANG} counts what is instantiated, and is not here")
        BASELINE.write_text(json.dumps(counted, indent=2) + "\n")
    baseline = json.loads(BASELINE.read_text())
    for family, kinds in counted.items():
        for kind, now in kinds.items():
            before = baseline.get(family, {}).get(kind, 0)
            good = abs(now - before) <= TOLERANCE * before
            failed += not good
            print(f"{family:14} {kind:9} {now:6} instantiated, baseline {before:6}  " +
                  ("passed" if good else "FAILED: if this is meant, run scripts/check_compile_cost.py --write"))
    print(f"compile cost: {len(jobs)} compilations, {2 * len(counted)} counts, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
