#!/usr/bin/env python3
"""The whole check, step by step; ./dev check runs it. Names as arguments run only those steps, --list names them.
--long runs the steps of LONG as well, which take hours: before an issue is closed, not at every commit. They are run also
when they are named.

Every step is a command that anyone can run alone. Prints what failed in full, times every step (elapsed, and in
parentheses the processor's, which a busy machine changes less), and closes with 'N passed, M failed'."""
import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
LONG = ("arm", "arm_bits", "fuzz_long", "headers_long", "flags_long")


def steps(cmake):
    ctest = str(pathlib.Path(shutil.which(cmake) or cmake).parent / "ctest")
    python = sys.executable

    def preset(name):
        return [[cmake, "--preset", name], [cmake, "--build", "--preset", name], [ctest, "--preset", name]]

    return {
        "floors": [[python, "scripts/check_floors.py"]],
        "format": [["bash", "-c", "git ls-files '*.hpp' '*.cpp' | xargs clang-format-14 --dry-run -Werror"]],
        "headers": [[python, "scripts/check_headers.py"]],
        "minilm": [[python, "scripts/fetch_minilm.py"]],
        "release": [[cmake, "--preset", "release"], [cmake, "--build", "--preset", "release"],
                    [ctest, "--preset", "release"]],
        "refusals": [[python, "scripts/check_refusals.py"]],
        "docs": [[python, "scripts/check_docs.py"]],
        "bits": [[python, "scripts/check_bits.py"], [python, "scripts/check_fast_math.py"]],
        "units": [[python, "scripts/check_units.py"]],
        "packages": [[python, "scripts/check_packages.py", "--cmake", cmake]],
        "compile_cost": [[python, "scripts/check_compile_cost.py"]],
        "clang": preset("clang"),
        "asan": preset("asan"),
        "tsan": preset("tsan"),
        "fuzz": [[cmake, "--preset", "fuzz"], [cmake, "--build", "--preset", "fuzz"],
                 [python, "scripts/run_fuzzers.py", "--seconds", "5"]],
        "fuzz_long": [*([cmake, *what, name] for name in ("fuzz", "fuzz-long") for what in (["--preset"], ["--build", "--preset"])),
                      [python, "scripts/run_fuzzers.py", "--runs", "10000000"]],
        "headers_long": [[python, "scripts/check_headers.py", "--long"]],
        "flags_long": [[python, "scripts/check_fast_math.py", "--long"], [python, "scripts/check_units.py", "--long"]],
        "arm": preset("arm"),
        "arm_bits": [[python, "scripts/check_bits.py", "--arm"]],
    }


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--long", action="store_true", help="the steps of LONG as well")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    every = steps(arguments.cmake)
    if arguments.list:
        print("\n".join(every))
        return 0
    for name in arguments.names:
        if name not in every:
            sys.exit(f"weft: the check has no step '{name}'; ./dev check --list names them")
    LOGS.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    begin = time.time()
    failed, skipped = [], []
    chosen = arguments.names or [name for name in every if arguments.long or name not in LONG]
    for name in chosen:
        log, start, processor, code = LOGS / f"{name}.log", time.time(), processor_seconds(), 0
        with log.open("w") as out:
            for command in every[name]:
                out.write(f"$ {' '.join(command)}\n")
                out.flush()
                code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode
                if code:
                    break
        seconds = f"{time.time() - start:6.1f} s ({processor_seconds() - processor:5.0f} s)"
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        last = lines[-1][:110] if lines else ""
        for line in lines:
            if "SKIPPED" in line or line.endswith("(Skipped)"):
                last = line[:110]
        if code == 3 and name == "minilm":
            skipped.append(name)
            print(f"{name:13} {seconds}  SKIPPED: MiniLM cannot be downloaded here, so the tests that need it are skipped", flush=True)
        elif code:
            failed.append(name)
            print(f"{name:13} {seconds}  FAILED (exit {code}); {log} ends with:", flush=True)
            print("\n".join("    " + line for line in lines[-60:]), flush=True)
        else:
            print(f"{name:13} {seconds}  passed  {last}", flush=True)
    print(f"\nthe whole took {(time.time() - begin) / 60:.1f} minutes, {processor_seconds() / 60:.1f} of processor time")
    done = len(chosen) - len(failed) - len(skipped)
    print(f"{done} passed, {len(failed)} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
