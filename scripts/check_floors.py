#!/usr/bin/env python3
"""Checks that the house stands as docs/design/house.md says: who may include whom, who may include which library, who may
print, how long a header may be. Prints every breach and exits 1 when there is one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOUSE = ROOT / "include" / "weft"

FLOOR = {
    "base": 0, "memory": 1, "simd": 2, "text": 2, "concept": 3, "kernel": 4, "numeric": 5, "pattern": 6, "score": 6, "position": 6,
    "norm": 6, "mixer": 7, "ffn": 7, "layout": 8, "embedding": 8, "encoder": 9, "head": 10, "model": 11, "train": 11, "io": 12,
    "picture": 12, "pipeline": 13, "verify": 13, "bench": 13, "program": 14, "testing": 99, "interop": 99,
}
# text stands apart from the computing floors: it knows base and memory only.
ONLY = {"text": {"base", "memory", "text"}}
# library prefix -> rooms that may include it
LIBRARIES = {
    "xsimd": {"simd"}, "xtensor": {"interop", "testing"}, "xtl": {"interop", "testing"}, "nlohmann": {"io"},
    "utf8proc": {"text"}, "immintrin": {"simd"}, "arm_neon": {"simd"}, "x86intrin": {"simd"},
}
# a name of a library -> rooms that may say it, whoever included it
NAMES = {
    r"xsimd::": {"simd"}, r"\bxt::": {"interop", "testing"}, r"nlohmann::": {"io"}, r"utf8proc_": {"text"},
    r"\b_mm\d*_": {"simd"}, r"\bv(?:ld1|st1|fma|add|mul)q?_": {"simd"},
}
# a library's header, which users need not have -> the headers that need it; they may include each other, others none
OPTIONAL = {
    "sentencepiece_processor.h": {"text/sentencepiece.hpp"},
    "zip.h": {"io/zip_archive.hpp", "io/torch_containers.hpp", "io/torch_file.hpp"},
}
# io's readers know parameters, not models; only these join them.
JOINTS = {"load.hpp", "any_encoder.hpp", "agreement.hpp", "families.hpp", "expected_parameters.hpp",
          "rewire_model.hpp", "split_model.hpp"}
LONG = {  # headers that may pass 300 lines, each with its reason
    "text/character_classes.hpp": "generated tables",
    "text/unicode_classes.hpp": "generated tables",
}
LIMIT = 300
LISTS = {"model/all.hpp": "the families, one line each"}  # headers of nothing but aliases, each with its reason
# Names, labels, tokens and paths come from strangers' files, and a terminal obeys what they hold. So everything is said through
# program/printing.hpp, which shows foreign text, but for these, each with its reason.
PRINTS = re.compile(r"std::(cout|cerr|clog)\b|\b(v?f?|vd|d)printf\s*\(|\b(f?puts|fputc|putchar|fwrite|perror)\s*\(|(?<![\w.])write\(\d|\bsyslog\(")
STREAMS = re.compile(r"std::ostream\b")
TRUSTED = re.compile(r"\.trusted\(")
MAY = {
    PRINTS: {"include/weft/program/printing.hpp": "the one place", "include/weft/program/progress.hpp": "numbers only",
             "include/weft/base/error.hpp": "sentences, which are fit for a terminal",
             "tools/weft/c_interface.cpp": "an example in C, of sentences and JSON"},
    STREAMS: {"include/weft/program/printing.hpp": "the one place", "include/weft/program/picture.hpp": "markup, which drawing::escaped is for",
              "include/weft/program/passport.hpp": "sentences and a table, which io shows, and JSON in ASCII",
              "include/weft/verify/verify.hpp": "shows names by detail::printable", "include/weft/pipeline/calibrate.hpp": "shows a path by detail::printable_whole", "include/weft/pipeline/numeric_loss.hpp": "numbers, and names that parts have", "include/weft/bench/bench.hpp": "numbers, and JSON that weft wrote",
              "include/weft/bench/profile_report.hpp": "numbers, and JSON that weft wrote", "tools/weft/completion.cpp": "weft's own commands",
              "tools/weft/compiled.cpp": "the stream of guarded_main", "include/weft/io/safetensors_writer.hpp": "a file"},
    TRUSTED: {"tools/weft/completion.cpp": "weft's own commands", "tools/weft/main.cpp": "weft's own help", "tools/weft/picture.cpp": "a pattern's drawing",
          "tools/weft/type.cpp": "source, whose comments spec_source.hpp shows"},
}
# Every header opens the namespace of the project's version, so that two versions in one program do not meet, nor units of
# two sets of instructions. A header that
# does not see the macro would open one of the macro's name.
VERSION = re.search(r"VERSION (\d+)\.(\d+)", (ROOT / "CMakeLists.txt").read_text().partition("project(weft")[2])
MACRO = "WEFT_INLINE_NAMESPACE"
SHARED = "WEFT_VERSION_NAMESPACE"  # of all units, whatever their instructions: weft::error


# Of the standard library's own containers the linker keeps one copy a program (scripts/check_units.py looks at what is left).
SHARING = re.compile(r"std::to_string\(|std::string [\w(]|std::string&|std::vector<(?!T, |counted_block|parameter)|std::function<|std::deque<")
MAY_SHARE = {"base/printable.hpp", "base/unit_containers.hpp", "base/error.hpp", "base/base64.hpp", "kernel/reference.hpp", "simd/architecture_module.hpp",
             "simd/x86_level.hpp"}


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if m := re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line):
            yield number, m.group(1)


def statements(path):
    """What a header says inside its namespaces, without comments and directives, cut at semicolons."""
    code = "\n".join(line.partition("//")[0] for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    return [line for line in (part.strip("{} \n") for part in re.sub(r"namespace[^{;]*\{", "", code).split(";")) if line]


def prints():
    """Places that might print what a stranger's file holds."""
    for path in sorted([*HOUSE.rglob("*.hpp"), *(ROOT / "tools").rglob("*.?pp")]):
        name = path.relative_to(ROOT).as_posix()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line if '"' in line.partition("//")[0] else line.partition("//")[0]
            for pattern, allowed in MAY.items():
                if (found := pattern.search(code)) and name not in allowed:
                    yield f"{name}:{number}: {found[0].strip()} may show a terminal what a file holds; see program/printing.hpp, and MAY in this script"


