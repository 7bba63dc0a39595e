#!/usr/bin/env python3
"""Makes the documentation site in build/docs/html: the Markdown pages of docs/, and below each reference page the
declarations of its header, which Doxygen reads from the docstrings. ./dev docs runs it in an environment that has
docs/requirements.txt.

The pages stay what a forge shows. Everything that only the site needs is added to copies in build/docs/source: trees of
contents, in the order in which a folder's README.md links its pages, a page for each room, and declarations. A page
that no README.md names comes last."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from docstrings import read_docstrings

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS, HEADERS = ROOT / "docs", ROOT / "include" / "weft"
BUILD = ROOT / "build" / "docs"
SOURCE = BUILD / "source"
BESIDE = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}  # pages from the root, and their names here
FIRST = ["how-to/getting-started", "how-to/index", "explanations/index", "reference/index", "performance"]
LAST = ["design/house", "design/contracts", "design/checks", "contributing", "changelog"]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")


def place_of(path):
    """Where a file of the project stands on the site, from the site's root; None if it does not."""
    if path.is_dir() and (path / "README.md").exists():
        path = path / "README.md"
    if path == ROOT / "README.md":
        return pathlib.PurePosixPath("index.md")
    if path.parent == ROOT and path.name in BESIDE:
        return pathlib.PurePosixPath(BESIDE[path.name])
    if path.parent.parent == DOCS / "reference" and path.is_dir():
        return pathlib.PurePosixPath("reference", path.name, "index.md")
    if path.is_relative_to(DOCS) and path.is_file():
        place = pathlib.PurePosixPath(path.relative_to(DOCS).as_posix())
        return place.with_name("index.md") if place.name == "README.md" else place
    return None


def relocated(text, page, place):
    """The text of `page` with its links as they are from `place`. What is not on the site is named instead of linked."""
    def link(match):
        picture, words, target, anchor = match.groups()
        if not target or re.match(r"[a-z]+:", target):
            return match.group(0)
        to = pathlib.Path(os.path.normpath(page.parent / target))
        on_site = place_of(to)
        if on_site is None:
            return f"{words} (`{to.relative_to(ROOT)}`)"
        return f"{picture}[{words}]({os.path.relpath(on_site, place.parent)}{anchor or ''})"

    parts = re.split(r"(^ *```.*?^ *```)", text, flags=re.MULTILINE | re.DOTALL)
    for i, part in enumerate(parts):
        parts[i] = re.sub(r"\A( *```cpp\n)// fragment\n", r"\1", part) if i % 2 else LINK.sub(link, part)
    return "".join(parts)


def tree(pages, options=("hidden", "titlesonly")):
    return "\n".join(["", "```{toctree}", *(f":{option}:" for option in options), *pages, "```", ""])


def linked(text, folder):
    """The pages of `folder` in the order in which the text names them, then the others."""
    every = sorted(p.relative_to(folder).as_posix()[:-3] for p in folder.glob("*.md") if p.name != "index.md")
    named = [target[:-3] for _, _, target, _ in LINK.findall(text) if target.endswith(".md")]
    return list(dict.fromkeys([*(page for page in named if page in every), *every]))


def declarations(header):
    return f"\n## Declarations\n\n```{{eval-rst}}\n.. doxygenfile:: weft/{header}\n```\n"


def write_rooms(index):
    """A page for each room from its section of the reference's README.md. Returns their names."""
    rooms = []
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        room, _, rest = section.partition("\n")
        folder = SOURCE / "reference" / room
        if not folder.is_dir():
            continue
        rest = rest.replace(f"({room}/", "(").replace("](../", "](../../")
        (folder / "index.md").write_text(f"# {room}\n{rest}{tree(linked(rest, folder))}")
        rooms.append(f"{room}/index")
    for folder in sorted(p for p in (SOURCE / "reference").iterdir() if p.is_dir()):
        if not (folder / "index.md").exists():
            (folder / "index.md").write_text(f"# {folder.name}\n{tree(linked('', folder), ())}")
            rooms.append(f"{folder.name}/index")
    return rooms


def put_pages_together():
    shutil.rmtree(SOURCE, ignore_errors=True)
    pages = [*DOCS.rglob("*.md"), *(ROOT / name for name in BESIDE)]
    for page in pages:
        place = place_of(page)
        text = relocated(page.read_text(), page, place)
        if place.parts[0] == "reference" and (HEADERS / page.parent.name / f"{page.stem}.hpp").exists():
            text += declarations(f"{page.parent.name}/{page.stem}.hpp")
        to = SOURCE / place
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text)
    shutil.copytree(DOCS / "pictures", SOURCE / "pictures")
    for name in ("how-to", "explanations", "reference"):
        index = SOURCE / name / "index.md"
        text = index.read_text()
        inside = write_rooms(text) if name == "reference" else linked(text, index.parent)
        index.write_text(text + tree([page for page in inside if f"{name}/{page}" not in FIRST]))
    front = SOURCE / "index.md"
    front.write_text(front.read_text() + tree(FIRST) + tree(LAST, ("hidden", "titlesonly", "caption: The project")))


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
    put_pages_together()
    read_docstrings()
    shutil.rmtree(BUILD / "html", ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
                           "-c", str(DOCS / "site"), "-d", str(BUILD / "doctrees"), str(SOURCE), str(BUILD / "html")])
    if done.returncode == 0:
        print(f"docs: {BUILD.relative_to(ROOT) / 'html' / 'index.html'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
