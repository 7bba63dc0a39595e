#!/usr/bin/env python3
"""Compiles every header alone, with every compiler found; floors below io also without exceptions and type
information. clang finds the libraries' headers precompiled, to save minutes; g++ finds nothing, so that an include that
is missing is missed. Exits 1 when one does not compile or warns."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from check_floors import FLOOR, HOUSE, OPTIONAL, ROOT

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Wpedantic", "-Werror", "-I", str(ROOT / "include"), "-x", "c++"]


LIBRARIES = "#include <xsimd/xsimd.hpp>\n#include <nlohmann/json.hpp>\n#include <string>\n#include <vector>\n"
BARE = ["-fno-exceptions", "-fno-rtti"]


def precompile(compiler, extra, folder):
    """Arguments that make clang read the libraries from a precompiled header."""
    source = pathlib.Path(folder) / ("bare.hpp" if extra else "full.hpp")
    source.write_text(LIBRARIES.replace("#include <nlohmann/json.hpp>\n", "") if extra else LIBRARIES)
    target = pathlib.Path(folder) / ("bare.pch" if extra else "full.pch")
    flags = [f for f in FLAGS if f not in ("-fsyntax-only", "-x", "c++")]
    subprocess.run([compiler, *flags, *extra, "-x", "c++-header", str(source), "-o", str(target)], check=True)
    return ["-include-pch", str(target)]


def compile_alone(job):
    compiler, name, extra = job
    done = subprocess.run([compiler, *FLAGS, *extra, "-"], input=f"#include <weft/{name}>\n", text=True,
                          capture_output=True)
    return job, done.returncode, done.stderr


def lacks_library(name):
    """Whether a header needs an optional library that is not installed."""
    need = [library for library, header in OPTIONAL.items() if header == name]
    return any(subprocess.run(["g++", "-E", "-x", "c++", "-"], input=f"#include <{library}_processor.h>\n", text=True,
                              capture_output=True).returncode for library in need)


def main():
    compilers = [c for c in (["g++", "clang++-14"] if len(sys.argv) < 2 else sys.argv[1:]) if shutil.which(c)]
    jobs, folder = [], tempfile.TemporaryDirectory()
    precompiled = {c: {bare: precompile(c, BARE if bare else [], folder.name) for bare in (False, True)}
                   for c in compilers if "clang" in c}
    for path in sorted(HOUSE.rglob("*.hpp")):
        name = path.relative_to(HOUSE).as_posix()
        if lacks_library(name):
            print(f"SKIPPED {name}: its library is not installed")
            continue
        floor = FLOOR.get(name.split("/")[0], 11)
        for compiler in compilers:
            bare = floor < 12
            jobs.append((compiler, name, (BARE if bare else []) + (precompiled[compiler][bare] if compiler in precompiled else [])))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (compiler, name, extra), code, text in pool.map(compile_alone, jobs):
            if code:
                failed += 1
                print(f"{name} does not compile alone with {compiler} {' '.join(extra)}:\n{text[:2000]}")
    print(f"headers alone: {len(jobs)} compilations, {failed} failed ({', '.join(compilers)})")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
