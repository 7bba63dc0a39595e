"""The docstrings of include/weft as XML in build/docs/xml, in a form that Breathe and Sphinx can read; make_site.py runs it."""
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS, BUILD = ROOT / "include" / "weft", ROOT / "build" / "docs"
INNER = re.compile(r' *<inner(class|namespace)\b([^>]*)>([^<]*)</inner\1>\n')


def escaped(line):
    """A line so that Doxygen takes < and \\ in words for what they are, and 1'000 for one number."""
    code, mark, words = line.partition("///")
    code = re.sub(r"(?<=\d)'(?=\d)", "", code)
    if words.startswith("<"):
        mark, words = mark + "<", words[1:]
    return code + mark + "`".join(part if i % 2 else part.replace("\\", "\\\\").replace("<", "\\<")
                                  for i, part in enumerate(words.split("`")))


def readable(xml, of_file):
    """Without what a page of one header does not need (namespaces, which Breathe would draw whole on every page; parts of
    other types; details) and without values that Sphinx's grammar of C++ lacks."""
    names = {name for kind, _, name in INNER.findall(xml) if kind == "class"}

    def kept(match):
        kind, attributes, name = match.groups()
        inside = of_file and name.rsplit("::", 1)[0] in names or re.search(r"::(detail|drawing)(::|$)", name)
        return "" if kind == "namespace" or 'prot="private"' in attributes or inside else match.group(0)

    xml = INNER.sub(kept, xml)
    xml = re.sub('<sectiondef kind="private-.*?</sectiondef>', "", xml, flags=re.DOTALL)
    xml = re.sub(r"([{,]\s*)\.(?=[\w<])", r"\1", xml)  # {.width = 8} as {width = 8}
    return re.sub(r"<initializer>=?\s*\[.*?</initializer>", "", xml, flags=re.DOTALL)


def read_docstrings():
    for folder in ("include", "xml"):
        shutil.rmtree(BUILD / folder, ignore_errors=True)
    for header in HEADERS.rglob("*.hpp"):
        to = BUILD / "include" / "weft" / header.relative_to(HEADERS)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text("\n".join(["/// @file", *map(escaped, header.read_text().splitlines())]) + "\n")
    subprocess.run(["doxygen", str(ROOT / "docs" / "site" / "Doxyfile")], cwd=BUILD, check=True)
    # Breathe looks a file up by its name in the index, where Doxygen leaves out the folder.
    index = BUILD / "xml" / "index.xml"

    for page in (BUILD / "xml").glob("*.xml"):
        page.write_text(readable(page.read_text(), page.name.endswith('_8hpp.xml')) if page != index else page.read_text())

    def path_of(match):
        where = re.findall('<location file="([^"]*)"', (BUILD / "xml" / f"{match[2]}.xml").read_text())[-1]
        return f"{match[1]}{where}</name>"

    index.write_text(re.sub(r'(<compound refid="([^"]*)" kind="file"><name>)[^<]*</name>', path_of, index.read_text()))
