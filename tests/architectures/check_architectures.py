#!/usr/bin/env python3
"""Runs one program with each architecture forced that this processor has: the results agree within tolerance, others are
refused in words, and a module gives nothing but its exports.   check_architectures.py PROGRAM ARCHITECTURE..."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

program, names = pathlib.Path(sys.argv[1]), sys.argv[2:]


def run(architecture, file=program, **how):
    environment = {k: v for k, v in os.environ.items() if k != "WEFT_ARCHITECTURE"}
    if architecture:
        environment["WEFT_ARCHITECTURE"] = architecture
    return subprocess.run([str(file)], capture_output=True, text=True, env=environment, **how)


def expect(condition, what):
    if not condition:
        sys.exit(f"architectures: {what}")


best = run("").stdout.split("\n")
chosen = best[0].split()[0]
reference, seen = [float.fromhex(x) for x in best[1:] if x], {}
expect(len(reference) == 70 * 48 and chosen in names, f"chose {best[0]}")
for name in names:
    done = run(name)
    if names.index(name) > names.index(chosen):
        expect(done.returncode == 1 and "WEFT_ARCHITECTURE" in done.stderr and name in done.stderr and chosen in done.stderr,
               f"{name}, which is missing here, is not refused in words: {done.stderr}")
        print(f"{name}: refused: {done.stderr.strip()}")
        continue
    lines = done.stdout.split("\n")
    values = [float.fromhex(x) for x in lines[1:] if x]
    expect(lines[0].split()[0] == name, f"forced {name}, got {lines[0]}")
    worst = max(abs(a - b) / max(1, abs(b)) for a, b in zip(values, reference))
    expect(len(values) == len(reference) and worst <= 2e-5, f"{name} differs by {worst}")
    seen[lines[0].split()[1]] = name
    print(f"{lines[0]}: differs by {worst:.1e} at most from {chosen}")
expect(len(seen) == names.index(chosen) + 1, f"architectures share vectors: {seen}")
unknown = run("x86-64-v9")
expect(unknown.returncode == 1 and names[0] in unknown.stderr, f"an unknown architecture: {unknown.stderr}")

for module in program.parent.glob(f"kernels.*.so"):
    listed = subprocess.run(["nm", "-D", "--defined-only", str(module)], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[-1] for line in listed.splitlines() if line.split()[-2] not in "aA"}
    expect(exported == {"encode", "vectors"}, f"{module.name} gives {sorted(exported)[:5]}")

with tempfile.TemporaryDirectory(prefix="weft folder ") as folder:
    moved = pathlib.Path(folder) / program.name
    shutil.copy(program, moved)
    alone = run("", moved)
    expect(alone.returncode == 1 and "kernels." in alone.stderr, f"a program without its modules says {alone.stderr}")
    for module in program.parent.glob("kernels.*.so"):
        shutil.copy(module, folder)
    through_path = subprocess.run([program.name], capture_output=True, text=True, cwd="/", env={**os.environ, "PATH": folder})
    expect(through_path.stdout.split("\n")[1:] == best[1:], f"found through PATH, from elsewhere: {through_path.stderr}")
print("architectures: all hold")
