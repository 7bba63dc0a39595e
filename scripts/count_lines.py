#!/usr/bin/env python3
"""Lines of code of include/, room by room: neither blank nor nothing but a comment, the format's 120 columns as they are.
With commits as arguments it counts those as well: scripts/count_lines.py main~20 main. Generated tables, which no one reads,
are counted apart."""
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
GENERATED = {"text/character_classes.hpp", "text/unicode_classes.hpp"}  # as scripts/check_floors.py allows them their length


def code_lines(text):
    """A line that holds something besides comments and blanks."""
    text = re.sub(r'("(?:\\.|[^"\\\n])*")|/\*.*?\*/|//[^\n]*', lambda m: m[1] or "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    return sum(bool(line.strip()) for line in text.splitlines())


def headers_of(commit):
    """{path below include/weft: text} of a commit, or of the working tree."""
    if commit is None:
        return {p.relative_to(ROOT / "include" / "weft").as_posix(): p.read_text() for p in (ROOT / "include" / "weft").rglob("*.hpp")}
    def git(*words):
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout
    names = [name for name in git("ls-tree", "-r", "--name-only", commit, "include/weft").splitlines() if name.endswith(".hpp")]
    return {name.removeprefix("include/weft/"): git("show", f"{commit}:{name}") for name in names}


def main():
    columns, long = {}, {}
    for commit in [*sys.argv[1:], None]:
        rooms = collections.Counter()
        for name, text in headers_of(commit).items():
            rooms["(generated)" if name in GENERATED else name.split("/")[0] if "/" in name else "(umbrella)"] += code_lines(text)
        title = commit[:12] if commit else "now"
        columns[title] = rooms
        long[title] = [name for name, text in headers_of(commit).items() if len(text.splitlines()) > 300]
    rooms = sorted(set().union(*columns.values()))
    print(f"{'room':14}" + "".join(f"{title:>14}" for title in columns))
    for room in rooms:
        print(f"{room:14}" + "".join(f"{rows[room]:14}" for rows in columns.values()))
    print(f"{'all but tables':14}" + "".join(f"{sum(rows.values()) - rows['(generated)']:14}" for rows in columns.values()))
    print(f"{'all':14}" + "".join(f"{sum(rows.values()):14}" for rows in columns.values()))
    for title, names in long.items():
        print(f"{title}: {len(names)} headers over 300 lines{': ' if names else ''}{', '.join(names)}")


if __name__ == "__main__":
    main()
