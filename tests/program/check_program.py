#!/usr/bin/env python3
"""The program weft as scripts call it: exit codes, verdicts on unsound input, JSON lines. Arguments: the program, the
folder of test data."""
import base64
import concurrent.futures
import json
import math
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import check_output

PROGRAM, DATA = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
DEMO = DATA.parent.parent / "examples/classify/electra-gloss"
passed, faults = 0, []


def run(*arguments, text=None, environment=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], input=text, capture_output=True, text=True, env=environment)


def quick_flags(folder):
    """CXXFLAGS for programs that nobody times: no optimisation, and what most of them include compiled once. The headers
    are those that the program itself includes, so nothing that it forgets is found here; check_files.py does without."""
    common = pathlib.Path(folder) / "common.hpp"
    tasks = ("answer", "classify", "embed", "fill_mask", "passport", "rerank", "run", "similar", "tag", "train")
    common.write_text("".join(f"#include <weft/program/{task}.hpp>\n" for task in tasks) + "#include <weft/verify/verify.hpp>\n")
    flags = ["-O0", "-fPIC", "-fvisibility=hidden"]
    compiler = [os.environ.get("CXX", "c++"), "-std=c++20", "-march=native", "-w", "-I", str(DATA.parent.parent / "include"), "-O2", *flags]
    if "Free Software" in subprocess.run([compiler[0], "--version"], capture_output=True, text=True).stdout:
        subprocess.run([*compiler, "-x", "c++-header", str(common), "-o", f"{common}.gch"], check=True)
        flags += ["-include", str(common)]
    return " ".join(flags)


def expect(holds, what):
    global passed
    passed += bool(holds)
    if not holds:
        faults.append(what)


def refused(done):
    """Exit 1, and a message of its own on standard error."""
    return done.returncode == 1 and done.stderr.startswith("weft: ") and len(done.stderr) > 20


def check_inspect():
    for entry in json.loads((DATA / "malformed" / "index.json").read_text()):
        where = DATA / "malformed" / entry["file"]
        with tempfile.TemporaryDirectory() as folder:
            if entry["kind"] == "config":  # as config.json beside the base model's weights
                (pathlib.Path(folder) / "config.json").write_bytes(where.read_bytes())
                (pathlib.Path(folder) / "model.safetensors").write_bytes((DATA / "malformed/base/model.safetensors").read_bytes())
                where = folder
            done = run("inspect", where)
            good = done.returncode == 0 if entry["strict"] == "accept" else refused(done)
            expect(good, f"inspect {entry['file']}: exit {done.returncode}, {done.stderr!r}; wanted {entry['strict']}")
    for container in ("zip", "legacy"):  # a program built without libzip says what it lacks
        done = run("inspect", DATA / "torch" / f"bert_{container}")
        expect("21 tensors are there and well shaped" in done.stdout or "link weft::torch" in done.stderr,
               f"inspect bert_{container} says {done.stdout[-300:]}{done.stderr[-300:]}")
    done = run("inspect", DATA / "models/bert_mlm")
    expect("42 tensors are there and well shaped, 24344 parameters" in done.stdout, f"inspect bert_mlm says {done.stdout[-300:]}")
    # Linears: 8,192 weights in each of 2 layers, 1,024 and 120 words of 32 in the head, which a table holds too; attention of
    # width 32 over 64 tokens, the longest text.
    values, products = 24344 + 120 * 32, 2 * 8192 + 1024 + 120 * 32
    sentences = (f"weights in memory: {4 * values / 1000:.0f} kB as float32, {(4 * values - 2 * products) / 1000:.1f} kB as bfloat16, {(4 * values - 3 * products) / 1000:.1f} kB as int8\n",
                 f"operations a token, encoder without heads: {(2 * 2 * 8192 + 2 * 4 * 64 * 32) / 1000:.1f} kFLOP in a text of 64\n")
    flagged = run("inspect", DATA / "models/bert_mlm", environment={**os.environ, "CXXFLAGS": "-Ofast"}).stdout
    expect("results on this machine: " in done.stdout and "CXXFLAGS" in flagged and "-Ofast" in flagged, f"inspect of bits says {done.stdout[-300:]}{flagged[-300:]}")
    for where in (DATA / "models/bert_mlm", DATA / "models/bert_mlm/config.json"):
        said = run("inspect", where).stdout
        expect(all(s in said for s in sentences), f"inspect {where} says {said[-300:]}, wanted {sentences}")


