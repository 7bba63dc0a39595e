#!/usr/bin/env python3
"""Compiles and runs every C++ block of README.md and docs/ that is a whole program. A block that begins with
`// fragment` is skipped; a block without main is an error. Also checks that relative links lead somewhere."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page):
    lines = page.read_text().splitlines()
    at = 0
    while at < len(lines):
        if lines[at].strip() == "```cpp":
            start = at + 1
            while at + 1 < len(lines) and lines[at + 1].strip() != "```":
                at += 1
            yield start + 1, "\n".join(lines[start:at + 1]) + "\n"
        at += 1


FLAGS = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Werror", "-Wno-psabi"]
LIBRARIES = "#include <xsimd/xsimd.hpp>\n#include <nlohmann/json.hpp>\n"


def precompile(folder):
    """The libraries' headers, parsed once for all programs."""
    header = pathlib.Path(folder) / "libraries.hpp"
    header.write_text(LIBRARIES)
    subprocess.run(["g++", *FLAGS, "-pthread", "-x", "c++-header", str(header), "-o", f"{header}.gch"], check=True)
    return ["-include", str(header)]


def build_and_run(job):
    page, line, code, libraries = job
    where = f"{page.relative_to(ROOT)}:{line}"
    if "int main(" not in code:
        return where, "has no main; make it a program, or begin it with `// fragment`"
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "page.cpp", pathlib.Path(folder) / "page"
        source.write_text(code)
        done = subprocess.run(["g++", *FLAGS, *libraries, "-isystem", str(ROOT / "include"), str(source), "-o",
                               str(program), "-lutf8proc", "-pthread"], capture_output=True, text=True)
        if done.returncode:
            return where, "does not compile:\n" + done.stderr[:3000]
        try:
            ran = subprocess.run([str(program)], capture_output=True, text=True, cwd=ROOT, timeout=120, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return where, "runs for more than two minutes"
        if ran.returncode:
            return where, f"exits with {ran.returncode}:\n{ran.stdout[-1500:]}{ran.stderr[-1500:]}"
    return where, ""


def links(page):
    code = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        code ^= line.lstrip().startswith("```")
        if code:
            continue
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}:{number}: the link {target} leads nowhere"


def main():
    folder = tempfile.TemporaryDirectory()
    libraries = precompile(folder.name)
    jobs = [(page, line, code, libraries) for page in PAGES for line, code in blocks(page) if not code.lstrip().startswith("// fragment")]
    faults = [fault for page in PAGES for fault in links(page)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for where, fault in pool.map(build_and_run, jobs):
            if fault:
                faults.append(f"{where} {fault}")
    print("\n".join(faults))
    print(f"docs: {len(PAGES)} pages, {len(jobs)} programs compiled and run, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
