#!/usr/bin/env python3
"""Writes weft as one header: the headers that are named, and all of weft's that they include, in the order in which a
compiler reads them. What they include from elsewhere (the standard library, xsimd, utf8proc, JSON) stays an include.

  scripts/amalgamate.py -o weft.hpp                                 encoders, without reading text or files
  scripts/amalgamate.py -o weft.hpp weft/weft.hpp weft/pipeline/embedder.hpp"""
import argparse
import pathlib
import re
import sys

HEADERS = pathlib.Path(__file__).resolve().parent.parent / "include"
INCLUDE = re.compile(r"#\s*include\s*<(weft/[^>]+)>")


def read(header, seen, lines):
    """Appends a header's lines behind those of what it includes; a header that was read adds nothing."""
    if header in seen:
        return
    seen.add(header)
    file = HEADERS / header
    if not file.is_file():
        sys.exit(f"amalgamate: {header} was not found below {HEADERS}; name headers as in #include <...>")
    lines.append(f"// ---- {header}")
    for line in file.read_text().splitlines():
        included = INCLUDE.match(line)
        if included:
            read(included[1], seen, lines)
        elif line.strip() != "#pragma once":
            lines.append(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("headers", nargs="*", default=["weft/weft.hpp"])
    arguments = parser.parse_args()
    version = re.search(r'version = "([^"]+)"', (HEADERS / "weft/base/version.hpp").read_text())[1]
    lines, seen = ["#pragma once", f"// weft {version} as one header, written by scripts/amalgamate.py."], set()
    for header in arguments.headers:
        read(header, seen, lines)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("\n".join(lines) + "\n")
    print(f"{arguments.output}: {len(seen)} headers, {len(lines)} lines")


if __name__ == "__main__":
    sys.exit(main())