# What weft knows of a family stands in its header of model/. Scripts that make fixtures and time other engines name families
# where those do.
def family_names():
    """Places outside model/ that name a family, in quotes or as what a name begins with."""
    said = re.compile(r'std::string_view family = "([^"]+)"')
    names = sorted({name for path in (HOUSE / "model").glob("*.hpp") for name in said.findall(path.read_text())})
    quoted = re.compile("[\"'](" + "|".join(map(re.escape, names)) + ")[\"']")
    spoken = re.compile(r"\b(?:is|of|for)_(?:" + "|".join(n.replace("-", "_") for n in names) + r")\b")
    for folder, kinds in (("include", ["*.hpp"]), ("tools", ["*.?pp", "CMakeLists.txt"]), ("cmake", ["*"]), ("scripts", ["*.py"])):
        for path in sorted(p for kind in kinds for p in (ROOT / folder).rglob(kind) if p.is_file()):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(("include/weft/model/", "scripts/peers/", "scripts/make_")):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                for found in (quoted.search(line), spoken.search(line) if folder != "scripts" else None):
                    if found:
                        yield f"{name}:{number}: names a family, {found[0]}; what weft knows of one stands in include/weft/model"


def main():
    breaches = list(prints()) + list(family_names())
    headers = sorted(HOUSE.rglob("*.hpp"))
    number = f"v{VERSION[1]}_{VERSION[2]}"
    for wanted in (f"#define {SHARED} {number}\n", f"WEFT_JOINED({number}_, "):
        if wanted not in (HOUSE / "base/version.hpp").read_text():
            breaches.append(f"base/version.hpp: has no {wanted.strip()}, the version of CMakeLists.txt")
    for path in headers:
        name = path.relative_to(HOUSE).as_posix()
        room = name.split("/")[0] if "/" in name else None
        lines = len(path.read_text().splitlines())
        if lines > LIMIT and name not in LONG:
            breaches.append(f"{name}: {lines} lines; at most {LIMIT}, or a reason in the list of this script")
        if (lines_of_code := statements(path)) and all(re.match(r"(template\s*<.*>\s*)?using\b", line, re.DOTALL) for line in lines_of_code) and name not in LISTS:
            breaches.append(f"{name}: holds nothing but other names; say them where they are meant")
        for opened in re.findall(r"^namespace (weft\S*(?: \w+)?)", path.read_text(), re.MULTILINE):
            if opened != f"weft::inline {MACRO}" and (name, opened) != ("base/error.hpp", f"weft::inline {SHARED}"):
                breaches.append(f"{name}: opens namespace {opened}; every header opens weft::inline {MACRO}")
            if name != "base/version.hpp" and not any(target.startswith("weft/") for _, target in includes(path)):
                breaches.append(f"{name}: does not see {MACRO}; include <weft/base/version.hpp>")
        if room and room != "text" and FLOOR.get(room, 99) <= 11 and name not in MAY_SHARE and SHARING.search(path.read_text()):
            breaches.append(f"{name}: {SHARING.search(path.read_text())[0].strip()} is shared with units of other instructions; base/unit_containers.hpp has one that is not")
        if room is None:  # the umbrella
            for number, target in includes(path):
                if target.startswith("weft/") and (FLOOR[target.split("/")[1]] > 11 or target.split("/")[1] == "text"):
                    breaches.append(f"{name}:{number}: includes {target}; weft.hpp is floors 0 to 11 without text")
            continue
        if room not in FLOOR:
            breaches.append(f"{name}: {room}/ is not a room of the house")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for said, rooms in NAMES.items():
                if room not in rooms and (m := re.search(said, line.partition("//")[0])):
                    breaches.append(f"{name}:{number}: only {', '.join(sorted(rooms))} may say {m.group(0)}")
        for number, target in includes(path):
            where = f"{name}:{number}"
            if target.startswith("weft/"):
                other = target.split("/")[1]
                for together in OPTIONAL.values():
                    if target.removeprefix("weft/") in together and name not in together:
                        breaches.append(f"{where}: {target} needs a library that users need not have; no header includes it")
                if not (HOUSE.parent / target).exists():
                    breaches.append(f"{where}: {target} does not exist")
                elif other.endswith(".hpp"):
                    if FLOOR[room] < 99:
                        breaches.append(f"{where}: includes the umbrella {target}; include what is used")
                elif room in ONLY and other not in ONLY[room]:
                    breaches.append(f"{where}: {room}/ may include {', '.join(sorted(ONLY[room]))}, not {other}/")
                elif other != room and FLOOR[other] >= FLOOR[room] and FLOOR[room] < 99:
                    breaches.append(f"{where}: floor {FLOOR[room]} ({room}/) includes floor {FLOOR[other]} ({other}/)")
                elif room == "io" and other != room and FLOOR[other] >= 3 and path.name not in JOINTS:
                    breaches.append(f"{where}: io's readers know parameters, not models; {other}/ is for {', '.join(sorted(JOINTS))}")
            else:
                for library, rooms in LIBRARIES.items():
                    if target.startswith(library) and room not in rooms:
                        breaches.append(f"{where}: only {', '.join(sorted(rooms))} may include {target}")
                for library, together in OPTIONAL.items():
                    if target == library and name not in together:
                        breaches.append(f"{where}: only {', '.join(sorted(together))} may include {target}")
    for breach in breaches:
        print(breach)
    print(f"floors: {len(headers)} headers, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
