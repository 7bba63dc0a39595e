#!/usr/bin/env python3
"""How forward passes are cut for 4 to 64 workers, without such a machine: builds tests/plans, which runs the real planning code of
every family, and prints its table. Fails where, with 128 rows or more for each worker, a region ends more than 10 % behind an even one."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "plans"
        subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O1", "-w", "-march=native", "-I", str(ROOT / "include"),
                        str(ROOT / "tests" / "plans" / "main.cpp"), "-o", str(program), "-pthread"], check=True)
        return subprocess.run([str(program)]).returncode


if __name__ == "__main__":
    sys.exit(main())