def check_refusals():
    """What keys say of stored tensors is refused before anything is compiled: no compiler could be run."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "WEFT_CACHE": folder + "/cache", "CXX": "/nowhere/c++"}
        for name, change, sentence in (("deberta_v3_classify", {"position_buckets": 8}, "position_buckets: found 8, wanted half of 32, the rows of "),
                                       ("deberta_v2_mlm", {"share_att_key": False}, "share_att_key: found false, wanted true: the checkpoint has no "),
                                       ("modernbert_mlm", {"local_attention": 0}, "local_attention: found 0, wanted ")):
            model = pathlib.Path(shutil.copytree(DATA / "models" / name, folder + "/model"))
            config = json.loads((model / "config.json").read_text())
            (model / "config.json").write_text(json.dumps({**config, **change}))
            for command in ("inspect", "verify"):
                done = run(command, model, environment=environment)
                expect(refused(done) and f"config.json: {sentence}" in done.stderr, f"{command} of {name} with {change} says {done.stderr!r}")
            shutil.rmtree(model)


def check_tokenize():
    lines = [json.loads(line) for line in (DATA / "tokenizers/lines.jsonl").read_text().splitlines()]
    for name, arguments in (("wordpiece/uncased", ["wordpiece/vocab_uncased.txt"]), ("wordpiece/cased", ["wordpiece/vocab_cased.txt", "--cased"]),
                            ("bytelevel/roberta", ["bytelevel/roberta_saved"]), ("bytelevel/modernbert", ["bytelevel/modernbert_saved/tokenizer.json"])):
        golden = [json.loads(line) for line in (DATA / f"tokenizers/{name}.jsonl").read_text().splitlines()]
        one_line = [i for i, line in enumerate(lines) if "\n" not in line and "\r" not in line and not any(0xD800 <= ord(c) < 0xE000 for c in line)]
        done = subprocess.run([PROGRAM, "tokenize", str(DATA / "tokenizers" / arguments[0]), *arguments[1:], "--json"],
                              input="".join(lines[i] + "\n" for i in one_line).encode(), capture_output=True)
        said = [json.loads(line) for line in done.stdout.decode().splitlines()]
        expect(len(said) == len(one_line), f"tokenize {name}: {len(said)} lines for {len(one_line)}")
        for i, object in zip(one_line, said):
            flat = [n for pair in object["offsets"] for n in pair]
            expect(object["ids"] == golden[i]["ids"] and flat == golden[i]["bytes"] and object["tokens"] == golden[i].get("tokens", object["tokens"]) and
                   len(object["tokens"]) == len(object["ids"]),
                   f"tokenize {name}, line {i}: {object}")
    expect(refused(run("tokenize", DATA / "nowhere", text="a\n")), "tokenize nowhere is not refused")
    # Lines are those of the other commands: ends of Windows count, and what is no UTF-8 is refused with its number.
    said = [subprocess.run([PROGRAM, "tokenize", str(DATA / "tokenizers/bytelevel/roberta_saved")], input=text, capture_output=True)
            for text in (b"a b\r\n\r\nc", b"a b\n\nc\n", b"a b\n\xff\nc\n")]
    expect(said[0].returncode == 0 and said[0].stdout == said[1].stdout and len(said[0].stdout.splitlines()) == 3, f"tokenize of CR LF: {said[0]}")
    expect(said[2].returncode == 1 and len(said[2].stdout.splitlines()) == 2 and
           said[2].stderr == b"weft: line 2: byte 1: found bytes that are not UTF-8, wanted text in UTF-8\n", f"tokenize of bad bytes: {said[2]}")


def check_type():
    done = run("type", DATA / "models/electra_narrow")
    expect(done.returncode == 0 and "struct electra_narrow" in done.stdout and ".embedding_size = 16," in done.stdout, f"type says {done.stdout}")
    expect(".hidden_size = 32,  // dim" in run("type", DATA / "models/distilbert").stdout, "type of DistilBERT")
    done = run("type", DATA / "models/electra_narrow", "--numeric", "int8")
    expect("#include <weft/numeric/int8.hpp>\n" in done.stdout and "  using numeric = weft::int8<>;\n" in done.stdout, f"type --numeric: {done}")
    for command in ("type", "verify", "bench", "build", "embed", "classify", "similar", "fill-mask", "answer", "rerank", "tag"):
        required = {"bench": ["--work", "R"], "similar": ["--query", "a"], "rerank": ["--query", "a"]}.get(command, [])
        done = run(command, DATA / "models/electra_narrow", *required, "--numeric", "float8")
        expect(done.returncode == 2 and all(word in done.stderr for word in ("float8", "float32", "bfloat16_weights", "int8_7")), f"{command} --numeric float8: {done}")
    expect(refused(run("verify", DATA / "malformed/base")), "verify without expected.safetensors is not refused")


def check_bench(flags):
    # Weights in nothing but pytorch_model.bin, where this program reads them; their class is one with a head.
    pickled = run("inspect", DATA / "torch/bert_zip").returncode == 0
    name, layers, width, hidden, longest = ("torch/bert_zip", 1, 16, 32, 8) if pickled else ("models/bert_mlm", 2, 32, 64, 64)
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "WEFT_CACHE": cache + "/cache", "CXXFLAGS": flags}  # it times, and nobody reads how long
        model = pathlib.Path(shutil.copytree(DATA / name, cache + "/a model"))
        (model / "config.json").write_text((DATA / name / "config.json").read_text().replace("BertModel", "BertForMaskedLM"))
        done = run("bench", model, "--work", "b1s8,b3s5", "--threads", 2, "--seconds", 0.01, "--json", environment=environment)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        expect(done.returncode == 0 and [o["work"] for o in said] == ["b1s8", "b3s5"], f"bench: exit {done.returncode}, {done.stdout}{done.stderr}")
        for o in said:
            expect(o["model"] == "a model" and o["threads"] == 2 and o["n"] >= 7 and 0 < o["min_ms"] <= o["median_ms"], f"bench says {o}")
            expect(0 <= o["fraction_of_peak"] <= max(1, o["fraction_of_limit"]) and o["read_gbytes"] > 0 and o["best_peak_gflops"] >= o["peak_gflops"], f"bench says {o}")
            expect(o["bits_version"] >= 0 and o["weights_mb"] > 0 and 0 < o["workspace_mb"] < o["resident_mb"], f"bench says {o}")
        # Linears and attention, two operations a multiply-add.
        gflop = 2 * layers * (8 * (4 * width * width + 2 * width * hidden) + 2 * 8 * 8 * width) * 1e-9
        expect(said and abs(said[0]["gflop"] - gflop) < 1e-10, f"bench counts {said}")
        done = run("bench", model, "--work", "b1s8", "--seconds", 0, environment=environment)  # from the cache
        expect(done.returncode == 0 and "of peak" in done.stdout and "bits of version" in done.stdout and "compiling" not in done.stderr, f"bench's table is {done.stdout}{done.stderr}")
        for arguments, sentence in ((["--work", "b1x8"], "wanted bNsM"), (["--work", f"b1s{longest + 1}"], f"found {longest}, wanted at least {longest + 1}, the longest text of b1s{longest + 1}"),
                                    (["--work", "b1s8", "--threads", "0"], "--threads: found 0"), (["--work", "b1s8", "--seconds", "-1"], "--seconds: found -1"),
                                    (["--work", f"8+{longest + 1}"], f"the longest text of 8+{longest + 1}")):
            done = run("bench", model, *arguments, environment=environment)
            expect(refused(done) and sentence in done.stderr, f"bench {arguments} says {done.stderr!r}")
        for where, sentence in ((DATA / "models", "no config.json"), (model / "config.json", "no directory"), (DATA / "nowhere", "no such file")):
            done = run("bench", where, "--work", "b1s8", environment=environment)
            expect(refused(done) and sentence in done.stderr, f"bench {where} says {done.stderr!r}")
        kinds = sorted(p.name.split("-")[0] for p in pathlib.Path(cache, "cache").iterdir())
        expect(kinds == ["bench", "describe"], f"bench's cache holds {kinds}")
        done = run("bench", model, "--work", "b1s8,b3s5", "--threads", 2, "--seconds", 0, "--profile", "--json", environment=environment)
        said = lines_of(done)
        expect([o["work"] for o in said] == ["b1s8", "b3s5"], f"bench --profile: exit {done.returncode}, {done.stdout}{done.stderr}")
        for o in said:
            rows = {(row["part"], row["what"]): row for row in o["parts"]}
            expect(o["passes"] >= 7 and o["plain_ms"] > 0 and abs(sum(row["share"] for row in o["parts"]) - 1) < 0.01, f"bench --profile says {o}")
            expect(("feed-forward", f"linear {width} to {hidden}") in rows and rows["mixer", "attention"]["gflops"] > 0 and ("", "waiting") in rows, f"bench --profile says {o}")
        done = run("bench", model, "--work", "b1s8", "--seconds", 0, "--profile", environment=environment)
        expect(done.returncode == 0 and f"mixer         linear {width} to {width}" in done.stdout and "residuals" in done.stdout, f"bench --profile prints {done.stdout}{done.stderr}")
        # A part of it, with so many operations as that has.
        part = lines_of(run("bench", model, "--work", "b1s8", "--seconds", 0, "--width", "0.5", "--depth", 1 / layers, "--json", environment=environment))
        expect(len(part) == 1 and abs(part[0]["gflop"] - gflop / layers / 2) < 1e-10, f"bench --width says {part}")
        for arguments, sentence in ((["--width", "0"], "width: found 0.000, wanted more than 0, at most 1"), (["--depth", "1.01"], "depth: found 1.010"),
                                    (["--width", "0.01"], "wanted one that leaves a head of "), (["--depth", "0.01"], "wanted one that leaves a layer of ")):
            done = run("bench", model, "--work", "b1s8", *arguments, environment=environment)
            expect(refused(done) and sentence in done.stderr, f"bench {arguments} says {done.stderr!r}")
        done = run("bench", DATA / "models/squeezebert", "--work", "b1s8", "--width", "0.5", environment=environment)
        expect(refused(done) and "found squeezebert, which runs as a whole" in done.stderr, f"bench of a part of SqueezeBERT says {done.stderr!r}")
    expect(run("bench", DATA / name, "--work", "b1s8", "--width", "x").returncode == 2, "bench --width x does not exit with 2")
    expect(run("bench", DATA / name).returncode == 2, "bench without --work does not exit with 2")


def check_losses(folder, environment):
    """What int8 adds to each linear's output."""
    texts, nothing = folder / "some lines", folder / "no lines"
    texts.write_text("a large feline\n\nmove through water\n")
    nothing.write_text("\n\r\n")
    done = run("inspect", "demo", "--numeric", "int8", "--texts", texts, environment=environment)
    lines = dict(re.findall(r"^(\S+) +(0\.\d{5})$", done.stdout, re.M))
    expect(done.returncode == 0 and "over 2 texts, " in done.stdout and len(lines) == 26 and all(0 < float(x) < 0.1 for x in lines.values())
           and {"encoder.layer.3.attention.output.dense", "head.classifier.dense"} <= set(lines), f"inspect --numeric: {done.stdout}{done.stderr}")
    for arguments, sentence in ((["--numeric", "int8"], "found no --texts"), (["--texts", texts], "found no --numeric"),
                                (["--numeric", "bfloat16", "--texts", texts], "found bfloat16, wanted int8 or int8_7"),
                                (["--numeric", "int8", "--texts", nothing], "no lines: found no text")):
        done = run("inspect", "demo", *arguments, environment=environment)
        expect(refused(done) and sentence in done.stderr and "compiling" not in done.stderr, f"inspect {arguments}: {done.stderr}")


def check_verify(folder, environment):
    for _ in range(2):  # compiled, then from the cache
        done = run("verify", DEMO, environment=environment)
        expect(done.returncode == 0 and "logits.1" in done.stdout, f"verify: exit {done.returncode}, {done.stdout[-500:]}{done.stderr[-500:]}")
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "verify", str(DEMO)], stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    expect(done.returncode == 1 and "standard output: found No space left" in done.stderr, f"verify to a full device: {done}")
    # Results that are not the model's: its own, of other weights.
    wrong = folder / "wrong"
    wrong.mkdir()
    for file in ("config.json", "expected.safetensors"):
        shutil.copy(DEMO / file, wrong)
    weights = bytearray((DEMO / "model.safetensors").read_bytes())
    weights[-4:] = b"\x00\x00\xa0\x40"  # one number is now 5
    (wrong / "model.safetensors").write_bytes(weights)
    done = run("verify", wrong, environment=environment)
    expect(done.returncode == 1 and "PAST TOLERANCE" in done.stdout, "verify does not notice a changed weight")
    # A weight that is no number: verified with a warning, and not within tolerance; refused by name by all others, unless they are asked.
    weights[-4:] = struct.pack("<f", math.nan)
    (wrong / "model.safetensors").write_bytes(weights)
    done = run("verify", wrong, environment=environment)
    expect(done.returncode == 1 and done.stdout.startswith("warning: ") and ": NaN as value " in done.stdout and "PAST TOLERANCE" in done.stdout, f"verify of NaN: {done}")
    done = run("inspect", wrong)
    expect(refused(done) and "found NaN as value " in done.stderr, f"inspect of NaN: {done.stderr}")
    done = run("inspect", wrong / "model.safetensors")
    expect(done.returncode == 0 and "\nnot finite: electra.encoder.layer.3.output.dense.weight: NaN as value 65536 of 65536\n" in done.stdout, f"inspect of NaN: {done.stdout}")
    for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        if (DEMO / file).exists():
            shutil.copy(DEMO / file, wrong)
    done = run("classify", wrong, "golden retriever", environment=environment)  # before anything is compiled
    expect(refused(done) and "found NaN as value " in done.stderr and done.stdout == "", f"classify with NaN: {done}")
    done = run("classify", wrong, "--json", "--allow-nonfinite", "golden retriever", environment=environment)
    expect(done.returncode == 0 and "weft: warning: " in done.stderr and lines_of(done)[0]["score"] is None, f"classify --allow-nonfinite: {done}")
    # An old file without model_type: named by --family, else refused; the answers are the same.
    old = wrong.parent / "old"
    shutil.copytree(DEMO, old)
    config = json.loads((old / "config.json").read_text())
    family = config.pop("model_type")
    (old / "config.json").write_text(json.dumps(config))
    done = run("classify", old, "golden retriever", environment=environment)
    expect(refused(done) and "old files lack it: say it, at the prompt --family bert" in done.stderr, f"classify without model_type: {done.stderr}")
    done = run("classify", old, "--family", family, "--json", "golden retriever", environment=environment)
    expect(done.returncode == 0 and lines_of(done) == lines_of(run("classify", "demo", "--json", "golden retriever", environment=environment)),
           f"classify --family: {done}")
    done = run("inspect", "demo", "--family", "bert", environment=environment)
    expect(refused(done) and f"found {family}, wanted bert, as --family says" in done.stderr, f"inspect --family: {done.stderr}")
    expect(kept(environment, "verify") == 1, "the cache does not hold exactly one program that verifies")


def kept(environment, kind):
    """How many programs of a kind the cache holds."""
    return len([p for p in pathlib.Path(environment["WEFT_CACHE"]).iterdir() if p.name.startswith(kind + "-")])


