#!/usr/bin/env python3
"""The same bits however the compiler may contract and optimise, and on every processor with a fused multiply-add: builds
the programs of tests/*bits with several flags and for several instruction sets, and compares the numbers that they print,
a line each, with each other and with those of tests/bits/digests.json. The baseline of x86-64, which has none, has bits of its own.
A program ends with a sentence and exit code 1 where workers or the plain twin disagree with it.
Each compiler and each instruction set in one way; with --long in every way.
--arm does so for 64-bit Arm, cross-compiled and emulated, instead of this machine: in one way of g++; with --long in every way of
both compilers. --long takes every family and every crossing,
too, clang 16 and 19 as well, and x86-64-v4 where this processor has it. --write keeps what this machine computes as the digests that
are wanted: with another number in base/same_bits.hpp, unless they are of new programs."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WANTED = ROOT / "tests" / "bits" / "digests.json"
ARM, LONG, WRITE = (flag in sys.argv[1:] for flag in ("--arm", "--long", "--write"))
PROGRAMS = ["bits", "kernel_bits", *(["family_bits", "crossing_bits"] if LONG or WRITE else [])]
WAYS = [["-O2", "-ffp-contract=off"], ["-O3", "-ffp-contract=fast"]]
ARCHITECTURES = [[], ["-march=x86-64-v3"], ["-march=native"]]
COMPILERS = [["g++"], ["clang++-14"], *([["clang++-16"], ["clang++-19"]] if LONG else [])]
EMULATOR = []
if ARM:
    ARCHITECTURES = [[]]  # NEON is the baseline
    COMPILERS = [["aarch64-linux-gnu-g++"], ["clang++-14", "--target=aarch64-linux-gnu"]]
    EMULATOR = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
elif LONG:
    fourth = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
    flags = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    if flags and fourth <= set(flags.group(1).split()):
        ARCHITECTURES.append(["-march=x86-64-v4"])
    else:
        print("SKIPPED: x86-64-v4, which this processor has not, nor has Debian's emulator")
if WRITE:
    ARCHITECTURES, COMPILERS, WAYS = [["-march=x86-64-v3"]], [["g++"]], [["-O2"]]


def ways_of(compiler, architecture):
    """With --long every way where the architecture is this machine's, and one where it is another, of every compiler."""
    if ARM and not LONG:
        return [] if "clang" in compiler[0] else WAYS[1:]
    if not (WRITE or LONG):  # g++ for each architecture, clang 14 in the other way for this machine's
        by_clang = compiler != COMPILERS[0]
        if by_clang and "-march=native" not in architecture:
            return []
        return [[*WAYS[0 if by_clang else 1], *architecture]]
    return [[*way, *architecture] for way in (WAYS if EMULATOR or WRITE or "-march=native" in architecture else WAYS[1:])]


def build_and_run(job):
    """What a program prints; a sentence where it does not compile, or fails."""
    source, compiler, flags, folder, number = job
    program = pathlib.Path(folder) / f"bits{number}"
    done = subprocess.run([*compiler, "-std=c++20", "-w", *flags, "-I", str(ROOT / "include"), "-I", str(ROOT / "tests"),
                           str(source), "-o", str(program), "-pthread"], capture_output=True, text=True)
    if done.returncode:
        return "does not compile: " + done.stderr[:2000]
    done = subprocess.run([*EMULATOR, str(program)], capture_output=True, text=True)
    program.unlink()
    return done.stdout.strip() if done.returncode == 0 else f"exit {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}"


def read_digests(said):
    """{line: digest}, architecture, whether products and sums are fused; nothing where it is a sentence."""
    lines = [line.split() for line in said.splitlines()]
    if not lines or any(len(line) != 2 for line in lines) or lines[-1][1] not in ("fused", "apart"):
        return None
    return dict(lines[:-1]), lines[-1][0], lines[-1][1] == "fused"


def main():
    compilers = [c for c in COMPILERS if shutil.which(c[0])]
    for missing in (c[0] for c in COMPILERS if not shutil.which(c[0])):
        print(f"SKIPPED: {missing}, which is not here")
    wanted = json.loads(WANTED.read_text())
    faults, results = [], {}  # line, whether sums are fused -> digest -> how it was built
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(ROOT / "tests" / name / "main.cpp", compiler, way, folder) for name in PROGRAMS for architecture in ARCHITECTURES for compiler in compilers
                for way in ways_of(compiler, architecture)]
        for job, said in zip(jobs, pool.map(build_and_run, [(*job, number) for number, job in enumerate(jobs)])):
            how, name, read = " ".join([*job[1], *job[2]]), job[0].parent.name, read_digests(said)
            if read is None:
                faults.append(f"{name}: {how}: {said or 'no output'}")
                continue
            digests, architecture, fused = read
            for line, digest in digests.items():
                results.setdefault((f"{name}/{line}", fused), {}).setdefault(digest, []).append(f"{architecture}: {how}")
    for (line, fused), answers in results.items():
        print(f"{line:40} {'fused multiply-add' if fused else 'baseline':20} {' | '.join(answers)}  ({sum(map(len, answers.values()))} builds)")
        if WRITE:
            wanted[line] = next(iter(answers))
        elif len(answers) != 1 or fused and wanted.get(line) not in answers:
            faults.append("\n".join([f"{line}:", *(f"    {answer}: {'; '.join(ways)}" for answer, ways in answers.items()),
                                     *([f"    {wanted.get(line)}: wanted, tests/bits/digests.json"] if fused else [])]))
    if WRITE:
        WANTED.write_text(json.dumps(dict(sorted(wanted.items())), indent=1) + "\n")
    print("\n".join(faults))
    print(f"bits: {len(jobs)} programs, {len(results)} digests, {len(faults)} disagree")
    return 1 if faults or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
