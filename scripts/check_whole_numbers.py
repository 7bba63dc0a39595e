#!/usr/bin/env python3
"""No instruction that computes in floating point is in the compiled embedding and layer of I-BERT
(tests/whole_numbers/parts.cpp): what moves, shuffles and combines bits may be there, sums, products, quotients, roots,
comparisons and conversions may not. The other way round the same instructions are found in a file that has some, so that a
disassembler that writes otherwise is noticed. x86-64 only: elsewhere it says so and passes. Arguments: compilers; none means g++ and clang 14."""
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tests" / "whole_numbers" / "parts.cpp"
COMPUTES = re.compile(r"^(v?(add|addsub|hadd|hsub|sub|mul|div|sqrt|rsqrt\d*|rcp\d*|min|max|round|rndscale|cmp\w*|u?comi|dp|fn?m(add|sub)\w*|scalef|getexp|getmant|reduce|range)"
                      r"(ps|pd|ss|sd|ph|sh)|v?cvt\w+|f(i?(add|sub|mul|div)r?p?|sqrt|i?ld|i?stp?|u?comi?p?|chs|abs))$")
FLAGS = {"x86-64": "SSE2", "x86-64-v3": "AVX2", "x86-64-v4": "AVX-512"}


def computing(compiler, level, source):
    """Functions and instructions in an object of this source that compute in floating point, and how many there are in all."""
    with tempfile.TemporaryDirectory() as folder:
        target = f"{folder}/parts.o"
        subprocess.run([compiler, "-std=c++20", "-O2", f"-march={level}", "-I", str(ROOT / "include"), "-c", str(source), "-o", target], check=True)
        text = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", target], check=True, capture_output=True, text=True).stdout
    found, function, count = [], "", 0
    for line in text.splitlines():
        if head := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
            function = head[1]
        elif part := re.match(r"^\s+[0-9a-f]+:\s+(\S+)", line):
            count += 1
            if COMPUTES.match(part[1]):
                found.append(f"{part[1]} in {function[:200]}")
    return found, count


def main():
    if platform.machine() != "x86_64" or not shutil.which("objdump"):
        print("whole numbers: not looked at, since this is no x86-64 machine with objdump")
        return 0
    compilers = sys.argv[1:] or [c for c in ("g++", "clang++-14") if shutil.which(c)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        floating = pathlib.Path(folder) / "floating.cpp"
        floating.write_text("float f(float a, int b) { return a * a / static_cast<float>(b); }\n")
        for compiler in compilers:
            if len(computing(compiler, "x86-64-v3", floating)[0]) < 3:
                failed += 1
                print(f"{compiler}: instructions of floating point are not recognised")
            for level, name in FLAGS.items():
                found, count = computing(compiler, level, SOURCE)
                failed += bool(found) or count < 1000
                print(f"{compiler:11} {name}: {count} instructions, {len(found)} of them compute in floating point")
                for line in found[:20]:
                    print(f"  {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