def lines_of(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_texts(flags):
    """All that compiles, on the demo model but for fill-mask and answer, and with little optimisation; what one check compiled
    the next ones use."""
    with tempfile.TemporaryDirectory(prefix="it's \"here\" ") as folder:
        folder = pathlib.Path(folder)
        environment = {**os.environ, "WEFT_CACHE": str(folder / "the cache"), "CXXFLAGS": flags}
        model = folder / "a model's place"
        shutil.copytree(DEMO, model)
        check_cache(folder, model)
        done = run("classify", model, "--json", "golden retriever", environment=environment)
        expect(done.returncode == 0 and json.loads(done.stdout)["label"] == "noun.plant" and "compiling" in done.stderr, f"classify: {done.stdout}{done.stderr}")

        def classify(*arguments, **how):
            return run("classify", model, *arguments, environment=environment, **how)

        done = classify("--top", 2, "golden retriever", "-- a soft cheese")
        expect(done.returncode == 0 and done.stderr == "" and done.stdout.startswith("noun.plant 0.482, noun.animal 0.299\tgolden retriever\n") and
               done.stdout.count("\n") == 2, f"classify says {done.stdout}{done.stderr}")
        # Many lines, more than are read at once: in order, and the same as one by one.
        test = [line.split("\t") for line in (DEMO.parent / "test.tsv").read_text().splitlines()[1:]]
        some = [test[i % 40] for i in range(1100)]
        done = classify("--json", text="".join(line[0] + "\n" for line in some))
        said = lines_of(done)
        expect([o["line"] for o in said] == list(range(1, 1101)) and all(o["label"] == line[2] for o, line in zip(said, some)), "lines are not answered in order")
        expect(all(said[i]["score"] == said[i % 40]["score"] for i in range(1100)), "a text's score depends on its neighbours")

        bad = "a cat\n".encode() + b"\xff\xfe\n" + b"x" * 10_000_000 + b"\n" + b"long word " * 300 + b"\na town in Scotland"
        done = subprocess.run([PROGRAM, "classify", model, "--json"], input=bad, capture_output=True, env=environment)
        expect(done.returncode == 1 and [json.loads(l)["line"] for l in done.stdout.splitlines()] == [1, 5], f"bad lines: {done.stdout}")
        expect(all(f"line {n}: ".encode() in done.stderr for n in (2, 3, 4)) and b"--truncate" in done.stderr, f"bad lines: {done.stderr}")
        done = subprocess.run([PROGRAM, "classify", model, "--json", "--truncate"], input=bad, capture_output=True, env=environment)
        expect([json.loads(l)["line"] for l in done.stdout.splitlines()] == [1, 4, 5], f"--truncate: {done.stdout}")
        done = subprocess.run([PROGRAM, "classify", model, "--strict"], input=bad, capture_output=True, env=environment)
        expect(done.returncode == 1 and done.stdout.count(b"\n") == 1 and b"line 3" not in done.stderr, f"--strict: {done.stdout}{done.stderr}")
        done = classify("--pairs", "--json", "a cat\ta dog", "no second")
        expect(done.returncode == 1 and len(lines_of(done)) == 1 and "text 2: " in done.stderr and "tab" in done.stderr, f"--pairs: {done.stdout}{done.stderr}")

        # A reader that goes away ends it in silence, whether SIGPIPE is ignored or not.
        done = subprocess.run(["sh", "-c", 'yes "a cat" | head -20000 | "$0" classify "$1" 2>"$2" | head -1; cat "$2"', PROGRAM, model, folder / "said"],
                              capture_output=True, text=True, env=environment)
        expect(done.stdout.count("\n") == 1, f"a closed pipe says {done.stdout[-300:]}")
        # A progress bar is for terminals only, and then only beside redirected answers.
        seen, terminal = pty.openpty()
        (folder / "lines").write_text("a cat\n" * 4000)
        with open(folder / "lines") as lines:
            done = subprocess.run([PROGRAM, "classify", model], stdin=lines, stdout=subprocess.PIPE, stderr=terminal, env=environment)
        os.close(terminal)
        shown = b""
        try:
            while piece := os.read(seen, 65536):
                shown += piece
        except OSError:
            pass  # the terminal's end
        expect(b"a second" in shown and b" %, " in shown, f"at a terminal it shows {shown[-200:]}")

        for arguments, sentence in ((["fill-mask", model, "a"], "wanted a class that ends in ForMaskedLM; weft classify runs this model"),
                                    (["classify", DATA / "models/bert_classify2", "a"], "neither tokenizer.json nor vocab.txt"),
                                    (["classify", model, "--max-length", 1000, "a"], "found 128, the rows of a table of positions, wanted 1000 positions or more"),
                                    (["classify", "no/such", "a"], "hf download no/such"), (["embed", model / "config.json", "a"], "a model's directory")):
            done = run(*arguments, environment=environment)
            expect(refused(done) and sentence in done.stderr and "compiling" not in done.stderr, f"{arguments}: {done.stderr}")
        expect(run("classify", model, "--threads", 0).returncode == 2 and run("similar", model, "a").returncode == 2, "wrong options do not exit with 2")
        done = run("classify", model, "a", environment={**environment, "WEFT_INCLUDE": str(folder)})
        expect(refused(done) and "set WEFT_INCLUDE" in done.stderr, f"without headers: {done.stderr}")
        done = run("embed", model, "a", environment={**environment, "CXX": "no-such-compiler"})
        expect(done.returncode == 1 and "set CXX" in done.stderr, f"without a compiler: {done.stderr}")

        # They compile for most of their time, and share nothing but the cache: two at once.
        def with_the_model():
            check_passport(folder, environment)
            check_train(folder, environment)
            check_build(folder, model, environment)
            check_vectors(folder, model, environment)

        def with_others():
            check_heads(folder, environment)
            check_later_families(folder, environment)
            check_reranking(folder, environment)
            check_sparse(folder, environment)
            check_late_interaction(folder, environment)
            check_tags(folder, environment)
            check_verify(folder, environment)
            check_losses(folder, environment)
            check_examples(folder, environment)
            check_ranks(folder, environment)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(with_the_model), pool.submit(with_others)]:
                done.result()
        check_doors(folder, model, environment)  # with what both of them made


