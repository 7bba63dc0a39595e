#!/usr/bin/env python3
"""How many instructions the forward pass of each family takes, counted by callgrind: two small layers, one worker, a
ragged batch and a single text, g++ -O2 for x86-64-v3 (tests/instructions/main.cpp). Counts do not depend on what else the
machine does, so that a change of a kernel or a part is seen to a tenth of a percent in two minutes.

count_instructions.py [--write FILE] [--against FILE [--tolerance 0.5]] [--composition] [--root FOLDER]

--write keeps the counts, --against compares with kept ones and fails above the tolerance, in percent. --composition also
counts the composed encoders beside those by hand of bench/composition, whose difference may be 1 % at most. --root counts
the headers of another checkout."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-std=c++20", "-O2", "-march=x86-64-v3"]
COMPOSITION = 1.0  # percent


def build_and_count(folder, include, name, sources, flags):
    """Instructions by what the program calls its parts."""
    compiler = (["ccache"] if shutil.which("ccache") else []) + ["g++"]
    objects = []
    for source in sources:
        objects.append(f"{folder}/{name}_{source.stem}.o")
        subprocess.run([*compiler, *FLAGS, *flags, "-I", str(include), "-c", str(source), "-o", objects[-1]], check=True)
    subprocess.run(["g++", *objects, "-o", f"{folder}/{name}"], check=True)
    done = subprocess.run(["valgrind", "--tool=callgrind", "--instr-atstart=no", "--collect-atstart=no",
                           f"--callgrind-out-file={folder}/{name}.out", f"{folder}/{name}"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"weft: {name} failed under callgrind:\n{done.stdout}{done.stderr}")
    counts = {}
    for path in pathlib.Path(folder).glob(f"{name}.out.*"):
        text = path.read_text(errors="replace")
        trigger = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
        total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
        if trigger and total:
            counts[trigger[1]] = int(total[1])
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--against", type=pathlib.Path)
    parser.add_argument("--tolerance", type=float, default=0.5)
    parser.add_argument("--composition", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("weft: counting instructions needs valgrind (apt-get install valgrind)")
    include = arguments.root / "include"
    forward = ROOT / "tests" / "instructions" / "main.cpp"
    jobs = [(f"half_{half}", [forward], [f"-DWEFT_HALF={half}"]) for half in (0, 1)]
    if arguments.composition:
        by_hand = sorted(path for path in (ROOT / "bench" / "composition").glob("*.cpp") if path.stem != "main")
        jobs += [(f"composition_{path.stem}", [path, path.parent / "counted" / "main.cpp"],
                  ["-DWEFT_COMPOSITION_COUNTED", "-I", str(path.parent)]) for path in by_hand]
    counts = {}
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(lambda job: build_and_count(folder, include, *job), jobs):
            counts.update(part)
    if arguments.write:
        arguments.write.write_text(json.dumps(counts, indent=2) + "\n")
    before = json.loads(arguments.against.read_text()) if arguments.against else {}
    failed = 0
    for name, now in counts.items():
        line = f"{name:44} {now:14,}"
        if name in before:
            change = 100 * (now / before[name] - 1)
            bad = change > arguments.tolerance
            failed += bad
            line += f"  {change:+6.2f} %" + (f"  ABOVE {arguments.tolerance} %" if bad else "")
        if name.endswith(", composed"):
            ratio = 100 * (now / counts[name.replace(", composed", ", by hand")] - 1)
            failed += ratio > COMPOSITION
            line += f"  {ratio:+.2f} % of by hand" + ("  ABOVE 1 %" if ratio > COMPOSITION else "")
        print(line)
    for name in before.keys() - counts.keys():
        print(f"{name:44} is not counted any more")
    print(f"instructions: {len(counts)} counts, {failed} above the tolerance")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
