#!/usr/bin/env python3
"""Every header compiles alone with clang; with g++, which reads the same standard library, the headers of a room compile as
one file. Floors below io do so without exceptions and type information. To save minutes, clang finds what a header
includes anyway precompiled: the first of PRECOMPILED that the header reaches by its own includes, so that an include that
is missing is still missed. --alone gives every header a compilation of its own with every compiler, and nothing
precompiled. Exits 1 when one does not compile or warns."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from check_floors import FLOOR, HOUSE, OPTIONAL, ROOT, includes

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wshadow", "-Wpedantic", "-Werror", "-I", str(ROOT / "include")]
BARE = ("-fno-exceptions", "-fno-rtti")
COMPILERS = ["g++", "clang++-14"]
# What many headers reach and is slow to read, the largest first.
PRECOMPILED = ["io/load.hpp", "interop/as_xtensor.hpp", "io/tokenizer_json.hpp", "encoder/encoder.hpp", "io/safetensors.hpp",
               "io/json.hpp", "concept/bind.hpp", "simd/vector.hpp", "text/normalise.hpp", "memory/batch.hpp"]


def reached(header, found):
    """The house's headers that a header includes, directly or through others."""
    for _, target in includes(HOUSE / header):
        name = target.removeprefix("weft/")
        if name != target and name not in found:
            found.add(name)
            reached(name, found)
    return found


def precompile(folder, compiler, bare, header):
    """The arguments that make clang find a header precompiled; none where it does not compile, which its own compilation
    then reports. What it instantiates is instantiated there, once."""
    target = pathlib.Path(folder) / f"{header.replace('/', '_')}{''.join(bare)}.pch"
    done = subprocess.run([compiler, *FLAGS, *bare, "-fpch-instantiate-templates", "-x", "c++-header", "-", "-o", str(target)],
                          input=f"#include <weft/{header}>\n", text=True, capture_output=True)
    return ["-include-pch", str(target)] if done.returncode == 0 else []


def compile_together(compiler, bare, headers, arguments):
    return subprocess.run([compiler, *FLAGS, *bare, *arguments, "-fsyntax-only", "-x", "c++", "-"],
                          input="".join(f"#include <weft/{header}>\n" for header in headers), text=True, capture_output=True)


def lacks_library(header):
    """Whether a header needs an optional library that is not installed."""
    need = [library for library, headers in OPTIONAL.items() if header in headers]
    return any(subprocess.run(["g++", "-E", "-x", "c++", "-"], input=f"#include <{library}>\n", text=True,
                              capture_output=True).returncode for library in need)


def main():
    alone = "--alone" in sys.argv
    asked = [argument for argument in sys.argv[1:] if argument != "--alone"] or COMPILERS
    compilers = [compiler for compiler in asked if shutil.which(compiler)]
    files = {}  # what is compiled as one: compiler, flags, and a room or a header -> headers
    for path in sorted(HOUSE.rglob("*.hpp")):
        header = path.relative_to(HOUSE).as_posix()
        if lacks_library(header):
            print(f"SKIPPED {header}: its library is not installed")
            continue
        room = header.split("/")[0]
        for compiler in compilers:
            unit = header if alone or "clang" in compiler else room
            files.setdefault((compiler, BARE if FLOOR.get(room, 11) < 12 else (), unit), []).append(header)
    jobs = [(compiler, bare, headers, None if alone or "clang" not in compiler else
             next((other for other in PRECOMPILED if other in reached(headers[0], set())), None))
            for (compiler, bare, _), headers in files.items()]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        made = {key: pool.submit(precompile, folder, *key)
                for key in dict.fromkeys((compiler, bare, other) for compiler, bare, _, other in jobs if other)}

        def compile_job(job):  # waits for what it finds precompiled, which was asked for before it
            compiler, bare, headers, other = job
            return compile_together(compiler, bare, headers, made[compiler, bare, other].result() if other else [])

        for (compiler, bare, headers, _), done in zip(jobs, pool.map(compile_job, jobs)):
            if done.returncode:
                failed += 1
                print(f"{' '.join(headers)}: {' '.join([compiler, *bare])} does not compile it alone:\n{done.stderr[:2000]}")
    print(f"headers alone: {len(jobs)} compilations, {failed} failed ({', '.join(compilers)})")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
