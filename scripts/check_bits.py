#!/usr/bin/env python3
"""The same bits however the compiler may contract and optimise: builds each program of tests/bits with several flags
and compares the numbers that they print, one architecture at a time. --arm does so for 64-bit Arm, cross-compiled and
emulated, instead of this machine."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WAYS = [["-O2", "-ffp-contract=off"], ["-O3", "-ffp-contract=fast"]]
CLANG_WAYS = [["-O2", "-ffp-contract=off"], ["-O3", "-ffp-contract=fast"]]
ARCHITECTURES = [[], ["-march=native"]]
COMPILERS = [["g++"], ["clang++-14"]]
EMULATOR = []
if "--arm" in sys.argv[1:]:
    ARCHITECTURES = [[]]  # NEON is the baseline
    COMPILERS = [["aarch64-linux-gnu-g++"], ["clang++-14", "--target=aarch64-linux-gnu"]]
    EMULATOR = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]


def build_and_run(job):
    source, compiler, flags, folder, number = job
    program = pathlib.Path(folder) / f"bits{number}"
    done = subprocess.run([*compiler, "-std=c++20", "-w", *flags, "-I", str(ROOT / "include"), str(source), "-o", str(program), "-pthread"],
                          capture_output=True, text=True)
    if done.returncode:
        return "does not compile: " + done.stderr[:2000]
    return subprocess.run([*EMULATOR, str(program)], capture_output=True, text=True).stdout.strip()


def main():
    compilers = [c for c in COMPILERS if shutil.which(c[0])]
    sources = sorted((ROOT / "tests" / "bits").glob("*.cpp")) + sorted((ROOT / "tests" / "kernel_bits").glob("*.cpp"))
    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs, labels = [], []
        for source in sources:
            for architecture in ARCHITECTURES:
                for compiler in compilers:
                    for way in CLANG_WAYS if "clang" in compiler[0] else WAYS:
                        jobs.append((source, compiler, [*way, *architecture], folder, len(jobs)))
                        labels.append((source.parent.name, " ".join(architecture) or "baseline"))
        results = {}
        for label, job, said in zip(labels, jobs, pool.map(build_and_run, jobs)):
            results.setdefault(label, {}).setdefault(said, []).append(" ".join([*job[1], *job[2]]))
    for (source, architecture), answers in results.items():
        print(f"{source:12} {architecture:20} {' | '.join(answers)}")
        if len(answers) != 1 or "" in answers or any("compile" in a for a in answers):
            failed += 1
            for answer, ways in answers.items():
                print(f"    {answer or 'no output'}: {'; '.join(ways)}")
    print(f"bits: {len(jobs)} programs, {failed} architectures disagree")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
