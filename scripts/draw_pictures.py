#!/usr/bin/env python3
"""Draws the pictures of docs/explanations into docs/pictures: the patterns with weft's own pattern_picture
(docs/pictures/patterns.cpp), the house from the table that scripts/check_floors.py holds, and the others from the lines
below. --check draws nothing and fails where a committed picture is not what would be drawn."""
import html
import pathlib
import subprocess
import sys
import tempfile

from check_floors import FLOOR

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
BLUE, ORANGE, GREEN, VIOLET, GREY = "#d6e6f5", "#fbe3c6", "#d3ecdf", "#e7dcf1", "#ededea"


class Picture:
    """Boxes, words and arrows, in a picture narrow enough for a phone, on white so that it can be read on any page."""

    def __init__(self, title, width, height):
        self.title, self.width, self.height, self.parts = title, width, height, []

    def words(self, x, y, text, size=14, anchor="middle", colour="#222222", bold=False):
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>'
                          f"{html.escape(text)}</text>")

    def box(self, x, y, width, height, text="", fill=BLUE, size=14, dashed=False):
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" fill="{fill}" '
                          f'stroke="#666666"{dash}/>')
        lines = text.split("\n") if text else []
        for i, line in enumerate(lines):
            self.words(x + width / 2, y + height / 2 + size * (0.35 + 1.25 * (i - (len(lines) - 1) / 2)), line, size)

    def arrow(self, *points):
        self.parts.append('<polyline fill="none" stroke="#444444" stroke-width="1.5" marker-end="url(#end)" points="'
                          + " ".join(f"{x:g},{y:g}" for x, y in points) + '"/>')

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
                f'height="{self.height}" font-family="Helvetica, Arial, sans-serif">\n<title>{html.escape(self.title)}'
                '</title>\n<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
                'orient="auto"><path d="M0 0L8 4L0 8z" fill="#444444"/></marker></defs>\n'
                '<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def house():
    floors = {}
    for room, floor in FLOOR.items():
        if (ROOT / "include" / "weft" / room).is_dir():
            floors.setdefault(floor, []).append(room)
    beside = floors.pop(99)
    height = 38 * len(floors)
    p = Picture("the house: rooms and floors", 480, height + 78)
    p.words(30, 26, "floor", 12, colour="#666666")
    for i, floor in enumerate(sorted(floors, reverse=True)):
        y, rooms = 38 + 38 * i, floors[floor]
        p.words(30, y + 22, str(floor), colour="#666666")
        fill = GREY if floor <= 1 else BLUE if floor <= 5 else ORANGE if floor <= 8 else GREEN if floor <= 11 else VIOLET
        for j, room in enumerate(rooms):
            width = 310 / len(rooms)
            p.box(58 + j * width, y, width - 4, 32, room, fill)
    for j, room in enumerate(beside):
        p.box(376 + 50 * j, 38, 44, height - 6, fill="#ffffff", dashed=True)
        x, y = 376 + 50 * j + 27, 38 + height / 2
        p.parts.append(f'<g transform="translate({x} {y:g}) rotate(-90)">')
        p.words(0, 0, room)
        p.parts.append("</g>")
    p.words(58, height + 62, "A room includes rooms of lower floors only.", 13, "start", "#444444")
    return p


def data_way():
    p = Picture("the way of the data", 440, 560)
    x, width = 60, 320
    p.box(x, 14, width, 40, "text/: ids and where they stand in the text", GREY)
    p.arrow((220, 54), (220, 74))
    p.box(x, 74, width, 40, "memory/batch: ragged sequences of ids", GREY)
    p.arrow((220, 114), (220, 134))
    p.box(x, 134, width, 40, "embedding/: one row a token", ORANGE)
    p.arrow((220, 174), (220, 216))
    p.box(30, 196, 380, 262, fill="#ffffff", dashed=True)
    p.words(40, 449, "layout/, once for every layer", 13, "start", "#444444")
    p.box(x, 218, width, 56, "mixer/: tokens meet\n(pattern/, score/)", BLUE)
    p.arrow((220, 274), (220, 298))
    p.box(x, 298, width, 126, fill=GREEN)
    for i, step in enumerate(("add, norm/", "ffn/: up, activation, down", "add, norm/")):
        p.words(220, 322 + 30 * i, step)
    p.words(220, 412, "block of 64 rows by block, while in cache", 12, colour="#444444")
    p.arrow((220, 458), (220, 484))
    p.box(x, 484, width, 40, "head/: labels, words, answers", VIOLET)
    p.words(220, 548, "Rows of all sequences lie end to end all the way.", 13, colour="#444444")
    return p


LENGTHS = (7, 3, 5, 2)
SEQUENCES = (BLUE, ORANGE, GREEN, VIOLET)


