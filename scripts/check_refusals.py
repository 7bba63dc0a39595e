#!/usr/bin/env python3
"""Wrong compositions fail to compile with a sentence that says what to write. Each file of tests/compile_fail must fail
with the text after `// says:` (a regular expression) in at most as many lines as `// lines: g++ clang` allows (25, and 32 with clang), and
compile with -DRIGHT, which g++ says for both. The first column of output is the user's own line or the sentence itself.
g++ finds what the files include precompiled: reading it takes four fifths of the time otherwise.
Arguments: the compilers; none means g++ and clang 14."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXTRA = [flag for flag in os.environ.get("WEFT_REFUSAL_FLAGS", "").split() if flag]
FILES = sorted((ROOT / "tests" / "compile_fail").glob("*.cpp"))
PRECOMPILED = {}  # compiler -> arguments


def compile_file(compiler, path, *flags):
    return subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-I", str(ROOT / "include"), *EXTRA,
                           *PRECOMPILED.get(compiler, []), *flags, str(path)], capture_output=True, text=True)


def precompile(folder, compiler):
    """All that the files include, once."""
    header = pathlib.Path(folder) / "included.hpp"
    lines = {line for path in FILES for line in path.read_text().splitlines() if line.startswith("#include")}
    header.write_text("".join(f"{line}\n" for line in sorted(lines)))
    subprocess.run([compiler, "-std=c++20", "-I", str(ROOT / "include"), *EXTRA, "-x", "c++-header", str(header), "-o", f"{header}.gch"], check=True)
    PRECOMPILED[compiler] = ["-include", str(header)]


def check(job):
    path, compiler = job
    text = path.read_text()
    says = re.search(r"^// says: (.*)$", text, re.M).group(1)
    limits = re.search(r"^// lines: (\d+) (\d+)$", text, re.M)
    limit = int(limits.group(2 if "clang" in compiler else 1)) if limits else 32 if "clang" in compiler else 25
    faults = []
    wrong = compile_file(compiler, path)
    lines = wrong.stderr.count("\n")
    if wrong.returncode == 0:
        faults.append("it compiles, but should be refused")
    elif not re.search(says, wrong.stderr):
        faults.append(f"the refusal does not say '{says}'")
    if lines > limit:
        faults.append(f"the refusal takes {lines} lines, more than {limit}")
    said = ""
    if "clang" not in compiler:
        twin = compile_file(compiler, path, "-DRIGHT")
        said = twin.stderr
        if twin.returncode:
            faults.append("its right twin does not compile")
    return path.name, compiler, lines, faults, wrong.stderr if faults else "", said


def main():
    compilers = [c for c in (["g++", "clang++-14"] if len(sys.argv) < 2 else sys.argv[1:]) if shutil.which(c)]
    jobs = [(p, c) for p in FILES for c in compilers]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if "g++" in compilers:
            precompile(folder, "g++")
        for name, compiler, lines, faults, wrong, twin in pool.map(check, jobs):
            print(f"{name:32} {compiler:12} {lines:3} lines  {'; '.join(faults) if faults else 'refused in words'}")
            if faults:
                failed += 1
                print(wrong[:4000], twin[:2000])
    print(f"refusals: {len(jobs)} checked, {failed} failed")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
