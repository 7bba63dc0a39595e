#!/usr/bin/env python3
"""Installs weft and builds a small consumer against it: by find_package, add_subdirectory and FetchContent, through
pkg-config and from one amalgamated header, and the examples alone against the installed package. Configures projects that
contain weft, or find it, beside libraries of their own (tests/parents). Then configures and builds with every dependency
taken from a source tree on disk (FETCHCONTENT_SOURCE_DIR_*), as machines without network do."""
import argparse
import concurrent.futures
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
failed = 0
counting = threading.Lock()


def report(name, good):
    global failed
    with counting:
        failed += not good
        print(f"{name:44} {'passed' if good else 'FAILED'}", flush=True)
    return good


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        print(f"$ {' '.join(str(c) for c in command)}\n{(done.stdout + done.stderr)[-4000:]}")
    return done.returncode == 0


def step(name, *commands):
    return report(name, all(run(*c) for c in commands))


def type_follows_configuration(cmake, build):
    """weft_model() writes the type again when config.json changes, and refuses one that weft cannot run in words."""
    target = [str(cmake), "--build", str(build), "--target", "my_model_header"]
    configuration = build / "checkpoint" / "config.json"
    told = configuration.read_text()
    configuration.write_text(told.replace('"hidden_size": 32', '"hidden_size": 48'))
    subprocess.run(target, capture_output=True)
    good = ".hidden_size = 48" in (build / "weft_model.my_model" / "weft_model" / "my_model.hpp").read_text()
    configuration.write_text(told.replace('"hidden_act": "gelu"', '"hidden_act": "hardtanh"'))
    refused = subprocess.run(target, capture_output=True, text=True)
    good = good and refused.returncode and "hidden_act" in " ".join((refused.stdout + refused.stderr).split())
    report("the type follows config.json", good)


def without_cmake(folder, prefix):
    """The same program through pkg-config and from one amalgamated header; both must say the same."""
    source, checkpoint = ROOT / "tests" / "consumer" / "plain.cpp", ROOT / "tests" / "data" / "models" / "bert_classify2"
    one = folder / "one" / "weft" / "io" / "load.hpp"
    environment = {**os.environ, "PKG_CONFIG_PATH": str(next(prefix.glob("lib*/**/pkgconfig")))}
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "weft-io"], capture_output=True, text=True, env=environment)
    compiler = [os.environ.get("CXX", "c++"), "-std=c++20", "-O0", source]
    ways = {"pkg-config": [*compiler, *flags.stdout.split()], "one header": [*compiler, "-I", folder / "one", "-lutf8proc"]}
    good = step("amalgamation", [sys.executable, ROOT / "scripts" / "amalgamate.py", "-o", one, "weft/weft.hpp", "weft/io/load.hpp"])

    def said(way):
        program = folder / way.replace(" ", "-")
        if good and step(f"consumer by {way}", [*ways[way], "-o", program], [program, checkpoint]):
            return subprocess.run([program, checkpoint], capture_output=True, text=True).stdout
        return ""

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        answers = set(workers.map(said, ways))
    report("both say the same", len(answers) == 1 and answers != {""})


# A library's own tree, as far as those who contain it see it: the names of its targets.
OWN_TREES = {
    "JSON": ("nlohmann", """cmake_minimum_required(VERSION 3.5)
project(nlohmann_json LANGUAGES CXX)
add_library(nlohmann_json INTERFACE)
add_library(nlohmann_json::nlohmann_json ALIAS nlohmann_json)
target_include_directories(nlohmann_json INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
"""),
    "XSIMD": ("xsimd", """cmake_minimum_required(VERSION 3.5)
project(xsimd LANGUAGES CXX)
add_library(xsimd INTERFACE)
target_include_directories(xsimd INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
install(TARGETS xsimd EXPORT xsimd-targets)
install(EXPORT xsimd-targets DESTINATION lib/cmake/xsimd)
"""),
}


# Without --long: an example, and a parent of each kind, that contains weft and that finds it.
FEW = {"first", "install_export", "found_then_contained"}


def parents(cmake, folder, prefix, few):
    """Projects that contain weft or find it, beside the same libraries of their own, and install what links it: each of
    tests/parents is configured, and built where it says so. Returns what is to be called, in any order."""
    settings = [f"-DWEFT={ROOT}", f"-DINSTALLED={prefix}"]
    for key, (header, text) in OWN_TREES.items():
        tree = folder / "own" / key
        shutil.copytree(f"/usr/include/{header}", tree / "include" / header)
        (tree / "CMakeLists.txt").write_text(text)
        settings.append(f"-D{key}={tree}")

    def parent(where):
        build = folder / "parents" / where.name
        built = "it is built" in (where / "CMakeLists.txt").read_text()
        step(f"parent {where.name}", [cmake, "-S", where, "-B", build, "-G", "Ninja", *settings], *([[cmake, "--build", build]] if built else []))

    return [functools.partial(parent, p.parent) for p in sorted((ROOT / "tests" / "parents").glob("*/CMakeLists.txt"))
            if not few or p.parent.name in FEW]


def tree_from_package(folder, name, header):
    """A source tree as a distribution's -dev package lays it out: include/<header>."""
    tree = folder / f"{name}-tree"
    (tree / "include").mkdir(parents=True)
    shutil.copytree(f"/usr/include/{header}", tree / "include" / header)
    return tree


