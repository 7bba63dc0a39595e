#!/usr/bin/env python3
"""Every header compiles alone with clang 14. With the other compilers the headers of a room compile as one file: with g++, which
reads the same standard library, behind macros that other libraries' headers define; with clang 19 on a newer xsimd; with
--long with clang 16 instead. --rooms takes g++ alone. Floors below io do so without exceptions and type information. To save
minutes, clang 14 finds what a header includes anyway precompiled: the first of PRECOMPILED that the header reaches by its own includes, so that
an include that is missing is still missed. --alone gives every header a compilation of its own with every compiler, and nothing
precompiled. Exits 1 when one does not compile or warns."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

from check_floors import FLOOR, HOUSE, OPTIONAL, ROOT, includes

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wshadow", "-Wpedantic", "-Wsign-conversion", "-Wswitch-enum", "-Wfloat-equal", "-Werror",
         "-I", str(ROOT / "include")]
OWN_FLAGS = {"g++": ["-Wuseless-cast"]}  # of a compiler
BARE = ("-fno-exceptions", "-fno-rtti")
COMPILERS = ["g++", "clang++-14", "clang++-19"]
LONG = ["clang++-16"]
ALONE = "clang++-14"
# The wheel that has xsimd 14 among its files; Debian 12 has 8.1.
XSIMD = ("pythran==0.19.0", "pythran/xsimd/")
# Words that windows.h, Xlib.h, Qt and others make macros of. libstdc++ takes min and max back, so they only meet what comes first.
MACROS = "".join(f"#define {macro}\n" for macro in (
    "near", "far", "small char", "interface struct", "hyper long", "pascal", "cdecl", "IN", "OUT", "OPTIONAL", "CONST const", "VOID void",
    "TRUE 1", "FALSE 0", "ERROR 0", "NO_ERROR 0L", "DELETE 0x00010000L", "STRICT 1", "TRANSPARENT 1", "OPAQUE 2", "ABSOLUTE 1",
    "RELATIVE 2", "DIFFERENCE 11", "BOOL int", "CHAR char", "FLOAT float", "THIS this", "CALLBACK", "Yield()",
    "min(a, b) ((a) < (b) ? (a) : (b))", "max(a, b) ((a) > (b) ? (a) : (b))", "None 0L", "Bool int", "Status int", "Success 0",
    "True 1", "False 0", "Always 2", "Above 0", "Below 1", "Complex 0", "emit", "slots", "signals public", "foreach for",
    "major(d) (d)", "minor(d) (d)", "linux 1", "unix 1"))
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


def newer_xsimd():
    """The folder that holds xsimd/xsimd.hpp of XSIMD, from the package index; none where it cannot be had."""
    wheel, inside = XSIMD
    folder = ROOT / "build" / wheel.replace("==", "-")
    if not (folder / "xsimd" / "xsimd.hpp").exists():
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", str(folder), wheel]
        if subprocess.run(pip, capture_output=True).returncode:
            return None
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as files:
            for name in files.namelist():
                if name.startswith(inside) and not name.endswith("/"):
                    target = folder / "xsimd" / name.removeprefix(inside)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(files.read(name))
    return folder


def compile_together(compiler, bare, headers, arguments):
    # The optional libraries' own headers come first: they are not ours to keep clear of the words.
    optional = "".join(f"#include <{library}>\n" for library, users in OPTIONAL.items() if users & set(headers))
    words = MACROS if not optional else "".join(line for line in MACROS.splitlines(True) if "min(" not in line and "max(" not in line)
    before = optional + words if compiler == "g++" else ""
    return subprocess.run([compiler, *FLAGS, *OWN_FLAGS.get(compiler, []), *bare, *arguments, "-fsyntax-only", "-x", "c++", "-"],
                          input=before + "".join(f"#include <weft/{header}>\n" for header in headers), text=True, capture_output=True)


def lacks_library(header):
    """Whether a header needs an optional library that is not installed."""
    need = [library for library, headers in OPTIONAL.items() if header in headers]
    return any(subprocess.run(["g++", "-E", "-x", "c++", "-"], input=f"#include <{library}>\n", text=True,
                              capture_output=True).returncode for library in need)


def main():
    alone, rooms = "--alone" in sys.argv, "--rooms" in sys.argv
    asked = [argument for argument in sys.argv[1:] if not argument.startswith("--")] or (
        LONG if "--long" in sys.argv else ["g++"] if rooms else COMPILERS)
    compilers = [compiler for compiler in asked if shutil.which(compiler)]
    for compiler in asked:
        if compiler not in compilers:
            print(f"SKIPPED {compiler}: it is not installed")
    newer = newer_xsimd() if "clang++-19" in compilers else None
    if newer:
        # The deprecated call is in libstdc++ 12's own std::stable_sort.
        OWN_FLAGS["clang++-19"] = ["-isystem", str(newer), "-Wno-deprecated-declarations"]
    elif "clang++-19" in compilers:
        OWN_FLAGS["clang++-19"] = ["-Wno-deprecated-declarations"]
        print(f"SKIPPED a newer xsimd: {XSIMD[0]} cannot be downloaded here")
    files = {}  # what is compiled as one: compiler, flags, and a room or a header -> headers
    for path in sorted(HOUSE.rglob("*.hpp")):
        header = path.relative_to(HOUSE).as_posix()
        if lacks_library(header):
            print(f"SKIPPED {header}: its library is not installed")
            continue
        room = header.split("/")[0]
        for compiler in compilers:
            unit = header if alone or compiler == ALONE and not rooms else room
            files.setdefault((compiler, BARE if FLOOR.get(room, 11) < 12 else (), unit), []).append(header)
    jobs = [(compiler, bare, headers, None if alone or rooms or compiler != ALONE else
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
    print(f"headers{' by room' if rooms else ' alone'}: {len(jobs)} compilations, {failed} failed ({', '.join(compilers)})")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