def ragged():
    p = Picture("a padded batch and a ragged one", 440, 286)
    p.words(14, 24, "padded: a rectangle, 28 rows to compute", 14, "start", bold=True)
    for s, length in enumerate(LENGTHS):
        for token in range(max(LENGTHS)):
            p.box(14 + 24 * token, 36 + 24 * s, 22, 22, "" if token < length else "0",
                  SEQUENCES[s] if token < length else "#ffffff", 12, token >= length)
    p.words(14, 172, "ragged: end to end, 17 rows to compute", 14, "start", bold=True)
    at = 0
    for s, length in enumerate(LENGTHS):
        for token in range(length):
            p.box(14 + 24 * (at + token), 184, 22, 22, "", SEQUENCES[s])
        p.words(14 + 24 * at, 226, str(at), 13, "start")
        at += length
    p.words(14 + 24 * at, 226, str(at), 13)
    p.words(14, 248, "offsets: where each sequence begins, and the end", 13, "start", "#444444")
    p.words(14, 270, "Linears see 17 rows. Only embedding and mixer see sequences.", 13, "start", "#444444")
    return p


def mixed_attention():
    p = Picture("mixed attention", 440, 548)
    p.box(150, 12, 140, 34, "rows, width 768", GREY)
    for x, name in ((20, "query"), (85, "key"), (150, "value")):
        p.arrow((220, 46), (220, 60), (x + 28, 60), (x + 28, 76))
        p.box(x, 76, 57, 36, name, BLUE, 13)
    p.arrow((220, 60), (300, 60), (300, 76))
    p.box(236, 76, 128, 52, "key of a span:\n9 neighbours", ORANGE, 13)
    p.arrow((220, 60), (400, 60), (400, 232))
    p.arrow((48, 112), (48, 150), (270, 150), (270, 172))
    p.arrow((324, 128), (324, 172))
    p.box(236, 172, 128, 40, "query x key", ORANGE, 13)
    p.arrow((300, 212), (300, 232))
    p.box(236, 232, 128, 54, "linear, softmax:\n9 weights a head", ORANGE, 13)
    p.box(372, 232, 56, 54, "value", ORANGE, 13)
    for x in (48, 113, 178):
        p.arrow((x, 112), (x, 232))
    p.box(20, 232, 187, 124, "attention\nof half the heads,\nany pattern\nand score", BLUE)
    p.arrow((300, 286), (300, 308))
    p.arrow((400, 286), (400, 308))
    p.box(236, 308, 192, 48, "weighted sum of\n9 neighbouring values", ORANGE, 13)
    p.arrow((113, 356), (113, 392))
    p.arrow((332, 356), (332, 392))
    p.box(20, 392, 198, 36, "384 columns", BLUE)
    p.box(222, 392, 198, 36, "384 columns", ORANGE)
    p.arrow((220, 428), (220, 452))
    p.box(110, 452, 220, 36, "output linear", GREY)
    p.words(220, 514, "The query of the attention also steers the convolution.", 13, colour="#444444")
    p.words(220, 534, "Sizes of ConvBERT base.", 13, colour="#444444")
    return p


def bottleneck():
    p = Picture("the bottleneck", 440, 600)
    p.box(60, 12, 320, 36, "x: rows, width 512", GREY)
    p.arrow((110, 48), (110, 78))
    p.arrow((220, 48), (220, 78))
    p.arrow((330, 48), (330, 166))
    p.box(64, 78, 92, 52, "narrow,\nnorm: 128", GREEN, 13)
    p.box(170, 78, 100, 52, "narrow,\nnorm: 128", BLUE, 13)
    p.arrow((220, 130), (220, 166))
    p.words(228, 152, "query, key", 13, "start")
    p.words(338, 152, "value: 512", 13, "start")
    p.box(170, 166, 190, 44, "mixer: 128 out", BLUE)
    p.arrow((265, 210), (265, 240))
    p.arrow((110, 130), (110, 258), (170, 258))
    p.words(40, 252, "residual", 13, "start", "#444444")
    p.box(170, 240, 190, 36, "add, norm: 128", GREEN)
    p.arrow((265, 276), (265, 302))
    p.box(170, 302, 190, 78, "4 times:\nfeed-forward 128, 512, 128\nadd, norm", GREEN, 13)
    p.arrow((265, 380), (265, 406))
    p.box(170, 406, 190, 36, "widen: 512", ORANGE)
    p.arrow((265, 442), (265, 468))
    p.arrow((60, 30), (22, 30), (22, 486), (170, 486))
    p.words(30, 478, "residual: 512", 13, "start", "#444444")
    p.box(170, 468, 190, 36, "add, norm: 512", ORANGE)
    p.arrow((265, 504), (265, 528))
    p.box(60, 528, 320, 36, "y: rows, width 512", GREY)
    p.words(220, 588, "MobileBERT: narrowed::query_key", 13, colour="#444444")
    return p


