#!/usr/bin/env python3
"""What holds under -ffast-math and its parts: results differ by rounding only, NaN stays NaN, integers stay the same.
Builds tests/fast_math with such flags and without, and compares the numbers that the programs print, one architecture
at a time. --long takes every flag with every compiler and architecture instead of one for each of them."""
import concurrent.futures
import math
import os
import struct
import sys
import tempfile

from check_bits import ROOT, build_and_run

ARCHITECTURES = [[], ["-march=x86-64-v3"], ["-march=native"]]
COMPILERS = [["g++"], ["clang++-14"]]
SOURCE = ROOT / "tests" / "fast_math" / "main.cpp"
ASSOCIATIVE = ["-O2", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"]
FLAGS = [["-O2", "-ffast-math"], ["-Ofast"], ["-O2", "-funsafe-math-optimizations"], ASSOCIATIVE, ["-O2", "-ffinite-math-only"],
         ["-O2", "-freciprocal-math"]]
FEW = [(COMPILERS[0], ["-Ofast"], ARCHITECTURES[0]), (COMPILERS[0], ["-O2", "-ffast-math"], ARCHITECTURES[-1]),
       (COMPILERS[-1], ASSOCIATIVE, ARCHITECTURES[0]), (COMPILERS[-1], ["-O2", "-ffast-math"], ARCHITECTURES[-1])]
TOLERANCE = 2e-5  # of numbers around 1


def difference(found, wanted):
    """Empty, or in which line two programs' numbers differ by more than they may."""
    if len(found.splitlines()) != len(wanted.splitlines()):
        return found[:2000] or "no output"
    for line, reference in zip(found.splitlines(), wanted.splitlines()):
        name, *numbers = line.split()
        if name[0] == "=" and line != reference:
            return f"{name} is not the same"
        if name[0] != "~":
            continue
        for place, bits in enumerate(zip(numbers, reference.split()[1:])):
            a, b = (struct.unpack("<f", struct.pack("<I", int(one, 16)))[0] for one in bits)
            same = math.isnan(a) and math.isnan(b) or a == b or abs(a - b) <= TOLERANCE * max(1, abs(b)) < math.inf
            if not same:
                return f"{name}, number {place}: {a}, without the flags {b}"
    return ""


def main():
    ways = FEW
    if "--long" in sys.argv[1:]:
        ways = [(compiler, flags, architecture) for compiler in COMPILERS for flags in FLAGS for architecture in ARCHITECTURES]
    compared = [architecture for architecture in ARCHITECTURES if any(way[2] == architecture for way in ways)]
    jobs = [(COMPILERS[0], ["-O2"], architecture) for architecture in compared] + ways
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(build_and_run, [(SOURCE, compiler, [*flags, *architecture], folder, number)
                                             for number, (compiler, flags, architecture) in enumerate(jobs)]))
    references = {tuple(architecture): answer for (_, _, architecture), answer in zip(jobs, said[:len(compared)])}
    failed = sum("~exp " not in answer for answer in references.values())
    for (compiler, flags, architecture), answer in list(zip(jobs, said))[len(compared):]:
        problem = difference(answer, references[tuple(architecture)])
        failed += bool(problem)
        print(f"{' '.join([*compiler, *flags, *architecture])}: {'FAILED: ' + problem if problem else 'within rounding'}")
    print(f"fast math: {len(jobs)} programs, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
