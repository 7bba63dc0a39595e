#!/usr/bin/env python3
"""Opens every page of build/docs/html in headless Chromium, as wide as a desk's screen and as a phone's (360 pixels), and
reports what a reader would meet: links and anchors that lead nowhere, messages on the console, pictures that do not
show, a page that is wider than the phone, letters too small to read. ./dev docs --check runs it after the site is made."""
import functools
import http.server
import os
import pathlib
import shutil
import sys
import threading
import urllib.parse

from selenium import webdriver

ROOT = pathlib.Path(__file__).resolve().parent.parent
HTML = ROOT / "build" / "docs" / "html"
PHONE = 360
LOOK = """
const visible = e => e.getClientRects().length > 0;
const body = [...document.querySelectorAll('article p, article li, article td, article pre')].filter(visible);
return {
  title: document.title,
  width: document.documentElement.scrollWidth,
  window: window.innerWidth,
  smallest: Math.min(16, ...body.map(e => parseFloat(getComputedStyle(e).fontSize))),
  links: [...document.querySelectorAll('a[href]')].map(a => a.href),
  ids: [...document.querySelectorAll('[id]')].map(e => e.id),
  pictures: [...document.images].map(i => [i.src, i.complete && i.naturalWidth > 0, i.alt])
};
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def browser():
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        sys.exit("weft: chromium and chromedriver were not found; install them (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    arguments = ["--headless=new", "--disable-dev-shm-usage", "--hide-scrollbars"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium's sandbox refuses to run as root
    for argument in arguments:
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def look(page, url, width):
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                         {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE})
    page.get(url)
    page.execute_script("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    page.execute_async_script("const done = arguments[0]; Promise.all([...document.images].map(i => i.decode().catch(() => 0)))"
                              ".then(() => done())")
    return page.execute_script(LOOK)


def main():
    pages = sorted(p.relative_to(HTML).as_posix() for p in HTML.rglob("*.html") if "_static" not in p.parts)
    if not pages:
        sys.exit("weft: build/docs/html has no pages; ./dev docs makes them")
    at, faults, links, ids, pictures = serve(), [], {}, {}, 0
    with browser() as chromium:
        for name in pages:
            for width in (1280, PHONE):
                found = look(chromium, at + name, width)
                for message in chromium.get_log("browser"):
                    faults.append(f"{name}: the console says: {message['message']}")
                faults += [f"{name}: the picture {source} does not show" for source, shows, _ in found["pictures"] if not shows]
                faults += [f"{name}: the picture {source} has no words" for source, _, words in found["pictures"] if not words]
                if found["width"] > found["window"] or found["window"] > width:
                    faults.append(f"{name}: {max(found['width'], found['window'])} pixels wide on a screen of {width}")
                if found["smallest"] < 11:
                    faults.append(f"{name}: letters of {found['smallest']} pixels on a screen of {width}")
            links[name], ids[name] = found["links"], set(found["ids"])
            pictures += len(found["pictures"])
    for name in pages:
        for link in sorted(set(links[name])):
            target, anchor = urllib.parse.urldefrag(link)
            if not target.startswith(at):
                continue
            to = urllib.parse.unquote(target[len(at):]) or "index.html"
            if not (HTML / to).is_file():
                faults.append(f"{name}: the link to {to} leads nowhere")
            elif anchor and to in ids and urllib.parse.unquote(anchor) not in ids[to]:
                faults.append(f"{name}: {to} has no place called {anchor}")
    print("\n".join(faults))
    print(f"site: {len(pages)} pages, {sum(map(len, links.values()))} links and {pictures} pictures, on two widths, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
