#!/usr/bin/env python3
"""Compiles every header alone, with every compiler found; floors below io also without exceptions and type
information. The rooms above io, whose headers reach nearly all others, g++ compiles as one file a room. To save minutes, g++ finds a library's header precompiled, but only for headers that reach that library by
their own includes, so that an include that is missing is still missed; clang finds all of them always. Exits 1 when
one does not compile or warns."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from check_floors import FLOOR, HOUSE, OPTIONAL, ROOT

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Wpedantic", "-Werror", "-I", str(ROOT / "include"), "-x", "c++"]


XSIMD, JSON = "#include <xsimd/xsimd.hpp>\n", "#include <nlohmann/json.hpp>\n"
BARE = ["-fno-exceptions", "-fno-rtti"]
TOGETHER = ("pipeline", "program", "picture", "testing", "interop")  # the last of the house's floors


def libraries_reached(name, seen):
    """The lines of a house header, and of all house headers that it includes, that include a library."""
    if name in seen:
        return set()
    seen.add(name)
    reached = set()
    for line in (HOUSE / name).read_text().splitlines():
        if line.startswith("#include <weft/"):
            reached |= libraries_reached(line.split("<weft/")[1].split(">")[0], seen)
        elif line + "\n" in (XSIMD, JSON):
            reached.add(line + "\n")
    return reached


class Precompiled:
    """The arguments that make a compiler read some libraries from a precompiled header, which is made when first asked for."""

    def __init__(self, folder):
        self.folder, self.made = pathlib.Path(folder), {}

    def arguments(self, compiler, bare, libraries):
        key = (compiler, bare, libraries)
        if libraries and key not in self.made:
            source = self.folder / f"libraries_{len(self.made)}.hpp"
            source.write_text(libraries)
            flags = [f for f in FLAGS if f not in ("-fsyntax-only", "-x", "c++")]
            clang = "clang" in compiler
            target = source.with_name(source.name + (".pch" if clang else ".gch"))
            subprocess.run([compiler, *flags, *bare, "-x", "c++-header", str(source), "-o", str(target)], check=True)
            self.made[key] = ["-include-pch", str(target)] if clang else ["-include", str(source)]
        return self.made.get(key, [])


def compile_alone(job):
    compiler, names, extra = job
    done = subprocess.run([compiler, *FLAGS, *extra, "-"], input="".join(f"#include <weft/{name}>\n" for name in names.split()),
                          text=True, capture_output=True)
    return job, done.returncode, done.stderr


def lacks_library(name):
    """Whether a header needs an optional library that is not installed."""
    need = [library for library, headers in OPTIONAL.items() if name in headers]
    return any(subprocess.run(["g++", "-E", "-x", "c++", "-"], input=f"#include <{library}>\n", text=True,
                              capture_output=True).returncode for library in need)


def main():
    compilers = [c for c in (["g++", "clang++-14"] if len(sys.argv) < 2 else sys.argv[1:]) if shutil.which(c)]
    jobs, rooms, folder = [], {}, tempfile.TemporaryDirectory()
    precompiled = Precompiled(folder.name)
    for path in sorted(HOUSE.rglob("*.hpp")):
        name = path.relative_to(HOUSE).as_posix()
        if lacks_library(name):
            print(f"SKIPPED {name}: its library is not installed")
            continue
        floor = FLOOR.get(name.split("/")[0], 11)
        bare = BARE if floor < 12 else []
        for compiler in compilers:
            libraries = "".join(sorted(libraries_reached(name, set())))
            if "clang" not in compiler and name.split("/")[0] in TOGETHER:
                rooms.setdefault((compiler, name.split("/")[0]), []).insert(0, name)
                continue
            if "clang" in compiler:
                libraries = XSIMD + ("" if bare else JSON) + "#include <string>\n#include <vector>\n"
            jobs.append((compiler, name, bare + precompiled.arguments(compiler, tuple(bare), libraries)))
    for (compiler, _), names in rooms.items():
        libraries = "".join(sorted(set().union(*(libraries_reached(name, set()) for name in names))))
        jobs.append((compiler, " ".join(names), precompiled.arguments(compiler, (), libraries)))
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
