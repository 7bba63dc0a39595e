#!/usr/bin/env python3
"""The same bits however the compiler may contract and optimise, and on every processor with a fused multiply-add: builds
each program of tests/bits with several flags and for several instruction sets, and compares the numbers that they print
with each other and with those of tests/bits/digests.json. The baseline of x86-64, which has none, has bits of its own.
--arm does so for 64-bit Arm, cross-compiled and emulated, instead of this machine."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WAYS = [["-O2", "-ffp-contract=off"], ["-O3", "-ffp-contract=fast"]]
CLANG_WAYS = [["-O2", "-ffp-contract=off"], ["-O3", "-ffp-contract=fast"]]
ARCHITECTURES = [[], ["-march=x86-64-v3"], ["-march=native"]]
COMPILERS = [["g++"], ["clang++-14"]]
EMULATOR = []
if "--arm" in sys.argv[1:]:
    ARCHITECTURES = [[]]  # NEON is the baseline
    COMPILERS = [["aarch64-linux-gnu-g++"], ["clang++-14", "--target=aarch64-linux-gnu"]]
    EMULATOR = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]


def flags_of(compiler, architecture):
    """Every way where the architecture is this machine's; one where it is another, which is compared with those."""
    ways = CLANG_WAYS if "clang" in compiler[0] else WAYS
    return [[*way, *architecture] for way in (ways if EMULATOR or "-march=native" in architecture else ways[1:])]


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
        jobs = [(source, compiler, flags, folder) for source in sources for architecture in ARCHITECTURES for compiler in compilers
                for flags in flags_of(compiler, architecture)]
        results = {}  # program, whether the promise holds for it -> digest -> how it was built
        for job, said in zip(jobs, pool.map(build_and_run, [(*job, number) for number, job in enumerate(jobs)])):
            digest, architecture, sums = said.split() if said.count(" ") == 2 else (said, "", "fused")
            results.setdefault((job[0].parent.name, sums == "fused"), {}).setdefault(digest, []).append(
                f"{architecture}: {' '.join([*job[1], *job[2]])}")
    wanted = json.loads((ROOT / "tests" / "bits" / "digests.json").read_text())
    for (program, fused), answers in results.items():
        print(f"{program:12} {'fused multiply-add' if fused else 'baseline':20} {' | '.join(answers)}")
        if len(answers) != 1 or fused and wanted[program] not in answers:
            failed += 1
            for answer, ways in answers.items():
                print(f"    {answer or 'no output'}: {'; '.join(ways)}")
            if fused:
                print(f"    {wanted[program]}: wanted, tests/bits/digests.json")
    print(f"bits: {len(jobs)} programs, {failed} disagree")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
