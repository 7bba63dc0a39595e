#!/usr/bin/env python3
"""The program weft as scripts call it: exit codes, verdicts on unsound input, JSON lines. Arguments: the program, the
folder of test data."""
import json
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, DATA = sys.argv[1], pathlib.Path(sys.argv[2])
passed, faults = 0, []


def run(*arguments, text=None, environment=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], input=text, capture_output=True, text=True, env=environment)


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


def check_type_and_verify():
    done = run("type", DATA / "models/electra_narrow")
    expect(done.returncode == 0 and "struct electra_narrow" in done.stdout and "factorised<16>" in done.stdout, f"type says {done.stdout}")
    expect("weft::words_and_positions" in run("type", DATA / "models/distilbert").stdout, "type of DistilBERT")
    import os
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "WEFT_CACHE": cache}
        for name in ("electra_generator", "electra_generator"):  # compiled, then from the cache
            done = run("verify", DATA / "models" / name, environment=environment)
            expect(done.returncode == 0 and "logits.1" in done.stdout, f"verify {name}: exit {done.returncode}, {done.stdout[-500:]}{done.stderr[-500:]}")
        expect(len(list(pathlib.Path(cache).iterdir())) == 1, "the cache does not hold exactly one program")
        # Results that are not the model's: another case's, of the same shapes.
        folder = pathlib.Path(cache) / "wrong"
        folder.mkdir()
        for file in ("config.json", "expected.safetensors"):
            (folder / file).write_bytes((DATA / "models/electra_generator" / file).read_bytes())
        weights = bytearray((DATA / "models/electra_generator/model.safetensors").read_bytes())
        weights[-4:] = b"\x00\x00\xa0\x40"  # one number is now 5
        (folder / "model.safetensors").write_bytes(weights)
        done = run("verify", folder, environment=environment)
        expect(done.returncode == 1 and "PAST TOLERANCE" in done.stdout, "verify does not notice a changed weight")
    expect(refused(run("verify", DATA / "malformed/base")), "verify without expected.safetensors is not refused")


def check_bench():
    import os
    model = DATA / "models/bert_mlm"  # 64 positions, a class with a head
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "WEFT_CACHE": cache}
        done = run("bench", model, "--work", "b1s8,b3s20", "--threads", 2, "--seconds", 0.01, "--json", environment=environment)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        expect(done.returncode == 0 and [o["work"] for o in said] == ["b1s8", "b3s20"], f"bench: exit {done.returncode}, {done.stdout}{done.stderr}")
        for o in said:
            expect(o["model"] == "bert_mlm" and o["threads"] == 2 and o["n"] >= 7 and 0 < o["min_ms"] <= o["median_ms"], f"bench says {o}")
            expect(0 <= o["fraction_of_peak"] <= max(1, o["fraction_of_limit"]) and o["read_gbytes"] > 0 and o["best_peak_gflops"] >= o["peak_gflops"], f"bench says {o}")
        # 2 layers of width 32 and 64: linears of 8,192 weights, and attention.
        expect(said and abs(said[0]["gflop"] - 2 * 2 * (8 * 8192 + 2 * 8 * 8 * 32) * 1e-9) < 1e-10, f"bench counts {said}")
        done = run("bench", model, "--work", "b1s8", "--seconds", 0, environment=environment)  # from the cache
        expect(done.returncode == 0 and "of peak" in done.stdout and "compiling" not in done.stderr, f"bench's table is {done.stdout}{done.stderr}")
        for arguments, sentence in ((["--work", "b1x8"], "wanted bNsM"), (["--work", "b1s65"], "found 64, wanted at least 65, the longest text of b1s65"),
                                    (["--work", "b1s8", "--threads", "0"], "--threads: found 0"), (["--work", "b1s8", "--seconds", "-1"], "--seconds: found -1")):
            done = run("bench", model, *arguments, environment=environment)
            expect(refused(done) and sentence in done.stderr, f"bench {arguments} says {done.stderr!r}")
        for where, sentence in ((DATA / "models", "no config.json"), (model / "config.json", "no directory"), (DATA / "nowhere", "no such file")):
            done = run("bench", where, "--work", "b1s8", environment=environment)
            expect(refused(done) and sentence in done.stderr, f"bench {where} says {done.stderr!r}")
        expect(len(list(pathlib.Path(cache).iterdir())) == 1, "bench's cache does not hold exactly one program")
    expect(run("bench", model).returncode == 2, "bench without --work does not exit with 2")


def check_command_line():
    expect(run("--help").returncode == 0, "--help does not exit with 0")
    expect(run("--version").stdout.startswith("0."), "--version prints no version")
    for wrong in ([], ["nonsense"], ["inspect"], ["tokenize", "--nonsense"]):
        expect(run(*wrong).returncode == 2, f"{wrong} does not exit with 2")


check_command_line()
check_inspect()
check_tokenize()
check_type_and_verify()
check_bench()
print("\n".join(faults))
print(f"{passed} passed, {len(faults)} failed")
sys.exit(1 if faults else 0)
