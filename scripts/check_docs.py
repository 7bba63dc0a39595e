#!/usr/bin/env python3
"""Compiles and runs every C++ block of README.md and docs/ that is a whole program. A block that begins with
`// fragment` is skipped; a block without main is an error. Also checks that relative links lead somewhere. Programs share
a compilation, 48 at a time; --alone gives each its own, which also finds a missing #include that a neighbour has."""
import argparse
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


def included(code):
    return [line for line in code.splitlines() if line.startswith("#include")]


def merged(jobs):
    """Programs as functions of one program, each in a namespace of its own, since most of a compilation is headers. The
    argument says which one runs."""
    text = "\n".join(dict.fromkeys(line for job in jobs for line in included(job[2]))) + "\n#include <cstdlib>\n"
    for number, (page, line, code, _) in enumerate(jobs):
        body = "\n".join("" if l.startswith("#include") else l for l in code.splitlines())
        body = re.sub(r"\bint main\(", "[[maybe_unused]] int run_page(", body)
        returns = body.rsplit("}", 1)[0] + "\n  return 0;\n}\n" if not re.search(r"return [^;]*;\s*}\s*$", body) else body
        text += f'namespace page_{number} {{\n#line {line} "{page.relative_to(ROOT)}"\n{returns}\n}}\n'
    text += "int main(int, char** which) {\n  switch (std::atoi(which[1])) {\n"
    for number in range(len(jobs)):
        text += f"    case {number}: return page_{number}::run_page();\n"
    return text + "  }\n}\n"


def mergeable(code):
    """Not what reopens weft's namespaces, brings names to all, or takes arguments."""
    return not re.search(r"namespace weft|^using namespace|int main\([^)]|^#define|^template <>", code, re.MULTILINE)


def compile_program(source, program, libraries):
    return subprocess.run(["g++", *FLAGS, *libraries, "-isystem", str(ROOT / "include"), str(source), "-o", str(program),
                           "-lutf8proc", *(["-lzip"] if re.search("weft/io/(torch_file|zip_archive).hpp", source.read_text()) else []), "-pthread"], capture_output=True, text=True)


def run_program(command):
    try:
        ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "runs for more than two minutes"
    if ran.returncode:
        return f"exits with {ran.returncode}:\n{ran.stdout[-1500:]}{ran.stderr[-1500:]}"
    return ""


def build_and_run(jobs):
    """Each job's place and fault. A group that does not compile is compiled again one by one, to see whose fault it is."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "page.cpp", pathlib.Path(folder) / "page"
        where = [f"{page.relative_to(ROOT)}:{line}" for page, line, _, _ in jobs]
        source.write_text(jobs[0][2] if len(jobs) == 1 else merged(jobs))
        done = compile_program(source, program, jobs[0][3])
        if done.returncode and len(jobs) > 1:
            return [found for job in jobs for found in build_and_run([job])]
        if done.returncode:
            return [(where[0], "does not compile:\n" + done.stderr[:3000])]
        return [(w, run_program([str(program), str(number)] if len(jobs) > 1 else [str(program)]))
                for number, w in enumerate(where)]


def links(page):
    code = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        code ^= line.lstrip().startswith("```")
        if code:
            continue
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}:{number}: the link {target} leads nowhere"


COLUMNS = 88  # of code on the site; a comment beyond them is out of sight
COMMENT = re.compile(r"""(?:[^"'/]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|'|/(?!/))*//""")


def wide_comments(page):
    for first, code in blocks(page):
        for number, line in enumerate(code.splitlines(), first):
            if len(line) > COLUMNS and COMMENT.match(line):
                yield f"{page.relative_to(ROOT)}:{number}: a comment goes beyond column {COLUMNS}"


def groups(jobs, size):
    """Neighbours share most headers; those that cannot share a program stay alone."""
    together = []
    for job in jobs:
        if not mergeable(job[2]):
            yield [job]
            continue
        together.append(job)
        if len(together) == size:
            yield together
            together = []
    if together:
        yield together


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("pages", nargs="*", type=pathlib.Path, metavar="PAGE", help="only these")
    arguments = parser.parse_args()
    pages = [page.resolve() for page in arguments.pages] or PAGES
    folder = tempfile.TemporaryDirectory()
    libraries = precompile(folder.name)
    jobs = [(page, line, code, libraries) for page in pages for line, code in blocks(page) if not code.lstrip().startswith("// fragment")]
    faults = [fault for page in pages for check in (links, wide_comments) for fault in check(page)]
    faults += [f"{page.relative_to(ROOT)}:{line} has no main; make it a program, or begin it with `// fragment`"
               for page, line, code, _ in jobs if "int main(" not in code]
    jobs = [job for job in jobs if "int main(" in job[2]]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(build_and_run, groups(jobs, 1 if arguments.alone else 48)):
            faults += [f"{where} {fault}" for where, fault in found if fault]
    print("\n".join(faults))
    print(f"docs: {len(pages)} pages, {len(jobs)} programs compiled and run, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
