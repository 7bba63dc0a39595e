#pragma once
// What the browser runs in an attention page. It finds `tokens`, and `maps` of {layer, head, data}.

#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::drawing {

inline constexpr const char* attention_style = R"(
body { margin: 24px 32px; font: 14px/1.4 Helvetica, Arial, sans-serif; color: #222; background: #fff; }
h1 { font-size: 20px; margin: 0 0 12px; overflow-wrap: anywhere; }
.pick { margin: 0 0 8px; display: flex; flex-wrap: wrap; gap: 4px; align-items: center; }
.pick b { width: 52px; font-weight: normal; color: #666; }
.pick button { min-width: 30px; padding: 2px 7px; border: 1px solid #bbb; border-radius: 4px; background: #fff; color: #222; font: inherit; cursor: pointer; }
.pick button.on { background: #2f6ca8; border-color: #2f6ca8; color: #fff; }
#note { min-height: 20px; margin: 10px 0; color: #444; }
#views { display: flex; flex-wrap: wrap; gap: 48px; align-items: flex-start; }
h2 { font-size: 13px; font-weight: normal; color: #666; margin: 0 0 6px; }
svg text { font: 12px Helvetica, Arial, sans-serif; fill: #333; white-space: pre; }
svg text.axis { fill: #888; }
svg .faint { opacity: 0.25; }
svg .strong { font-weight: bold; fill: #111; }
svg .hit { fill: transparent; cursor: default; }
)";

inline constexpr const char* attention_body = R"(<div class="pick" id="layers"><b>layer</b></div>
<div class="pick" id="heads"><b>head</b></div>
<p id="note"></p>
<div id="views">
<div><h2>how much each query (row) takes from each key (column)</h2><svg id="heat"></svg></div>
<div><h2>queries on the left, keys on the right</h2><svg id="lines"></svg></div>
</div>
<noscript><p>This page draws with JavaScript, which is switched off.</p></noscript>
)";

inline constexpr const char* attention_script = R"(
const n = tokens.length, ns = "http://www.w3.org/2000/svg";
const get = id => document.getElementById(id);
const shown = tokens.map(t => [...t].length > 18 ? [...t].slice(0, 17).join("") + "\u2026" : t);
for (const map of maps) {
  const bytes = atob(map.data);
  map.p = Float32Array.from({length: n * n}, (_, i) => (bytes.charCodeAt(2 * i) + 256 * bytes.charCodeAt(2 * i + 1)) / 65535);
  map.most = Math.max(map.p.reduce((a, b) => Math.max(a, b)), 1e-9);
}
const layers = [...new Set(maps.map(m => m.layer))].sort((a, b) => a - b);
const headsOf = layer => maps.filter(m => m.layer === layer).map(m => m.head).sort((a, b) => a - b);
let now = maps[0];

function add(to, kind, attributes, text) {
  const e = document.createElementNS(ns, kind);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return to.appendChild(e);
}
function size(svg, width, height) {
  svg.replaceChildren();
  svg.setAttribute("width", width), svg.setAttribute("height", height), svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
}
// White to dark blue, the darkest being the map's largest probability; the square root shows small ones too.
function colour(p) {
  const s = Math.sqrt(p / now.most), to = (a, b) => Math.round(a + (b - a) * s);
  return `rgb(${to(255, 18)},${to(255, 62)},${to(255, 116)})`;
}
const percent = p => (100 * p).toFixed(p < 0.1 ? 2 : 1) + " %";
const quoted = i => "\u201c" + tokens[i] + "\u201d";

function say(query, key) {
  const note = get("note");
  if (query === undefined) { note.textContent = `Hover over a token or a cell. The darkest cell stands for ${percent(now.most)}.`; return; }
  if (key !== undefined) {
    note.textContent = `${quoted(query)} (${query}) takes ${percent(now.p[query * n + key])} from ${quoted(key)} (${key})`;
    return;
  }
  const row = [...Array(n).keys()].sort((a, b) => now.p[query * n + b] - now.p[query * n + a]).slice(0, 5);
  note.textContent = `${quoted(query)} (${query}) takes most from ` + row.map(k => `${quoted(k)} ${percent(now.p[query * n + k])}`).join(", ");
}

const wide = Math.max(5, ...shown.map(t => t.length)) * 8 + 14, cell = Math.max(6, Math.min(26, Math.floor(640 / n)));
const step = Math.max(cell, 15), every = Math.ceil(13 / cell);
function drawHeat() {
  const svg = get("heat"), side = n * cell;
  size(svg, wide + side + 12, wide + side + 12);
  const grid = add(svg, "g", {transform: `translate(${wide} ${wide})`});
  for (let i = 0; i < n; i += every) {
    add(grid, "text", {x: -7, y: (i + 0.5) * cell + 4, "text-anchor": "end", class: "q", "data-i": i}, shown[i]);
    add(grid, "text", {transform: `translate(${(i + 0.5) * cell + 4} -7) rotate(-90)`, class: "k", "data-i": i}, shown[i]);
  }
  for (let q = 0; q < n; ++q)
    for (let k = 0; k < n; ++k)
      add(grid, "rect", {x: k * cell, y: q * cell, width: cell, height: cell, fill: colour(now.p[q * n + k])});
  add(grid, "rect", {width: side, height: side, fill: "none", stroke: "#888"});
  const mark = add(grid, "path", {fill: "none", stroke: "#de8524", "stroke-width": 1.5});
  const hit = add(grid, "rect", {width: side, height: side, class: "hit"});
  hit.onmousemove = event => {
    const box = hit.getBoundingClientRect(), at = (x, from) => Math.max(0, Math.min(n - 1, Math.floor((x - from) / cell)));
    const q = at(event.clientY, box.top), k = at(event.clientX, box.left);
    mark.setAttribute("d", `M0 ${q * cell}h${side}v${cell}h${-side}zM${k * cell} 0h${cell}v${side}h${-cell}z`);
    say(q, k), lightLines(q, undefined);
  };
  hit.onmouseleave = () => { mark.setAttribute("d", ""), say(), lightLines(); };
}

const span = 220, right = wide + span;
function drawLines() {
  const svg = get("lines");
  size(svg, 2 * wide + span, n * step + 8);
  add(svg, "g", {id: "web"});
  for (let i = 0; i < n; ++i) {
    const y = (i + 0.5) * step + 8;
    add(svg, "text", {x: wide - 6, y, "text-anchor": "end", "data-q": i}, shown[i]);
    add(svg, "text", {x: right + 6, y, "data-k": i}, shown[i]);
    const left = add(svg, "rect", {x: 0, y: y - step / 2 - 4, width: wide, height: step, class: "hit"});
    const other = add(svg, "rect", {x: right, y: y - step / 2 - 4, width: wide, height: step, class: "hit"});
    left.onmouseenter = () => { say(i), lightLines(i, undefined); };
    other.onmouseenter = () => lightLines(undefined, i);
    left.onmouseleave = other.onmouseleave = () => { say(), lightLines(); };
  }
  lightLines();
}
// Lines of one query, of one key, or of the pairs that take twice their even share.
function lightLines(query, key) {
  const web = get("web"), all = query === undefined && key === undefined;
  const strongest = all ? 1 : [...Array(n).keys()].reduce((top, i) => Math.max(top, now.p[query !== undefined ? query * n + i : i * n + key]), 1e-9);
  web.replaceChildren();
  for (let q = 0; q < n; ++q)
    for (let k = 0; k < n; ++k) {
      const p = now.p[q * n + k];
      if (p < (all ? Math.min(2 / n, 0.5) : 0.002) || (query !== undefined && q !== query) || (key !== undefined && k !== key)) continue;
      add(web, "line", {x1: wide, y1: (q + 0.5) * step + 4, x2: right, y2: (k + 0.5) * step + 4, stroke: "#2f6ca8",
                        "stroke-width": 0.6 + 2.4 * p, "stroke-opacity": all ? 0.6 * Math.sqrt(p / now.most) : Math.sqrt(p / strongest)});
    }
  for (const text of get("lines").querySelectorAll("text")) {
    const {q, k} = text.dataset, on = q !== undefined ? Number(q) === query : Number(k) === key;
    let faint = false;
    if (query !== undefined) faint = q !== undefined ? !on : now.p[query * n + Number(k)] < 0.02;
    if (key !== undefined) faint = k !== undefined ? !on : now.p[Number(q) * n + key] < 0.02;
    text.setAttribute("class", on ? "strong" : faint ? "faint" : "");
  }
}

function pick(map) {
  now = map;
  const row = (id, values, chosen, choose) => {
    const box = get(id);
    for (const old of box.querySelectorAll("button")) old.remove();
    for (const v of values) {
      const b = document.createElement("button");
      b.textContent = v, b.className = v === chosen ? "on" : "", b.onclick = () => choose(v);
      box.append(b);
    }
  };
  const find = (layer, head) => maps.find(m => m.layer === layer && m.head === head) || maps.find(m => m.layer === layer);
  row("layers", layers, map.layer, layer => pick(find(layer, map.head)));
  row("heads", headsOf(map.layer), map.head, head => pick(find(map.layer, head)));
  say(), drawHeat(), drawLines();
}
pick(now);
)";

}  // namespace weft::drawing
