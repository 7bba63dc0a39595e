#!/usr/bin/env python3
"""Checks that every reader and every step of a text costs in proportion to its input: the program of tests/cost does each
with an input and with one that is four times as large, callgrind counts the instructions, the program the bytes that it
allocates. Four times is 4, with a logarithm 4.8, a square 16. Counts, not seconds, so that neighbours on the machine do
not matter.

check_cost.py PROGRAM [PART OF A NAME]"""
import pathlib
import re
import subprocess
import sys
import tempfile

MOST = 5.5  # times; what is below SLACK is not looked at: constant costs vary
SLACK = {"instructions": 100_000, "bytes": 50_000}


def count(program, part):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={folder}/out",
                               program, *part], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"weft: {program} failed under callgrind:\n{done.stdout}{done.stderr}")
        costs = {}
        for name, n, allocated in re.findall(r"^(.+): (\d+): (\d+)$", done.stdout, re.MULTILINE):
            costs[name, int(n)] = {"bytes": int(allocated)}
        for path in pathlib.Path(folder).glob("out.*"):
            with path.open(errors="replace") as file:
                text = file.read(2000)
            trigger = re.search(r"^desc: Trigger: Client Request: (.+): (\d+)$", text, re.MULTILINE)
            total = re.search(r"^(?:summary|totals): (\d+)", path.read_text(errors="replace"), re.MULTILINE)
            if trigger and total:
                costs[trigger[1], int(trigger[2])]["instructions"] = int(total[1])
        return costs


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    costs = count(sys.argv[1], sys.argv[2:3])
    names = list(dict.fromkeys(name for name, _ in costs))
    failed = 0
    for name in names:
        small, large = sorted(n for known, n in costs if known == name)
        line, bad = f"{name:45}", False
        for what in ("instructions", "bytes"):
            a, b = (costs[name, n].get(what) for n in (small, large))
            if a is None or b is None:
                sys.exit(f"weft: nothing was counted for {name}: was tests/cost compiled without valgrind/callgrind.h?")
            bad = bad or b > MOST * a + SLACK[what]
            line += f"  {b:11,} {what}, {b / max(a, 1):4.1f} times"
        failed += bad
        print(line + ("  GROWS FASTER THAN ITS INPUT" if bad else ""))
    print(f"cost: {len(names)} readers and steps, {failed} grow faster than what they are given")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
