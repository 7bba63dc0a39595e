#!/usr/bin/env python3
"""The whole check, step by step; ./dev check runs it. Names as arguments run only those steps, --list names them.
--long runs the steps of LONG as well, which take hours: before an issue is closed, not at every commit. They are run also
when they are named.

Every step is a command that anyone can run alone. Two steps run beside each other, so that one's last compilation does not
leave the other core idle; --one-by-one, and a machine with less than 12 GiB of memory, runs them in turn. Prints what failed in
full, times every step (elapsed, and in parentheses the processor's, which neighbours change less), and closes with
'N passed, M failed'."""
import argparse
import concurrent.futures
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
MEMORY_OF_TWO = 12 * 1024**3  # bytes: two compilers a step, of a gigabyte each, and what else there is
LONG = ("release_long", "refusals_long", "headers_long", "packages_long", "flags_long", "clang", "asan_long", "arm_long", "bits_long", "fuzz_long")


def steps(cmake):
    ctest = str(pathlib.Path(shutil.which(cmake) or cmake).parent / "ctest")
    python = sys.executable

    def preset(name, *options):
        return [[cmake, "--preset", name, *options], [cmake, "--build", "--preset", name], [ctest, "--preset", name]]

    return {
        "minilm": [[python, "scripts/fetch_minilm.py"]],
        "floors": [[python, "scripts/check_floors.py"]],
        "format": [["bash", "-c", "git ls-files '*.hpp' '*.cpp' | xargs clang-format-14 --dry-run -Werror"]],
        "headers": [[python, "scripts/check_headers.py", "--rooms"]],
        # Rooms of `fast` that need no optimisation are compiled and run once, by `asan`.
        "release": preset("release", "-DWEFT_WITHOUT=fast"),
        "refusals": [[python, "scripts/check_refusals.py", "g++"]],
        "docs": [[python, "scripts/check_docs.py"]],
        "bits": [[python, "scripts/check_bits.py"]],
        "whole_numbers": [[python, "scripts/check_whole_numbers.py"]],
        "units": [[python, "scripts/check_units.py"]],
        "packages": [[python, "scripts/check_packages.py", "--cmake", cmake]],
        "compile_cost": [[python, "scripts/check_compile_cost.py"]],
        "clang": preset("clang"),
        "asan": preset("asan"),
        "tsan": preset("tsan"),
        "arm": preset("arm"),
        "arm_bits": [[python, "scripts/check_bits.py", "--arm"]],
        "fuzz": [[cmake, "--preset", "fuzz"], [cmake, "--build", "--preset", "fuzz"],
                 [python, "scripts/run_fuzzers.py", "--seconds", "5"]],
        "release_long": preset("release", "-DWEFT_WITHOUT="),
        "refusals_long": [[python, "scripts/check_refusals.py", "clang++-14"]],
        "fuzz_long": [*([cmake, *what, name] for name in ("fuzz", "fuzz-long") for what in (["--preset"], ["--build", "--preset"])),
                      [python, "scripts/run_fuzzers.py", "--runs", "10000000"]],
        "headers_long": [[python, "scripts/check_headers.py"], [python, "scripts/check_headers.py", "--long"]],
        "packages_long": [[python, "scripts/check_packages.py", "--long", "--cmake", cmake]],
        "asan_long": preset("asan-long"),
        "flags_long": [[python, "scripts/check_fast_math.py", "--long"], [python, "scripts/check_units.py", "--long"]],
        "arm_long": preset("arm-long"),
        "bits_long": [[python, "scripts/check_bits.py", "--long"], [python, "scripts/check_bits.py", "--arm", "--long"],
                      [python, "scripts/check_plans.py"]],
    }


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command, out):
    """The exit code, and the processor seconds of the command and of all that it waited for."""
    child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage.ru_utime + usage.ru_stime


def run_step(name, commands):
    """passed, failed or skipped, and what to print."""
    log, start, processor, code = LOGS / f"{name}.log", time.time(), 0, 0
    with log.open("w") as out:
        for command in commands:
            out.write(f"$ {' '.join(command)}\n")
            out.flush()
            code, seconds = run(command, out)
            processor += seconds
            if code:
                break
    said = f"{name:13} {time.time() - start:6.1f} s ({processor:5.0f} s)"
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    last = lines[-1][:110] if lines else ""
    for line in lines:
        if "SKIPPED" in line or line.endswith("(Skipped)"):
            last = line[:110]
    if code == 3 and name == "minilm":
        return "skipped", f"{said}  SKIPPED: MiniLM cannot be downloaded here, so the tests that need it are skipped"
    if code:
        return "failed", "\n".join([f"{said}  FAILED (exit {code}); {log} ends with:", *("    " + line for line in lines[-60:])])
    return "passed", f"{said}  passed  {last}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--long", action="store_true", help="the steps of LONG as well")
    parser.add_argument("--one-by-one", action="store_true", help="no two steps at once")
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
    results, printing = [], threading.Lock()
    chosen = [name for name in every if (name in arguments.names if arguments.names else arguments.long or name not in LONG)]
    minilm = threading.Event()  # which the tests of the release look for
    if "minilm" not in chosen:
        minilm.set()

    def one(name):
        if name == "release":
            minilm.wait()
        try:
            result, said = run_step(name, every[name])
        finally:
            if name == "minilm":
                minilm.set()
        with printing:
            results.append(result)
            print(said, flush=True)

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with concurrent.futures.ThreadPoolExecutor(1 if arguments.one_by_one or memory < MEMORY_OF_TWO else 2) as lanes:
        for job in [lanes.submit(one, name) for name in chosen if name not in LONG]:
            job.result()
    for name in chosen:  # they keep all cores busy, and share folders with the others
        if name in LONG:
            one(name)
    print(f"\nthe whole took {(time.time() - begin) / 60:.1f} minutes, {processor_seconds() / 60:.1f} of processor time")
    done, failed, skipped = (results.count(kind) for kind in ("passed", "failed", "skipped"))
    print(f"{done} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