def composition():
    p = Picture("from a spec to a program", 440, 480)
    p.box(14, 34, 412, 150, fill=GREY)
    p.words(14, 24, "a spec: names, no code", 14, "start", bold=True)
    lines = (("shape", "{.width = 384, .heads = 6, ...}", GREY), ("mixer", "attention<window<64>, alibi>", BLUE),
             ("feed_forward", "dense<gelu>", GREEN), ("norm", "layer_norm<>", ORANGE), ("layout", "post_norm", VIOLET))
    for i, (axis, policy, fill) in enumerate(lines):
        p.words(26, 58 + 28 * i, axis, 13, "start")
        p.box(130, 40 + 28 * i, 284, 25, policy, fill, 13)
    p.arrow((220, 184), (220, 212))
    p.words(232, 204, "bind: widths are constants", 13, "start", "#444444")
    p.words(14, 232, "a layer: one type", 14, "start", bold=True)
    p.box(14, 242, 412, 98, fill=VIOLET)
    p.words(24, 262, "post_norm::bind<spec>", 13, "start")
    p.box(24, 274, 92, 56, "layer_norm\ntwice", ORANGE, 13)
    p.box(124, 274, 150, 56, "attention, 6 heads\nwindow 64, alibi", BLUE, 13)
    p.box(282, 274, 134, 56, "dense\n384, 1536, 384", GREEN, 13)
    p.arrow((220, 340), (220, 368))
    p.words(232, 360, "the compiler", 13, "start", "#444444")
    p.words(14, 388, "a program", 14, "start", bold=True)
    p.box(14, 398, 412, 50, "loops with fixed widths, the score and the pattern\ninside the attention kernel, no virtual call",
          "#ffffff", 13)
    p.words(220, 470, "Number of layers, vocabulary and positions stay numbers.", 13, colour="#444444")
    return p


def chain():
    p = Picture("a chain of row-wise parts", 440, 336)
    p.words(14, 24, "many rows: blocks of 64 through the whole chain", 14, "start", bold=True)
    steps = ("add", "norm", "up", "act.", "down", "add", "norm")
    for worker in range(2):
        y = 36 + 58 * worker
        p.box(14, y, 92, 44, f"worker {worker}\n64 rows", (BLUE, ORANGE)[worker], 13)
        for i, step in enumerate(steps):
            p.box(114 + 45 * i, y + 6, 41, 32, step, (BLUE, ORANGE)[worker], 12)
    p.words(14, 166, "The rows stay in the cache of their core. One wait at the end.", 13, "start", "#444444")
    p.words(14, 204, "few rows: the workers share each step", 14, "start", bold=True)
    p.box(14, 216, 92, 64, "all rows", GREY, 13)
    for i, step in enumerate(steps):
        p.box(114 + 45 * i, 216, 41, 30, step, BLUE, 12)
        p.box(114 + 45 * i, 250, 41, 30, step, ORANGE, 12)
    p.words(14, 304, "Every output is computed by one worker, in the same order of", 13, "start", "#444444")
    p.words(14, 322, "additions either way.", 13, "start", "#444444")
    return p


def sums():
    p = Picture("one output, one chain of additions", 440, 246)
    p.words(14, 24, "y[r][o] = bias + x0 w0 + x1 w1 + x2 w2 + ...", 14, "start", bold=True)
    for row in range(4):
        y = 42 + 38 * row
        fill = BLUE if row < 3 else ORANGE
        for i, term in enumerate(("bias", "+ x0 w0", "+ x1 w1", "+ x2 w2", "...")):
            p.box(58 + 72 * i, y, 62, 28, term, fill, 12)
            if i < 4:
                p.arrow((120 + 72 * i, y + 14), (129 + 72 * i, y + 14))
        p.words(32, y + 19, f"row {row}", 13)
    p.words(14, 214, "A tile decides which chains run side by side (here 3 and 1),", 13, "start", "#444444")
    p.words(14, 232, "never the order inside a chain.", 13, "start", "#444444")
    return p


DRAWN = {"house": house, "data-way": data_way, "ragged": ragged, "mixed-attention": mixed_attention,
         "bottleneck": bottleneck, "composition": composition, "chain": chain, "sums": sums}


def main():
    with tempfile.TemporaryDirectory() as folder:
        to = pathlib.Path(folder)
        program = to / "patterns"
        subprocess.run(["g++", "-std=c++20", "-I", str(ROOT / "include"), str(PICTURES / "patterns.cpp"), "-o", str(program)],
                       check=True)
        subprocess.run([str(program), folder], check=True)
        for name, draw in DRAWN.items():
            (to / f"{name}.svg").write_text(draw().svg())
        drawn = sorted(to.glob("*.svg"))
        if "--check" in sys.argv:
            old = [p.name for p in drawn if not (PICTURES / p.name).exists()
                   or (PICTURES / p.name).read_text() != p.read_text()]
            print(f"pictures: {len(drawn)} drawn, {len(old)} differ" + "".join(f"\n  docs/pictures/{name}: run "
                  "scripts/draw_pictures.py" for name in old))
            return 1 if old else 0
        for picture in drawn:
            (PICTURES / picture.name).write_text(picture.read_text())
    print(f"pictures: {len(drawn)} drawn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
