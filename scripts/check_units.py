#!/usr/bin/env python3
"""Two units of one program, compiled for two sets of instructions, share no function that could use the newer ones. The
weak symbols that both units of tests/units define are listed against the allow-list below; functions among them are
disassembled. Then both orders of linking run on an emulated old processor, and on this one each unit catches what the
other throws. --long does all this at -O1 and -O3, too."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tests" / "units"
ALLOWED = {  # what both units may define, and why
    r"weft::v\d+_\d+::error::(~error\(\)|what\(\) const)": "of what one unit throws and another catches; integer registers only",
    r"(vtable|typeinfo|typeinfo name) for weft::v\d+_\d+::error": "data",
    r"weft::v\d+_\d+::current_failure_handler": "data",
    r"DW\.ref\..*": "data of exception handling",
    r"std::piecewise_construct": "data",
    r"bool std::operator==<char, .*>\(std::basic_string_view<char, .*": "sizes and a call of memcmp; clang at -O1 does not inline it",
    r"__clang_call_terminate": "made by the compiler: two calls",
}
# Instructions of general registers that the baseline of x86-64 has not; those of vectors begin with v.
NEWER = re.compile(r"^(v\w+|andn|bextr|bls\w+|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx|tzcnt|lzcnt|movbe|popcnt)$")
OLD_PROCESSOR = ["qemu-x86_64", "-cpu", "Nehalem"]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"units: {' '.join(map(str, command))} ends with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def weak_symbols(file):
    lines = [line.split() for line in run("nm", file).splitlines()]
    return {symbol for *_, kind, symbol in lines if kind in "WVu"}


def newer_instructions(file, symbol):
    used = set()
    for line in run("objdump", "-d", "--no-show-raw-insn", f"--disassemble={symbol}", file).splitlines():
        if m := re.match(r"\s+[0-9a-f]+:\s+(\w+)", line):
            used |= {m.group(1)} if NEWER.match(m.group(1)) else set()
    return used


def check(compiler, level, wide, runs_wide, folder):
    """The faults of one compiler's two units."""
    def compiled(name, source, march):
        target = folder / f"{compiler}{level}.{name}.o"
        run(compiler, "-std=c++20", level, f"-march={march}", f"-DNAME={name}", "-I", ROOT / "include", "-c", SOURCES / source, "-o", target)
        return target

    old, new = compiled("old", "unit.cpp", "x86-64"), compiled("wide", "unit.cpp", wide)
    main = compiled("main", "main.cpp", "x86-64")
    shared = sorted(weak_symbols(old) & weak_symbols(new))
    faults = []
    for symbol in shared:
        name = run("c++filt", symbol).strip()
        if not any(re.fullmatch(one, name) for one in ALLOWED):
            faults.append(f"both units define {name}; put weft's allocator or namespace into its name, or say in {pathlib.Path(__file__).name} why it may be")
        elif used := newer_instructions(new, symbol):
            faults.append(f"{name} is shared, and the newer unit's has {', '.join(sorted(used))}")
    for order in ([old, new], [new, old]):
        program = folder / f"{compiler}{level}.{order[0].name}.program"
        run(compiler, *order, main, "-o", program, "-pthread")
        for command in [[*OLD_PROCESSOR, program]] + [[program, "both"]] * runs_wide:
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode or done.stdout != "good\n":
                faults.append(f"{order[0].name} linked first, {' '.join(map(str, command))}: exit {done.returncode} {done.stdout}{done.stderr[:300]}")
    print(f"{compiler} {level}, x86-64 beside {wide}: {len(shared)} weak symbols shared, {len(faults)} faults")
    print("".join(f"    {fault}\n" for fault in faults), end="")
    return len(faults)


def main():
    if os.uname().machine != "x86_64":
        print("units: SKIPPED, this is no x86-64")
        return 0
    if not shutil.which(OLD_PROCESSOR[0]):
        sys.exit("units: there is no qemu-x86_64, which stands in for an old processor; ./dev check installs it (Debian: qemu-user)")
    has = pathlib.Path("/proc/cpuinfo").read_text()
    runs_v4 = all(f" {flag}" in has for flag in ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"))
    wide = "x86-64-v4" if runs_v4 or " avx2" not in has else "x86-64-v3"
    levels = ["-O2", "-O1", "-O3"] if "--long" in sys.argv[1:] else ["-O2"]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(compiler, level, wide, wide == "x86-64-v3" or runs_v4, pathlib.Path(folder))
                for level in levels for compiler in ("g++", "clang++-14") if shutil.which(compiler)]
        faults = sum(pool.map(lambda job: check(*job), jobs))
    print(f"units: {len(jobs)} pairs, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