def source_packages(folder):
    """Debian's source packages of the dependencies that have something to compile, unpacked; {} where they cannot be had."""
    trees, here = {}, folder / "sources"
    (here / "lists" / "partial").mkdir(parents=True)
    listed = pathlib.Path("/etc/apt/sources.list.d/debian.sources")
    if not listed.exists():
        return trees
    (here / "source.sources").write_text(listed.read_text().replace("Types: deb\n", "Types: deb-src\n"))
    apt = ["apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={here}/source.sources", "-o", "Dir::Etc::sourceparts=-", "-o",
           f"Dir::State::Lists={here}/lists", "-o", "APT::Sandbox::User=root"]
    for command in (["update"], ["source", "--download-only", "utf8proc", "catch2", "benchmark"]):
        if subprocess.run([*apt, *command], cwd=here, capture_output=True).returncode:
            return trees
    for archive in here.glob("*.orig.tar.*"):
        name = archive.name.split("_")[0]
        (here / name).mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", here / name, "--strip-components=1"], check=True)
        trees[{"utf8proc": "UTF8PROC", "catch2": "CATCH2", "benchmark": "BENCHMARK"}[name]] = here / name
    return trees


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--long", action="store_true", help="every example, every parent, and dependencies from source")
    arguments = parser.parse_args()
    cmake, few = arguments.cmake, not arguments.long
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix = folder / "installed"
        quiet = ["-DWEFT_BUILD_TESTS=OFF", "-DWEFT_BUILD_EXAMPLES=OFF", "-DWEFT_BUILD_BENCH=OFF", "-DWEFT_BUILD_TOOLS=OFF"]
        step("install", [cmake, "-S", ROOT, "-B", folder / "weft", "-G", "Ninja", *quiet, f"-DCMAKE_INSTALL_PREFIX={prefix}"],
             [cmake, "--install", folder / "weft"])

        def consumer(way, *settings):
            build = folder / way
            shutil.copytree(ROOT / "tests" / "data" / "models" / "bert_classify2", build / "checkpoint")
            return step(f"consumer by {way}",
                        [cmake, "-S", ROOT / "tests" / "consumer", "-B", build, "-G", "Ninja", f"-DCONSUME={way}",
                         f"-DCMAKE_PREFIX_PATH={prefix}", f"-DWEFT_SOURCE={ROOT}", *settings],
                        [cmake, "--build", build], [build / "consumer", build / "checkpoint", ROOT / "tests" / "data" / "torch" / "bert_zip"])

        def example_alone(example):  # a debug build: does it build, not how fast is it
            build = folder / f"example-{example.name}"
            step(f"example {example.name} alone", [cmake, "-S", example, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                                                   "-DCMAKE_CXX_FLAGS_DEBUG=-O0", f"-DCMAKE_PREFIX_PATH={prefix}"],
                 [cmake, "--build", build])

        def offline():
            """Header-only dependencies from trees laid out from their packages, the others from source packages."""
            trees = [("XSIMD", tree_from_package(folder, "xsimd", "xsimd")), ("XTL", tree_from_package(folder, "xtl", "xtl")),
                     ("XTENSOR", tree_from_package(folder, "xtensor", "xtensor")),
                     ("NLOHMANN_JSON", tree_from_package(folder, "nlohmann_json", "nlohmann"))]
            sources = source_packages(folder)
            if not sources:
                print("SKIPPED: Debian's source packages cannot be downloaded here, so utf8proc, Catch2 and benchmark are not built from source")
            trees += list(sources.items())
            settings = [f"-DFETCHCONTENT_SOURCE_DIR_{key}={tree}" for key, tree in trees]
            build = folder / "offline"
            step("dependencies from source trees on disk",
                 [cmake, "-S", ROOT, "-B", build, "-G", "Ninja", "-DWEFT_BUILD_EXAMPLES=OFF", "-DWEFT_BUILD_TOOLS=OFF",
                  "-DFETCHCONTENT_FULLY_DISCONNECTED=ON", "-DCMAKE_CXX_FLAGS=-O0", *settings],
                 [cmake, "--build", build, "--target", "test_memory", "test_interop", *(["utf8proc", "benchmark"] if sources else [])],
                 [build / "bin" / "test_memory"], [build / "bin" / "test_interop"])

        # One program compiles on one core for long, so all of these run beside each other, the longest first.
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            package = workers.submit(consumer, "package")
            jobs = [workers.submit(call) for call in ([] if few else [offline]) + [functools.partial(without_cmake, folder, prefix)]]
            package.result()
            writer = folder / "package" / "weft_type_writer"  # the others need not compile it once more
            calls = [functools.partial(consumer, way, f"-DWEFT_PROGRAM={writer}") for way in ("subdirectory", "fetched")[few:]]
            calls += [functools.partial(type_follows_configuration, cmake, folder / "package")]
            calls += [functools.partial(example_alone, p.parent) for p in sorted((ROOT / "examples").glob("*/CMakeLists.txt")) if not few or p.parent.name in FEW]
            jobs += [workers.submit(call) for call in calls + parents(cmake, folder, prefix, few)]
            for job in jobs:
                job.result()
    print(f"packages: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
