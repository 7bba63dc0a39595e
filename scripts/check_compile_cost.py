#!/usr/bin/env python3
"""One model's translation unit at -O2 with its SIMD kernels: at most 12 s of processor time and an object of 1 MB with
either compiler. The figures are printed; the limits are the only gate."""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECONDS, BYTES = 12.0, 1_000_000


def main():
    failed = 0
    for compiler in [c for c in ("g++", "clang++-14") if shutil.which(c)]:
        for flags in (["-O2", "-march=native"], ["-O2"]):
            with tempfile.TemporaryDirectory() as folder:
                target = pathlib.Path(folder) / "one.o"
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                done = subprocess.run([compiler, "-std=c++20", *flags, "-I", str(ROOT / "include"), "-c",
                                       str(ROOT / "tests" / "compile_cost" / "one_model.cpp"), "-o", str(target)])
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                size = os.path.getsize(target) if done.returncode == 0 else 0
                good = done.returncode == 0 and seconds <= SECONDS and size <= BYTES
                failed += not good
                print(f"{compiler:11} {' '.join(flags):18} {seconds:5.1f} s  {size / 1000:6.0f} kB  {'passed' if good else 'FAILED'}")
    print(f"compile cost: one model, at most {SECONDS:.0f} s and {BYTES // 1000} kB: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