def check_cache(folder, model):
    """Two runs at once, and an interrupted one, with a compiler that takes its time and makes a program of two lines; the
    one that describes tensors first has nothing to say."""
    compiler, cache = folder / "slow compiler", folder / "another cache"
    compiler.write_text("#!/bin/sh\nsleep 0.5\ncase \"$*\" in */describe.cpp*) exec c++ \"$@\";; esac\n"
                        "while [ \"$1\" != -o ]; do shift; done\nprintf '#!/bin/sh\\necho compiled\\n' > \"$2\"\nchmod +x \"$2\"\n")
    compiler.chmod(0o755)
    environment = {**os.environ, "WEFT_CACHE": str(cache), "CXX": str(compiler)}

    def start():
        return subprocess.Popen([PROGRAM, "classify", model, "a"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)

    interrupted = start()
    interrupted.stderr.readline()  # it says that it compiles
    os.killpg(interrupted.pid, signal.SIGINT)
    interrupted.communicate()
    kinds = {p.name.split("-")[0] for p in cache.glob("*")} - {"part"}
    expect(interrupted.returncode != 0 and kinds == {"describe"}, f"an interrupted run leaves {kinds}")
    for child in [start(), start()]:
        out, err = child.communicate()
        expect(child.returncode == 0 and out == "compiled\n", f"two runs at once: {child.returncode} {out}{err}")
    done = run("classify", model, "a", environment=environment)
    expect(done.stdout == "compiled\n" and done.stderr == "", f"the third run says {done.stdout}{done.stderr}")
    kinds = sorted(p.name.split("-")[0] for p in cache.iterdir() if not p.name.startswith("part-"))
    expect(kinds == ["classify", "classify", "describe", "readers"], f"the cache holds {kinds}")


def check_build(folder, model, environment):
    out = folder / "gloss"
    done = run("build", model, "-o", out, environment=environment)
    # Not optimised, it is twice as large as users have it; compile_cost bounds that.
    expect(done.returncode == 0 and "compiling" not in done.stderr and out.stat().st_size < 4_000_000, f"build: {done.stdout}{done.stderr}")

    def answer(program, *arguments, **how):
        return subprocess.run([program, *arguments], capture_output=True, text=True, **how)

    done = answer(out, "--json", "--top=2", input="golden retriever\n")
    expect(done.returncode == 0 and [t["label"] for t in lines_of(done)[0]["top"]] == ["noun.plant", "noun.animal"], f"the program says {done.stdout}{done.stderr}")
    expect(answer(out, "--nonsense").returncode == 2 and answer(out, "--help").returncode == 0, "the program's exit codes")
    done = answer(out, "--model", "/nowhere", "a")
    expect(done.returncode == 1 and "/nowhere" in done.stderr, f"the program, without a model, says {done.stderr}")
    # Packed, it may be moved with what lies beside it.
    done = run("build", model, "--packed", "-o", folder / "packed", environment=environment)
    (folder / "elsewhere").mkdir()
    for name in ("packed", "packed.model"):
        (folder / name).rename(folder / "elsewhere" / name)
    done = answer(folder / "elsewhere" / "packed", "golden retriever")
    expect(done.stdout == "noun.plant 0.482\tgolden retriever\n", f"packed and moved it says {done.stdout}{done.stderr}")

    # With the model inside, one file is all: the directory is away, and the file has moved.
    done = run("build", model, "--inside", "-o", folder / "whole", environment=environment)
    library = run("build", model, "--inside", "--library", "-o", folder / "libgloss.so", environment=environment)
    expect(done.returncode == 0 and library.returncode == 0 and "compiling" not in done.stderr + library.stderr and "inside" in done.stdout,
           f"build --inside: {done}{library}")
    away = model.rename(folder / "away")
    (folder / "whole").rename(folder / "elsewhere" / "whole")
    done = answer(folder / "elsewhere" / "whole", "golden retriever")
    expect(done.stdout == "noun.plant 0.482\tgolden retriever\n", f"with its model inside it says {done.stdout}{done.stderr}")
    expect("are there and well shaped" in run("inspect", folder / "elsewhere" / "whole").stdout, "inspect of a program with its model inside")
    expect("FLOP" in run("inspect", folder / "elsewhere" / "whole" / "config.json").stdout, "inspect of a configuration inside a program")
    whole = (folder / "elsewhere" / "whole").read_bytes()
    (folder / "elsewhere" / "whole").write_bytes(whole[:-1])
    done = answer(folder / "elsewhere" / "whole", "golden retriever")
    expect(done.returncode == 1 and "no model inside" in done.stderr, f"without its model it says {done.stdout}{done.stderr}")
    expect(not list(folder.glob("*.whole*")), "build --inside leaves a part")
    check_library(folder)
    away.rename(model)
    done = run("build", model, "--library", "-o", folder / "libgloss.so", environment=environment)
    expect(done.returncode == 0 and "compiling" not in done.stderr, f"build --library: {done.stderr}")
    check_library(folder)
    expect(run("build", model, "--inside", "--packed").returncode == 2, "--inside and --packed at once")
    for arguments, sentence in ((["--prefix", "a-b"], "--prefix"), (["-o", folder], "a directory"), (["-o", folder / "no" / "such"], "a directory that exists")):
        done = run("build", model, *arguments, environment=environment)
        expect(refused(done) and sentence in done.stderr, f"build {arguments}: {done.stderr}")


def check_library(folder):
    def answer(program, *arguments):
        return subprocess.run([program, *arguments], capture_output=True, text=True)

    for compiler in ("gcc", "g++"):  # the header is C and C++
        built = answer(compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c" if compiler == "gcc" else "c++", pathlib.Path(__file__).parent / "use_library.c",
                       "-x", "none", "-I", folder, folder / "libgloss.so", f"-Wl,-rpath,{folder}", "-o", folder / "use_library")
        expect(built.returncode == 0, f"{compiler}: {built.stderr}")
    done = answer(folder / "use_library", folder)
    expect(done.returncode == 0 and done.stdout == "all holds\n", f"the library: {done.stdout}{done.stderr}")


def check_train(folder, environment):
    """The demo learns two classes of its own; the same again, with other threads and pieces, is the same file."""
    foods = ["cheese", "bread", "soup", "cake", "butter", "honey", "salad", "pie"]
    places = ["Scotland", "Asia", "Peru", "Texas", "Norway", "Egypt", "Chile", "Spain"]
    lines = [f"a soft {food}\tfood" for food in foods] + [f"a town in {place}\tplace" for place in places]
    (folder / "mine.tsv").write_text("text\tlabel\n" + "\n".join(lines) + "\n")
    (folder / "held.tsv").write_text("text\tlabel\na sweet pudding\tfood\na river of India\tplace\n")

    def train(out, *arguments):
        return run("train", "demo", "--data", folder / "mine.tsv", "--new-head", "--rate", "1e-3", "--epochs", 6, "--out", folder / out, *arguments, environment=environment)

    done = train("learnt", "--validation", folder / "held.tsv")
    expect(done.returncode == 0 and done.stdout.count("epoch ") == 6 and "of 2 held texts" in done.stdout and done.stdout.endswith(f"wrote {folder / 'learnt'}\n"), f"train says {done}")
    expect({"config.json", "model.safetensors", "tokenizer.json", "metrics.jsonl", "curves.html"} <= {p.name for p in (folder / "learnt").iterdir()}, "train leaves files out")
    steps = [json.loads(line) for line in (folder / "learnt/metrics.jsonl").read_text().splitlines()]
    expect(sum("step" in one for one in steps) == 6 and sum("validation_accuracy" in one for one in steps) == 6, f"train writes {steps}")
    page = (folder / "learnt/curves.html").read_text()
    expect(page.count("<polyline") == 4 and "validation_accuracy" in page and "http" not in page, "curves.html lacks curves, or needs something else")
    done = run("train", "demo", "--data", folder / "mine.tsv", "--validation", folder / "mine.tsv", "--new-head", "--rate", "5e-3", "--epochs", 60, "--patience", 1,
               "--out", folder / "patient", environment=environment)
    expect(done.returncode == 0 and "ended after epoch " in done.stderr and done.stdout.count("epoch ") < 60, f"--patience: {done}")
    first, second = train("one", "--threads", 1), train("two", "--threads", 3, "--piece", 20)
    weights = [(folder / out / "model.safetensors").read_bytes() for out in ("one", "two")]
    expect(first.returncode == second.returncode == 0 and weights[0] == weights[1], "train depends on threads or pieces")
    done = run("classify", folder / "one", "a dry cheese", "a town in Asia", environment=environment)
    expect([line.split()[0] for line in done.stdout.splitlines()] == ["food", "place"], f"what was trained says {done.stdout}{done.stderr}")
    check_resume(folder, environment)
    check_tasks(folder, environment)
    for arguments, sentence in ((["--label", "class"], "wanted a column class"), (["--epochs", "0"], "--epochs: found 0"), (["--rate", "-1"], "rate: found -1"),
                                (["--schedule", "odd"], "wanted linear,")):
        done = run("train", "demo", "--data", folder / "mine.tsv", "--new-head", "--out", folder / "refused", *arguments, environment=environment)
        expect(refused(done) and sentence in done.stderr and not (folder / "refused").exists(), f"train {arguments}: {done.stderr}")
    done = train("one")
    expect(refused(done) and "found something that exists" in done.stderr and (folder / "one/config.json").exists(), f"train into what exists: {done.stderr}")
    done = train("dry", "--dry-run")
    expect(done.returncode == 0 and "16 texts, 2 labels, 6 steps; weights, gradients and moments take " in done.stdout and not (folder / "dry").exists(), f"--dry-run: {done}")


def check_tasks(folder, environment):
    """Numbers are learnt from JSON Lines; the other tasks' columns are asked for before anything is compiled."""
    rows = [{"text": f"a soft {food}", "grade": 0.9, "size": 0.1} for food in ("cheese", "bread")] + [{"text": f"a town in {p}", "grade": 0.2, "size": 0.8} for p in ("Peru", "Asia")]
    (folder / "graded.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    common = ["train", "demo", "--task", "regress", "--data", folder / "graded.jsonl", "--validation", folder / "graded.jsonl", "--targets", "grade,size", "--new-head"]
    done = run(*common, "--loss", "binary", "--rate", "1e-3", "--epochs", 8, "--out", folder / "graded", environment=environment)
    expect(done.returncode == 0 and "held texts mse 0." in done.stdout and "spearman" in done.stdout, f"--task regress: {done}")
    done = run("classify", folder / "graded", "--json", "a soft cake", environment=environment)
    expect(done.returncode == 0 and '"grade"' in done.stdout, f"what --task regress wrote says {done}")
    (folder / "recipe.toml").write_text('rate = 1e-3\nepochs = 1\ntargets = ["grade", "size"]\ntask = "regress"\nnew-head = true\n')
    done = run("train", "demo", "--data", folder / "graded.jsonl", "--recipe", folder / "recipe.toml", "--dry-run", "--out", folder / "refused", environment=environment)
    if "libtoml11-dev" not in done.stderr:  # a program built without it says what it lacks
        expect(done.returncode == 0 and "4 texts, 2 targets, 1 steps" in done.stdout, f"--recipe: {done}")
        for text, sentence in (("raet = 1", "did you mean --rate?"), ("rate = -", "recipe.toml"), ("rate = 1979-05-27", "rate: found a value of another kind")):
            (folder / "recipe.toml").write_text(text + "\n")
            done = run("train", "demo", "--data", folder / "graded.jsonl", "--recipe", folder / "recipe.toml", "--out", folder / "refused", environment=environment)
            expect(refused(done) and sentence in done.stderr, f"a recipe of {text}: {done.stderr}")
    for arguments, sentence in ((["--task", "answer"], "no such key"), (["--task", "regress", "--targets", "grade,weight"], "weight: found no such key"),
                                (["--task", "sort"], "wanted one of classify, regress"), (["--targets", "grade"], "wanted --task regress")):
        done = run("train", "demo", "--data", folder / "graded.jsonl", "--new-head", "--out", folder / "refused", *arguments, environment=environment)
        expect(refused(done) and sentence in done.stderr, f"train {arguments}: {done.stderr}")


def check_resume(folder, environment):
    """A run that is killed, and resumed with other threads, writes the file that one without a break writes."""
    texts, folder = folder, folder / "resumed"  # other parts of this test have their own "two" and "whole"
    folder.mkdir()

    def command(out, *arguments):
        return ["train", "demo", "--data", texts / "mine.tsv", "--validation", texts / "held.tsv", "--new-head", "--batch", 40, "--epochs", 8, "--out", folder / out, *arguments]

    whole = run(*command("whole", "--threads", 1), environment=environment)
    expect(whole.returncode == 0 and not (folder / "whole.checkpoints").exists(), f"train leaves checkpoints: {whole.stderr}")
    steps = sum("step" in json.loads(line) for line in (folder / "whole/metrics.jsonl").read_text().splitlines())
    checkpoints, reached = folder / "broken.checkpoints", [0]

    def newest():
        return max((int(p.name[5:]) for p in checkpoints.glob("step-*") if p.name[5:].isdigit()), default=0)

    for threads in (1, 2, 1):
        child = subprocess.Popen([PROGRAM, *map(str, command("broken", "--save", 1, "--resume", "--threads", threads))], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while child.poll() is None and newest() <= reached[-1]:
            time.sleep(0.001)
        child.kill()
        child.wait()
        reached.append(newest())
    last = run(*command("broken", "--save", 1, "--resume", "--threads", 2), environment=environment)
    expect(0 < reached[1] < reached[2] < reached[3] < steps and last.returncode == 0, f"of {steps} steps {reached} were made; then {last.stderr}")
    expect(f"goes on after step {reached[-1]}" in last.stderr, f"--resume says {last.stderr}")
    for file in ("model.safetensors", "metrics.jsonl"):
        expect((folder / "broken" / file).read_bytes() == (folder / "whole" / file).read_bytes(), f"resumed, {file} is another")
    done = run(*command("two", "--save", 3, "--keep", 2), environment=environment)
    expect(done.returncode == 0 and len(list((folder / "two.checkpoints").iterdir())) == 2, f"--keep 2: {done.stderr}")
    shutil.rmtree(folder / "two")
    done = run(*command("two"), environment=environment)
    expect(refused(done) and "--resume goes on with it" in done.stderr, f"train over checkpoints: {done.stderr}")
    done = run(*command("two", "--resume", "--rate", "1e-3"), environment=environment)
    expect(done.returncode == 1 and 'rate: found "0.001", wanted "1e-04"' in done.stderr, f"resume with another rate: {done.stderr}")
    expect(len(list((folder / "two.checkpoints").iterdir())) == 2, "a refused --resume removes checkpoints")
    done = run("classify", max((folder / "two.checkpoints").iterdir(), key=lambda p: int(p.name[5:])), "a dry cheese", environment=environment)
    expect(done.returncode == 0, f"a checkpoint is no model: {done.stderr}")


def check_passport(folder, environment):
    """Of the demo, copies of it and the committed file, all with one compiled program."""
    stored, edited, model = DATA / "passports/demo.json", folder / "edited.json", folder / "the demo"
    document = json.loads(stored.read_text())

    def passport(where, *arguments):
        return run("passport", where, *arguments, environment=environment)

    def differs(what, where, *arguments, against=stored, sentences):
        done = passport(where, *arguments, "--against", against)
        said = done.stdout.splitlines() or [""]
        good = done.returncode == 4 and said[0] == f"differs from {against}" and all(any(line.startswith(s) for line in said[1:]) for s in sentences)
        expect(good, f"passport of {what}: exit {done.returncode}, {done.stdout}{done.stderr}")

    written = passport("demo", "--vectors")
    here = json.loads(written.stdout) if written.returncode == 0 else {"build": {"why_not_same_bits": "nothing"}, "facts": {}, "texts": []}
    expect("compiling" in written.stderr and here["facts"] == document["facts"] and len(here["texts"]) == 11 and all(t["values"] for t in here["texts"]),
           f"passport --vectors: {written}")
    rounded = here["build"]["why_not_same_bits"] != ""  # a processor without fused multiply-add
    done = passport("demo", "--against", stored)
    expect(done.stderr == "" and ((done.returncode, done.stdout) == (0, f"the same as {stored}\n") if not rounded else
                                  done.returncode == 3 and done.stdout.startswith(f"agrees with {stored} to ")), f"passport demo --against: {done}")
    expect(rounded or here["texts"] == document["texts"], "passport --vectors writes another file than the committed one")
    digests = json.loads(passport("demo", "--json").stdout)
    expect(digests == {**here, "texts": [{k: v for k, v in t.items() if k not in ("ids", "values")} for t in here["texts"]]}, f"passport --json: {digests}")
    table = passport("demo").stdout
    expect(all(s in table for s in ("numeric ", "float32\n", "pooling ", "weights ", " of 73\n", "text truncated ")) and not table.startswith("{"), f"passport says {table}")

    # What the model is made of.
    shutil.copytree(DEMO, model)
    weights = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(weights[:-4] + b"\x00\x00\xa0\x40")  # one number is now 5
    differs("another weight", model, sentences=('weights "electra.encoder.layer.3.output.dense.weight": ', 'text "sentence": another vector, first value 0: '))
    (model / "model.safetensors").write_bytes(weights)
    words = (model / "tokenizer.json").read_text()
    line, = re.findall('"dog": ([0-9]+)', words)
    (model / "tokenizer.json").write_text(words.replace(f'"dog": {line}', f'"doggy": {line}'))
    first = int(line) // 256 * 256
    differs("another word", model, sentences=('tokenizer "tokenizer.json": ', f'vocabulary "tokens {first} to {first + 255}": ', 'text "sentence": other ids, first token '))
    # How vectors are made, and what they are computed in.
    differs("another pooling", "demo", "--pooling", "first", sentences=('vector "pooling": first here, mean there', 'text "long": another vector, first value 0: '))
    differs("shorter vectors", "demo", "--truncate-dim", 64, "--normalize",
            sentences=('vector "truncate_dim": 64 here, all there', 'vector "normalize_truncated": yes here, no there', 'text "empty": another vector of 64 values here, 128 there'))
    differs("shorter texts", "demo", "--max-length", 16, sentences=('vector "max_length": 16 here, 128 there', 'text "long": other ids, first token 15: '))
    edited.write_text(json.dumps({**document, "facts": {**document["facts"], "promise": {"bits version": "1", "numeric": "bfloat16, rows as they are"}}}))
    differs("another numeric", "demo", against=edited, sentences=('promise "numeric": float32 here, bfloat16, rows as they are there',))
    # Another processor's rounding, with vectors to measure and without.
    build = {"architecture": "sse2", "why_not_same_bits": "no fused multiply-add"}
    text, *others = document["texts"]
    near = {**text, "vector_digest": "0" * 64, "values": base64.b64encode(b"".join(
        struct.pack("<f", x * (1 + 1e-6)) for x, in struct.iter_unpack("<f", base64.b64decode(text["values"])))).decode()}
    edited.write_text(json.dumps({**document, "build": build, "texts": [near, *others]}))
    done = passport("demo", "--against", edited)
    expect(done.returncode == 3 and done.stdout.startswith(f"agrees with {edited} to ") and re.search(r" to (9\.|1\.)\de-0[67] of a vector's largest value \(.*no fused multiply-add", done.stdout), f"passport to rounding: {done}")
    near.pop("values")
    edited.write_text(json.dumps({**document, "build": build, "texts": [near, *others]}))
    done = passport("demo", "--against", edited)
    expect(done.returncode == 4 and "only a file made with --vectors can say" in done.stdout, f"passport without vectors: {done}")

    edited.write_text("{")
    nothing = {**environment, "WEFT_CACHE": str(folder / "no cache")}
    for against in (edited, folder / "nowhere", model / "config.json", folder):
        done = run("passport", "demo", "--against", against, environment=nothing)
        expect(refused(done) and "compiling" not in done.stderr and done.stdout == "", f"passport against {against}: {done}")
    for wrong in (["--pooling", "none"], ["--numeric", "float8"], ["--against", stored, "--json"], ["--against", stored, "--vectors"], ["a text"]):
        expect(passport("demo", *wrong).returncode == 2, f"passport {wrong} does not exit with 2")
    expect(kept(environment, "passport") == 2, "the cache does not hold one program that makes passports, and its object")


def check_vectors(folder, model, environment):
    done = run("similar", model, "--query", "a big cat", "--json", text="the hour between lunch and coffee\na large feline\na large cat\n", environment=environment)
    said = lines_of(done)
    expect(done.returncode == 0 and [o["line"] for o in said][-1] == 1 and said[0]["score"] >= said[1]["score"] > said[2]["score"] and
           said[2]["text"].startswith("the hour"), f"similar: {done.stdout}{done.stderr}")
    # A part of the model: other vectors, the same for all of it; what was compiled for the whole stays.
    whole, part, all_of_it = (lines_of(run("embed", model, "--json", "a cat", *how, environment=environment)) for how in
                              ([], ["--width", "0.5", "--depth", "0.75"], ["--width", "1", "--depth", "1"]))
    expect(len(part) == 1 and len(part[0]["embedding"]) == 128 and part != whole == all_of_it, f"embed --width says {part}")
    done = run("embed", model, "--depth", "0.1", "a", environment=environment)
    expect(refused(done) and "wanted one that leaves a layer of 4" in done.stderr and "compiling" not in done.stderr, f"embed --depth 0.1 says {done.stderr}")
    # Weights of bytes: other vectors, near the whole ones. Of a part their columns would have other scales.
    eight = lines_of(run("embed", model, "--json", "a cat", "--numeric", "int8", environment=environment))
    exact, near = whole[0]["embedding"], eight[0]["embedding"] if eight else [0.0] * 128
    cosine = sum(x * y for x, y in zip(exact, near)) / max(1e-9, math.hypot(*exact) * math.hypot(*near))
    expect(0.99 < cosine < 1 and exact != near, f"embed --numeric int8: cosine {cosine}, {eight}")
    done = run("embed", model, "--width", "0.5", "--numeric", "int8", "a", environment=environment)
    expect(refused(done) and "int8 for a type of which a part runs" in done.stderr and "compiling" not in done.stderr, f"a part in int8: {done}")
    # A file of vectors: row i is text i, whatever its precision, or there is no file.
    texts = ["a large feline", "a cup of tea", "noon"]
    vectors = [o["embedding"] for o in lines_of(run("embed", model, "--json", *texts, environment=environment))]
    width, out = len(vectors[0]), folder / "vectors.npy"
    for precision, kind, size in (("float32", "f", 4), ("float16", "e", 2), ("int8", "b", 1), ("ubinary", "B", 1)):
        done = run("embed", model, "--out", out, "--precision", precision, *texts, environment=environment)
        content = out.read_bytes() if out.exists() else b""
        row = width // 8 if precision == "ubinary" else width
        expect(done.returncode == 0 and done.stdout == "" and f"'shape': (3, {row}), ".encode() in content[:128] and len(content) == 128 + 3 * row * size,
               f"embed --precision {precision}: {done}, {content[:128]}")
        values = struct.unpack(f"<{3 * row}{kind}", content[128:]) if len(content) == 128 + 3 * row * size else []
        for i in range(3 if values else 0):
            mine, theirs = values[i * row:(i + 1) * row], vectors[i]
            columns = list(zip(*vectors))
            good = {"float32": lambda: list(mine) == [struct.unpack("f", struct.pack("f", x))[0] for x in theirs],
                    "float16": lambda: all(abs(a - b) <= abs(b) / 1024 for a, b in zip(mine, theirs)),
                    "int8": lambda: all(abs((x - min(c)) / (max(c) - min(c)) * 255 - 128 - a) <= 1.01 for a, x, c in zip(mine, theirs, columns)),
                    "ubinary": lambda: [b >> 7 - k & 1 for b in mine for k in range(8)] == [int(x > 0) for x in theirs]}[precision]()
            expect(good, f"embed --precision {precision}, row {i}: {mine[:8]} of {theirs[:8]}")
        out.unlink(missing_ok=True)
    tensors = folder / "vectors.safetensors"
    done = run("embed", model, "--out", tensors, *texts, environment=environment)
    content = tensors.read_bytes() if tensors.exists() else b"\0" * 8
    length, = struct.unpack("<Q", content[:8])
    expect(done.returncode == 0 and json.loads(content[8:8 + length] or b"{}").get("embeddings", {}).get("shape") == [3, width] and
           list(struct.unpack(f"<{width}f", content[8 + length:8 + length + 4 * width])) == [struct.unpack("f", struct.pack("f", x))[0] for x in vectors[0]],
           f"embed --out {tensors}: {done}")
    tensors.unlink(missing_ok=True)
    done = run("embed", model, "--out", out, "a", "b " * 500, "c", environment=environment)
    expect(done.returncode == 1 and "text 2: " in done.stderr and not list(folder.glob("vectors*")), f"embed --out with a bad text: {done}, {list(folder.glob('vectors*'))}")
    for arguments, sentence in ((["--out", folder / "vectors.txt"], "a name that ends in .npy"), (["--precision", "int8"], "--out"), (["--out", out, "--json"], "--json")):
        done = run("embed", model, *arguments, "a", environment=environment)
        expect(done.returncode != 0 and sentence in done.stderr, f"embed {arguments}: {done}")


def check_ranks(folder, environment):
    """Files of 1, 2 and 3 ranks, one behind the other, are the same bytes; a rank that was killed goes on."""
    texts, folder = folder / "shared texts", folder / "ranks"
    texts.mkdir(), folder.mkdir()
    (texts / "a.txt").write_text("a soft cheese\n\na town in Scotland")  # an empty line, and one that does not end
    (texts / "b.txt").write_text("")
    (texts / "c.txt").write_text("".join(f"the {i}th cat\n" for i in range(300)))

    def embed(out, *arguments, **said):
        return run("embed", "demo", "--in", texts, "--out", folder / out, "--quiet", *arguments, environment={**environment, **said})

    def joined(out, ending):
        return b"".join(p.read_bytes() for p in sorted((folder / out).glob(f"rank-*.{ending}")))

    alone, lines = embed("one"), embed("lines", "--json")
    expect(alone.stdout.startswith("303 rows, digest ") and lines.stdout.startswith("303 rows, digest "), f"embed --in: {alone}{lines}")
    asked = run("embed", "demo", "--json", text="a soft cheese\n\na town in Scotland\nthe 0th cat\nthe 1th cat\n", environment=environment)
    expect(joined("lines", "jsonl").decode().startswith(asked.stdout) and asked.stdout.count("\n") == 5, "embed --in answers otherwise than standard input")
    first = json.loads(asked.stdout.splitlines()[0])["embedding"]
    expect(struct.unpack(f"<{len(first)}f", joined("one", "float32")[:4 * len(first)]) == tuple(struct.unpack(f"<{len(first)}f", struct.pack(f"<{len(first)}f", *first))), "row 0 is another")
    done = [embed("of 2", "--rank", rank, "--ranks", 2) for rank in range(2)]
    expect(done[1].stdout == alone.stdout and done[0].stdout == "" and joined("of 2", "float32") == joined("one", "float32"), f"2 ranks write other bytes: {done}")
    done = [embed("lines of 3", "--json", PMI_RANK=str(rank), PMI_SIZE="3") for rank in range(3)]
    expect(done[2].stdout == lines.stdout and done[0].stdout == done[1].stdout == "" and joined("lines of 3", "jsonl") == joined("lines", "jsonl"), f"3 ranks write other lines: {done}")
    expect(embed("of 2", "--rank", 0, "--ranks", 2).stdout == alone.stdout, "a whole rank does not say so")
    for how, ending, whole in (([], "float32", "one"), (["--json"], "jsonl", "lines")):  # as a killed run leaves it, in the middle of a row
        (folder / "killed").mkdir()
        shutil.copy(folder / whole / f"rank-1-of-1.{ending}.run", folder / "killed")
        (folder / "killed" / f"rank-1-of-1.{ending}.partial").write_bytes(joined(whole, ending)[:12345])
        done = run("embed", "demo", "--in", texts, "--out", folder / "killed", *how, environment=environment)
        expect("goes on behind line " in done.stderr and joined("killed", ending) == joined(whole, ending), f"a killed rank: {done}")
        shutil.rmtree(folder / "killed")
    for arguments, sentence in ((["--normalize"], "another model, other options or other texts"), (["--rank", 0, "--ranks", 2], "a file of another run"),
                                (["--precision", "int8"], "its steps depend on all vectors"), (["--rank", 2, "--ranks", 2], "wanted 0 to 1"), (["--rank", 1], "both, or neither")):
        done = embed("one", *arguments)
        expect(done.returncode in (1, 2) and sentence in done.stderr, f"embed --in {arguments}: {done}")
    (texts / "c.txt").write_bytes(b"a cat\n\xff\xfe\n")
    done = embed("bad")
    expect(done.returncode == 1 and "line 5: " in done.stderr and "UTF-8" in done.stderr and not list((folder / "bad").glob("*.float32")), f"a bad line: {done}")


def recorded(model, name):
    """A float32 tensor of expected.safetensors."""
    content = (DATA / "models" / model / "expected.safetensors").read_bytes()
    length, = struct.unpack("<Q", content[:8])
    begin, end = json.loads(content[8:8 + length])[name]["data_offsets"]
    return struct.unpack(f"<{(end - begin) // 4}f", content[8 + length + begin:8 + length + end])


def with_words(model, folder, special):
    """A recorded checkpoint with a vocabulary: word number i is "wi", but for those that are special."""
    shutil.copytree(DATA / "models" / model, folder / model)
    (folder / model / "vocab.txt").write_text("".join(special.get(i, f"w{i}") + "\n" for i in range(120)))
    return folder / model


def check_heads(folder, environment):
    # The recorded text 74, 24, 3, 66, 70, 63 begins with [CLS], ends with [SEP] and has a mask in this vocabulary.
    model = with_words("distilbert_mlm", folder, {0: "[PAD]", 1: "[UNK]", 74: "[CLS]", 63: "[SEP]", 66: "[MASK]"})
    done = run("fill-mask", model, "--json", "--top", 3, "w24 w3 [MASK] w70", "w24 w3", environment=environment)
    powers = [math.exp(logit) for logit in recorded("distilbert_mlm", "logits.1")[3 * 120:4 * 120]]
    wanted = sorted(range(120), key=lambda i: -powers[i])[:3]
    mask = lines_of(done)[0]["masks"][0] if done.stdout else {"guesses": []}
    expect(done.returncode == 1 and "text 2: " in done.stderr and "no mask" in done.stderr, f"fill-mask without a mask says {done.stderr}")
    expect([g["id"] for g in mask["guesses"]] == wanted and (mask["begin"], mask["end"]) == (7, 13) and
           all(abs(g["score"] - powers[g["id"]] / sum(powers)) < 1e-5 for g in mask["guesses"]), f"fill-mask says {done.stdout}, wanted {wanted}")
    done = run("fill-mask", model, text="w24 w3 [MASK] w70\n" + "w24 " * 70 + "[MASK]\n", environment=environment)
    expect(done.stdout.count(", ") == 4 and done.stdout.endswith("\tw24 w3 [MASK] w70\n") and "line 2: " in done.stderr and "compiling" not in done.stderr,
           f"fill-mask says {done.stdout}{done.stderr}")

    model = with_words("bert_qa", folder, {0: "[PAD]", 1: "[UNK]", 2: "[CLS]", 3: "[SEP]", 4: "[MASK]"})
    context = "w30 w31  w32, w33"
    done = run("answer", model, "--question", "w20 w21", "--top", 20, "--json", context, environment=environment)
    said = lines_of(done)[0] if done.stdout else {"answer": None, "top": []}
    expect(done.returncode == 0 and said["answer"] == said["top"][0]["answer"] and len(said["top"]) == 15 and  # of five tokens
           all(a["answer"] == context[a["begin"]:a["end"]] and a["answer"] for a in said["top"]), f"answer says {done.stdout}{done.stderr}")
    scores = [a["score"] for a in said["top"]]
    expect(scores == sorted(scores, reverse=True) and abs(sum(scores) - 1) < 1e-4, f"answer's scores are {scores}")
    done = run("answer", model, "w20 w21\t" + context, "no context", environment=environment)
    expect(done.returncode == 1 and done.stdout == f"{said['answer']} {scores[0]:.3f}\n" and "text 2: " in done.stderr and "tab" in done.stderr,
           f"answer says {done.stdout}{done.stderr}")
    done = run("answer", model, "--question", "w20 w21", "--absent", "--top", 30, "--json", context, environment=environment)
    expect(done.returncode == 0 and "" in [a["answer"] for a in lines_of(done)[0]["top"]], f"answer --absent says {done.stdout}{done.stderr}")


def check_later_families(folder, environment):
    """A DeBERTa, built, guesses by its enhanced decoder; a ModernBERT is timed and drawn, each layer with its own pattern."""
    model = with_words("deberta_v2_mlm", folder, {0: "[PAD]", 1: "[UNK]", 36: "[CLS]", 83: "[MASK]", 29: "[SEP]"})
    (model / "vocab.txt").write_text("".join((model / "vocab.txt").read_text().splitlines(True)[:110]))
    (model / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    done = run("build", model, "--inside", "-o", folder / "deberta", environment=environment)
    expect(done.returncode == 0 and "fill_mask; its model is inside" in done.stdout, f"build of a DeBERTa: {done}")
    done = subprocess.run([folder / "deberta", "--json", "--top", "3", "[MASK]"], capture_output=True, text=True)
    powers = [math.exp(logit) for logit in recorded("deberta_v2_mlm", "emd_logits.0")[110:2 * 110]]
    wanted = sorted(range(110), key=lambda i: -powers[i])[:3]
    guesses = lines_of(done)[0]["masks"][0]["guesses"] if done.stdout else []
    expect([g["id"] for g in guesses] == wanted and all(abs(g["score"] - powers[g["id"]] / sum(powers)) < 1e-5 for g in guesses) and
           "the last layer runs twice more" in done.stderr, f"a built DeBERTa says {done}, wanted {wanted}")

    model = with_words("modernbert_mlm", folder, {0: "[PAD]", 5: "[UNK]", 1: "[CLS]", 2: "[SEP]", 4: "[MASK]"})
    (model / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    done = run("bench", model, "--work", "b1s8,1+40", "--seconds", 0, "--json", environment=environment)
    gflop = 2 * 2 * (8 * (4 * 32 * 32 + 3 * 32 * 40) + 2 * 8 * 8 * 32) * 1e-9  # the gate is a third linear
    said = lines_of(done)
    expect([o["work"] for o in said] == ["b1s8", "1+40"] and abs(said[0]["gflop"] - gflop) < 1e-10, f"bench of a ModernBERT says {done}")
    done = run("picture", model, "w24 w3 w9", environment=environment)
    expect(done.returncode == 0 and "</html>" in done.stdout and "w24" in done.stdout, f"picture of a ModernBERT: {done}")
    drawn = [run("picture", model, "--length", 40, "--layer", layer, environment=environment).stdout for layer in (0, 1)]
    expect("seen 100 % of all pairs" in drawn[0] and "seen 38 % of all pairs" in drawn[1], f"patterns of a ModernBERT: {[d[:900] for d in drawn]}")


def check_tags(folder, environment):
    """Every token of the text is a span of one label or another, and the parts are those of the text."""
    model = with_words("bert_tokens", folder, {0: "[PAD]", 1: "[UNK]", 2: "[CLS]", 3: "[SEP]", 4: "[MASK]"})
    text = "w24  w30 w99 w24"
    done = run("tag", model, "--join", "none", "--json", text, environment=environment)
    spans = lines_of(done)[0]["spans"] if done.stdout else []
    expect(done.returncode == 0 and [s["text"] for s in spans] == text.split() and all(s["text"] == text[s["begin"]:s["end"]] and s["label"].startswith("LABEL_") for s in spans),
           f"tag: exit {done.returncode}, {done.stdout}{done.stderr}")
    done = run("tag", model, text, environment=environment)
    expect(done.returncode == 0 and " LABEL_" in done.stdout and done.stdout.startswith("w24"), f"tag says {done.stdout}{done.stderr}")
    done = run("tag", model, "--join", "all", text, environment=environment)
    expect(done.returncode == 2, f"tag --join all: {done}")


def check_sparse(folder, environment):
    """The weights of words are those of SparseEncoder."""
    recorded = json.loads((DATA / "pipelines" / "sparse.json").read_text())
    case = next(one for one in recorded["encoders"] if one["name"] == "prompts")
    model = folder / "sparse"
    shutil.copytree(DATA / "models" / "bert_mlm", model)
    pieces = "[PAD] [UNK] [CLS] [SEP] [MASK] the cat dog sat on mat who where . ? in a red house ##ing".split()
    pieces += [piece for c in "bcdefghijklmnopqrstuvwxyz" for piece in (c, "##" + c)]
    pieces += [f"[unused{n}]" for n in range(len(pieces), 120)]
    (model / "vocab.txt").write_text("".join(piece + "\n" for piece in pieces))
    for file, content in case["files"].items():
        (model / file).parent.mkdir(exist_ok=True)
        (model / file).write_text(json.dumps(content))
    done = run("embed", model, "--prompt", "query", "--json", *recorded["texts"], environment=environment)
    expect(done.returncode == 0 and len(lines_of(done)) == len(recorded["texts"]), f"embed of SPLADE: exit {done.returncode}, {done.stderr}")
    for said, wanted in zip(lines_of(done), case["vectors"]):
        expect(sorted(said["indices"]) == [i for i, x in enumerate(wanted) if x > 0] and said["values"] == sorted(said["values"], reverse=True) and
               all(abs(x - wanted[i]) < 1e-5 and pieces[i] == token for i, x, token in zip(said["indices"], said["values"], said["tokens"])),
               f"embed of SPLADE says {said}")
    done = run("embed", model, "--prompt", "query", "--top", 3, recorded["texts"][0], environment=environment)
    expect(done.stdout == ", ".join(f"{token} {weight:.3f}" for token, weight in case["best"]) + "\n", f"embed --top 3 of SPLADE says {done.stdout}{done.stderr}")
    for command, arguments, sentence in (("embed", ["--out", folder / "x.npy"], "--out: no such option"),
                                         ("similar", ["--query", "a"], "weft::sparse_embedder, at the prompt weft embed")):
        done = run(command, model, *arguments, "a", environment=environment)
        expect(done.returncode != 0 and sentence in done.stderr and "compiling" not in done.stderr, f"{command} {arguments} of SPLADE says {done.stderr}")


def check_late_interaction(folder, environment):
    """weft rerank of a ColBERT orders texts by PyLate's scores."""
    recorded = json.loads((DATA / "pipelines" / "colbert" / "cases.json").read_text())
    case = next(one for one in recorded["cases"] if one["name"] == "published")
    model = folder / "colbert"
    shutil.copytree(DATA / "pipelines" / "colbert", model)
    (model / "1_Dense").mkdir()
    for file, content in case["files"].items():
        (model / file).write_text(json.dumps(content))
    for file, tensors in case["tensors"].items():
        (name, tensor), = tensors.items()
        values = struct.pack(f"<{len(tensor['values'])}f", *tensor["values"])
        header = json.dumps({name: {"dtype": "F32", "shape": tensor["shape"], "data_offsets": [0, len(values)]}}).encode()
        (model / file).write_bytes(struct.pack("<Q", len(header)) + header + values)
    texts = [text for text in recorded["documents"] if text]
    scores = [score for text, score in zip(recorded["documents"], case["scores"][0]) if text]
    done = run("rerank", model, "--query", recorded["queries"][0], "--top", 3, "--json", *texts, environment=environment)
    wanted = sorted(zip(scores, texts), reverse=True)[:3]
    said = lines_of(done)
    expect(done.returncode == 0 and [one["text"] for one in said] == [text for _, text in wanted] and
           all(abs(one["score"] - score) < 1e-4 for one, (score, _) in zip(said, wanted)), f"rerank of ColBERT says {done.stdout}{done.stderr}")
    done = run("embed", model, "a", environment=environment)
    expect(refused(done) and "pylate.models.Dense.Dense" in done.stderr and "weft rerank" in done.stderr, f"embed of ColBERT says {done.stderr}")


def check_reranking(folder, environment):
    """The best texts, the best first; a model of more labels is refused at once."""
    model = with_words("bert_regression", folder, {0: "[PAD]", 1: "[UNK]", 2: "[CLS]", 3: "[SEP]", 4: "[MASK]"})
    texts = ["w24 w30", "w70", "w30 w30 w30"]
    done = run("rerank", model, "--query", "w24", "--top", 2, "--json", *texts, environment=environment)
    said = lines_of(done)
    expect(done.returncode == 0 and len(said) == 2 and said[0]["score"] >= said[1]["score"] and all(o["text"] == texts[o["line"] - 1] for o in said),
           f"rerank: exit {done.returncode}, {done.stdout}{done.stderr}")
    worst, = {1, 2, 3} - {o["line"] for o in said}
    done = run("rerank", model, "--query", "w24", "--json", texts[worst - 1], environment=environment)
    expect(lines_of(done)[0]["score"] <= said[1]["score"], f"rerank left out {done.stdout}")
    done = run("rerank", "demo", "--query", "a", "b", environment=environment)
    expect(refused(done) and "found 45 labels, wanted one" in done.stderr and "compiling" not in done.stderr, f"rerank demo: {done.stderr}")


def check_doors(folder, model, environment):
    """What the compiled programs print: text of strangers shown, answers that are lost reported. What they need is in the cache."""
    def said(where, what, *arguments, **how):
        done = subprocess.run([where, *arguments], capture_output=True, env=environment, **how)
        fault = check_output.obeyed(done.stdout, done.stderr, allowed="\t")  # a tab stands between an answer and its text
        expect(fault is None and b"compiling" not in done.stderr, f"{what}: {fault} {done.stderr[-300:]}")
        return done

    evil, shown = check_output.EVIL, b"x\\x1b[31my\\x0aINJECTED\\x0d\\x07z\\xc2\\x9b2Jw"
    labelled = folder / "evil labels"
    shutil.copytree(model, labelled)
    configuration = json.loads((model / "config.json").read_text())
    configuration["id2label"] = {key: evil + key for key in configuration["id2label"]}
    configuration["label2id"] = {evil + key: int(key) for key in configuration["id2label"]}
    (labelled / "config.json").write_text(json.dumps(configuration))
    for where, first in ((PROGRAM, ["classify", labelled]), (folder / "gloss", ["--model", labelled])):
        done = said(where, "labels", *first, "--top", "2", "a cat")
        expect(done.returncode == 0 and done.stdout.count(shown) == 2, f"labels are shown as {done.stdout}")
        done = said(where, "labels in JSON", *first, "--json", "a cat")
        expect(json.loads(done.stdout)["label"].startswith(evil), f"labels in JSON are {done.stdout}")
    for command, first in (("classify", []), ("similar", ["--query", evil])):
        done = said(PROGRAM, f"texts of {command}", command, model, *first, evil)
        expect(done.returncode == 0 and shown in done.stdout, f"{command} shows a text as {done.stdout}{done.stderr}")
        done = said(PROGRAM, f"texts of {command}", command, model, *first, b"\x9b2J", "--max-length", "1")
        expect(done.returncode == 1, f"{command} reads what is no text: {done.stdout}{done.stderr}")
    said(PROGRAM, "a text of fill-mask", "fill-mask", folder / "distilbert_mlm", "w24 [MASK] \x1b[31m\nINJECTED")
    done = said(PROGRAM, "a text of answer", "answer", folder / "bert_qa", "--question", "w20", "w30\x1b[31m\nINJECTED")
    expect(done.returncode == 0, f"answer says {done.stdout}{done.stderr}")
    done = said(PROGRAM, "texts in brackets", "similar", model, "--query", "[a]", "--top", "9", "[a, b]", "[]")
    expect(sorted(line.split("  ", 1)[1] for line in done.stdout.decode().splitlines()) == ["[]", "[a, b]"], f"texts in brackets: {done.stdout}{done.stderr}")
    words = (folder / "distilbert_mlm/vocab.txt").read_text()
    (folder / "distilbert_mlm/vocab.txt").write_text(words.replace("\nw", "\n\x1b[31m"))
    done = said(PROGRAM, "tokens of fill-mask", "fill-mask", folder / "distilbert_mlm", "[MASK]")
    expect(done.returncode == 0 and b"\\x1b[31m" in done.stdout, f"fill-mask shows tokens as {done.stdout}{done.stderr}")
    for arguments in (["--" + evil], ["--threads", evil], ["--model", folder / evil, "a"], ["--pooling=" + evil]):
        done = said(folder / "gloss", f"the built program's {arguments}", *arguments)
        expect(done.returncode in (1, 2) and done.stderr.startswith(b"weft: "), f"the built program and {arguments}: {done}")
    expect(b"did you mean --truncate?" in said(folder / "gloss", "a mistyped option", "--truncat").stderr, "a mistyped option of a built program")

    for where, first in ((PROGRAM, ["classify", model]), (folder / "gloss", [])):
        lines = b"a cat\n" * 3
        check_output.check_lost_output([([*first, "--quiet"], lines), ([*first, "a cat"], b"")], where, environment)
        check_output.check_unread_input(where, [*first, "--quiet"], environment)
    check_output.check_lost_output([(["--help"], b"")], folder / "gloss", environment)
    passed_there, faults_there = check_output.passed, check_output.faults
    global passed
    passed += passed_there
    faults.extend(faults_there)


HF = """#!/bin/sh
# Hugging Face's tool, as far as the examples use it: "downloads" a stand-in of the model, tiny and random.
[ "$1 $#" = "download 2" ] || exit 2
mkdir -p "$HF_HUB_CACHE" && cp -R "$STAND_INS/models--$(echo "$2" | sed s,/,--,)" "$HF_HUB_CACHE"
"""


def stand_in(folder, name, case):
    """What `hf download` leaves in its cache, from a recorded model that gets a vocabulary."""
    model = folder / ("models--" + name.replace("/", "--"))
    snapshot = model / "snapshots" / ("0" * 40)
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("0" * 40)
    shutil.copytree(DATA / "models" / case, snapshot)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", "paris", "is", "in", "Who", "Ann", "did"]
    words += [f"word{n}" for n in range(json.loads((snapshot / "config.json").read_text())["vocab_size"] - len(words))]
    (snapshot / "vocab.txt").write_text("\n".join(words) + "\n")


def safetensors(shapes):
    """A file of floats that grow: shapes by name."""
    header, values = {}, 0
    for name, shape in shapes.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [4 * values, 4 * (values + math.prod(shape))]}
        values += math.prod(shape)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + struct.pack(f"<{values}f", *range(values))


def check_examples(folder, environment):
    """The examples of every command's help, as they are printed, each in a folder with the files that they name."""
    programs, stand_ins = folder / "programs", folder / "stand-ins"
    programs.mkdir()
    (programs / "weft").symlink_to(PROGRAM)
    (programs / "hf").write_text(HF)
    (programs / "hf").chmod(0o755)
    stand_in(stand_ins, "google-bert/bert-base-uncased", "distilbert_mlm")
    stand_in(stand_ins, "deepset/bert-base-cased-squad2", "bert_qa")
    stand_in(stand_ins, "cross-encoder/ms-marco-MiniLM-L6-v2", "bert_regression")
    stand_in(stand_ins, "dslim/bert-base-NER", "bert_tokens")
    environment = {**environment, "PATH": f"{programs}:{os.environ['PATH']}", "HF_HUB_CACHE": str(folder / "hub"), "STAND_INS": str(stand_ins)}
    wanted = {  # what they print or write
        "embed": lambda out, here: len(json.loads(out)["embedding"]) == 128,
        "similar": lambda out, here: [line.split("  ")[-1] for line in out.splitlines()] == ["a tiger", "a cup of tea"],
        "classify": lambda out, here: out.startswith("noun.food 0.906, ") and out.endswith("\twalk very slowly\n"),
        "fill-mask": lambda out, here: out.count(",") == 4 and out.count("\n") == 1,
        "answer": lambda out, here: out.rsplit(" ", 1)[0] in "Ann did." and 0 < float(out.rsplit(" ", 1)[1]) <= 1,
        "rerank": lambda out, here: sorted(line.split("  ")[-1] for line in out.splitlines()) == ["Ann did .", "Who is in paris ?"],
        "tag": lambda out, here: " LABEL_" in out and out.count("\n") == 1,
        "train": lambda out, here: out.endswith("wrote mine\n") and (here / "mine" / "config.json").exists(),
        "calibrate": lambda out, here: out.startswith("2 texts, ") and out.endswith("wrote whole\n") and '"quant_mode": true' in (here / "whole" / "config.json").read_text(),
        "rewire": lambda out, here: out == "wrote mine\n" and (here / "mine" / "tokenizer.json").exists(),
        "split-experts": lambda out, here: out == "wrote experts\n" and '"moebert_expert_dim": 20' in (here / "experts" / "config.json").read_text(),
        "tokenize": lambda out, here: json.loads(out)["ids"] == [2, 3609, 1013, 2424, 3514, 109, 3],
        "inspect": lambda out, here: "tensors are there and well shaped" in out,
        "type": lambda out, here: "struct gloss\n    : weft::electra_of<" in out,
        "verify": lambda out, here: out.count("  within\n") == 12 == out.count("\n"),
        "build": lambda out, here: out.endswith("\nnoun.plant 0.482\tgolden retriever\n") and (here / "gloss").exists(),
        "picture": lambda out, here: (here / "bigbird.svg").read_text().startswith("<svg") and "</html>" in (here / "page.html").read_text(),
        "passport": lambda out, here: out == "the same as demo.json\n",
        "bench": lambda out, here: "b1s8 " in out and "b8s32 " in out,
        "completion": lambda out, here: out == "",
    }
    for command in commands():
        here = folder / "examples" / command
        here.mkdir(parents=True)
        (here / "lines.txt").write_text("Who is in paris ?\nAnn did .\n")
        (here / "mine.tsv").write_text("text\tlabel\na soft cheese\tfood\na town in Asia\tplace\n")
        (here / "held.tsv").write_text("text\tlabel\na sweet pudding\tfood\na river of India\tplace\n")
        scores = {"rewire": {"importance.heads": [4, 4], "importance.neurons": [4, 512]}, "split-experts": {"importance.0": [24], "importance.1": [24]}}
        if command in scores:
            (here / "scores.safetensors").write_bytes(safetensors(scores[command]))
            shutil.copytree(DATA / "models/bert_dynabert_rewired", here / "bert")
        if command == "calibrate":
            stand_in(here, "roberta", "roberta")
            (here / "models--roberta" / "snapshots" / ("0" * 40)).rename(here / "roberta")
            (here / "roberta" / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
        example = run(command, "--help").stdout.split("\nExample:\n")[1]
        done = subprocess.run(["bash", "-e", "-c", example], cwd=here, capture_output=True, text=True, env=environment)
        strange = [line for line in done.stderr.splitlines() if not line.startswith("compiling the type of ") and not line.endswith(" steps")]
        try:
            good = done.returncode == 0 and not strange and wanted[command](done.stdout, here)
        except Exception as e:
            good, strange = False, [repr(e)]
        expect(good, f"the example of {command}, {example!r}: exit {done.returncode}, {done.stdout[-600:]}{done.stderr[-600:]}{strange}")


def check_pictures_and_completion():
    done = run("picture", "bigbird_small", "--length", 640)
    expect(done.returncode == 0 and done.stdout.startswith("<svg") and "random" in done.stdout, f"picture: {done.stdout[:100]}{done.stderr}")
    expect("bigbird" in run("picture").stdout, "picture lists no patterns")
    expect(refused(run("picture", "full", "--length", 0)), "a pattern of no tokens is drawn")
    for shell in ("bash", "zsh"):
        expect("similar" in run("completion", shell).stdout, f"completion {shell} names no commands")
    for shell, start in (("bash", ["--norc", "--noprofile", "-i"]), ("zsh", ["-f", "-i"])):
        if shutil.which(shell):
            check_completion(shell, start)
        else:
            print(f"SKIPPED: completion in {shell}, which is not installed")


def check_completion(shell, start):
    """A person at the shell: what the tab key makes of the beginning of a command."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("my model", "models"):
            (pathlib.Path(folder) / name).mkdir()
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(folder)
            os.environ.update(PATH=f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}", TERM="dumb", HOME=folder, INPUTRC="/dev/null")
            os.execvp(shell, [shell, *start])
        seen = b""

        def shown(text):  # within twenty seconds
            nonlocal seen
            end = time.monotonic() + 20
            while text.encode() not in seen and time.monotonic() < end:
                if select.select([terminal], [], [], 0.2)[0]:
                    seen += os.read(terminal, 65536)
            return text.encode() in seen

        ready = "autoload -U compinit && compinit -u; " if shell == "zsh" else ""
        os.write(terminal, f"{ready}source <(weft completion {shell}); echo re''ady\n".encode())
        expect(shown("\nready"), f"{shell} does not read its completion: {seen}")
        for typed, wanted in (("weft sim", "weft similar "), ("weft embed --norm", "weft embed --normalize "), ("weft embed de", "weft embed demo "),
                              ("weft build demo --task cl", "--task classify "), ("weft inspect my", "weft inspect my\\ model/"),
                              ("weft verify ~/mod", "weft verify ~/models/"), ("weft completion z", "weft completion zsh "), ("weft picture win", "weft picture window "), ("weft passport demo --numeric bfloat16_", "--numeric bfloat16_weights ")):
            seen = b""
            os.write(terminal, typed.encode() + b"\t")
            expect(shown(wanted), f"{shell} completes {typed!r} to {seen}")
            os.write(terminal, b"\x15")  # the line is not run
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def commands():
    return [line.split()[0] for line in run("--help").stdout.split("Subcommands:")[1].splitlines() if line.startswith("  ")]


def check_command_line():
    expect(run("--help").returncode == 0, "--help does not exit with 0")
    for words in ([], *([c] for c in commands())):
        text = run(*words, "--help").stdout
        expect(text.count("\n") <= 24 and max(map(len, text.splitlines())) <= 80, f"the help of {words} does not fit a screen:\n{text}")
        expect(not words or "Example:\n  " in text, f"{words} has no example")
    expect(run("--version").stdout.startswith("0."), "--version prints no version")
    for wrong in ([], ["nonsense"], ["inspect"], ["tokenize", "--nonsense"]):
        expect(run(*wrong).returncode == 2, f"{wrong} does not exit with 2")


check_command_line()
check_inspect()
check_refusals()
check_tokenize()
check_type()
with tempfile.TemporaryDirectory() as compiled_once:
    flags = quick_flags(compiled_once)
    check_bench(flags)
    check_texts(flags)
check_pictures_and_completion()
print("\n".join(faults))
print(f"{passed} passed, {len(faults)} failed")
sys.exit(1 if faults else 0)
