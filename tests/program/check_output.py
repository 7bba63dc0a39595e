#!/usr/bin/env python3
"""What weft prints, where it compiles nothing: answers that cannot be written or texts that cannot be read end with exit 1 and
a sentence, whatever a terminal would obey is shown by its bytes, and a mistyped word gets a suggestion. Arguments: the
program, the folder of test data."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

# Colours, an end of line that begins a line of its own, CSI in one character, right to left, a byte that is not UTF-8.
EVIL = "x\x1b[31my\nINJECTED\r\x07z\x9b2Jw\u202ev\u2028"
EVIL_BYTES = EVIL.encode() + b"\x9b1m"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]|^INJECTED", re.M)
faults, passed = [], 0


def expect(holds, what):
    global passed
    passed += bool(holds)
    if not holds:
        faults.append(what)


def obeyed(*outputs, allowed=""):
    """The first thing in what a program said that a terminal would obey, or that is not UTF-8; None where all is shown."""
    for output in outputs:
        try:
            text = output.decode()
        except UnicodeDecodeError as e:
            return str(e)
        for found in OBEYED.finditer(text):
            if found[0] not in allowed or not found[0]:
                return f"{found[0]!r} in {text[max(0, found.start() - 60):found.end() + 60]!r}"
    return None


def safetensors(names):
    """A file with a tensor of four bytes for each name."""
    header = json.dumps({name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, name in enumerate(names)})
    return struct.pack("<Q", len(header)) + header.encode() + bytes(4 * len(names))


def check_lost_output(commands, program, environment=None):
    """Every command to a device that is full and to a descriptor that is closed."""
    for arguments, text in commands:
        with open("/dev/full", "w") as full:
            done = subprocess.run([program, *arguments], input=text, stdout=full, stderr=subprocess.PIPE, env=environment)
        expect(done.returncode == 1 and b"standard output: found No space left on device" in done.stderr, f"{arguments} to a full device: exit {done.returncode}, {done.stderr}")
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", program, *arguments], input=text, capture_output=True, env=environment)
        expect(done.returncode == 1 and b"standard output: found Bad file descriptor" in done.stderr, f"{arguments} to nowhere: exit {done.returncode}, {done.stderr}")
        done = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", program, *arguments], input=text, capture_output=True, env=environment)
        expect(done.returncode == 0 and done.stdout, f"{arguments} without standard error: exit {done.returncode}, {done.stdout}")


def check_unread_input(program, arguments, environment=None):
    folder = os.open("/", os.O_RDONLY)
    done = subprocess.run([program, *arguments], stdin=folder, capture_output=True, env=environment)
    os.close(folder)
    expect(done.returncode == 1 and b"standard input: found Is a directory" in done.stderr, f"{arguments} of a directory: exit {done.returncode}, {done.stderr}")
    done = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", program, *arguments], capture_output=True, env=environment)
    expect(done.returncode == 1 and b"standard input: found Bad file descriptor" in done.stderr, f"{arguments} of nothing: exit {done.returncode}, {done.stderr}")


def check_foreign_text(run, data, folder):
    """Every door through which a stranger's words come in."""
    def harmless(what, *arguments, said=None, text=None, code=None):
        done = run(*arguments, text=text)
        fault = obeyed(done.stdout, done.stderr)
        expect(fault is None, f"{what}: {fault}")
        expect(code is None or done.returncode == code, f"{what}: exit {done.returncode}, {done.stdout[-300:]}{done.stderr[-300:]}")
        expect(said is None or said in (done.stdout + done.stderr).decode(errors="replace"), f"{what} says {done.stdout[-300:]}{done.stderr[-300:]}, wanted {said}")
        return done

    model = data / "models" / "bert_classify2"
    configuration = json.loads((model / "config.json").read_text())
    shown = "x\\x1b[31my\\x0aINJECTED\\x0d\\x07z\\xc2\\x9b2Jw\\xe2\\x80\\xaev\\xe2\\x80\\xa8"

    def changed(**keys):
        where = pathlib.Path(tempfile.mkdtemp(dir=folder))
        for file in model.iterdir():
            shutil.copy(file, where)
        (where / "config.json").write_text(json.dumps({**configuration, **keys}))
        return where

    # Names of tensors: in the table, in reports of what is missing, unused or damaged.
    file = folder / "names.safetensors"
    file.write_bytes(safetensors([EVIL, "plain"]))
    harmless("the table of tensors", "inspect", file, said=shown, code=0)
    where = changed()
    (where / "model.safetensors").write_bytes(safetensors([EVIL, "bert." + EVIL]))
    harmless("a report of tensors", "inspect", where, said=shown, code=1)
    file.write_bytes(safetensors([EVIL]).replace(b"F32", b"F\x1b2"))
    harmless("a type of numbers", "inspect", file, code=1)
    file.write_bytes(safetensors(["a"]).replace(b'"a"', b'"\x9b"'))
    harmless("a header that is not UTF-8", "inspect", file, code=1)
    # config.json
    for key in ("model_type", "hidden_act", "position_embedding_type", "torch_dtype", "hidden_size", "attention_type", "tokenizer_class"):
        where = changed(**{key: EVIL})
        harmless(f"{key} for inspect", "inspect", where)
        harmless(f"{key} for type", "type", where)
        harmless(f"{key} for verify", "verify", where / "config.json", code=1)
    where = changed(architectures=["BertFor" + EVIL])
    for command in ("inspect", "type", "build", "embed"):
        harmless(f"architectures for {command}", command, where, *(["-o", folder / "no" / "such"] if command == "build" else []), text=b"")
    harmless("a key of many", "inspect", changed(**{EVIL: 1, "id2label": {EVIL: EVIL}}))
    where = changed()
    (where / "config.json").write_bytes(b'{"model_type": "bert", "' + EVIL_BYTES + b'": }')
    harmless("JSON that is none", "type", where, code=1)
    # Paths, in messages and in what becomes source.
    place = folder / EVIL
    shutil.copytree(model, place)
    done = harmless("a path in source", "type", place, code=0)
    expect(b"struct x_31my_injected_z_2jw_v\n" in done.stdout, f"type of an evil path says {done.stdout[:400]}")
    plain = run("type", model).stdout.decode().splitlines()
    lines = done.stdout.decode().splitlines()
    expect(len(lines) == len(plain) and all(a.partition("//")[0] == b.partition("//")[0] for a, b in zip(lines[1:], plain[1:]) if "struct" not in a),
           "a path with ends of lines changes the source")
    harmless("a path", "inspect", place, code=0)
    harmless("a path that is not there", "inspect", folder / EVIL / EVIL, code=1)
    bytes_place = os.fsencode(folder) + b"/" + EVIL_BYTES
    for command in ("inspect", "type", "verify", "tokenize", "build", "embed", "bench", "passport", "picture"):
        harmless(f"a path that is not UTF-8 for {command}", command, bytes_place, *(["--work", "b1s8"] if command == "bench" else []), code=1, text=b"")
    for command, options in (("bench", ["--work", EVIL]), ("build", ["-o", f"{EVIL}/a"]), ("build", ["--prefix", EVIL]), ("passport", ["--against", EVIL])):
        harmless(f"{command} {options}", command, model, *options, code=1)
    for arguments in ([EVIL], ["inspect", "a", EVIL], ["inspect", "--" + EVIL], ["embed", model, "--threads", EVIL], ["build", model, "--task", EVIL], ["--" + EVIL]):
        harmless(f"the command line {arguments}", *arguments, code=2)
    # Tokenizers: tokens of vocab.txt with line ends are none, but escape codes are.
    vocabulary = folder / "vocab.txt"
    vocabulary.write_bytes("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\x1b[31m\n\u202ea\n".encode())
    harmless("a special token", "tokenize", vocabulary, text=b"a [MASK]\n", code=0)
    tokenizer = json.loads((data / "tokenizers/bytelevel/roberta_saved/tokenizer.json").read_text())
    file = folder / "tokenizer.json"
    size = 1 + max([*tokenizer["model"]["vocab"].values(), *(t["id"] for t in tokenizer["added_tokens"])])
    token = {**tokenizer["added_tokens"][0], "id": size, "content": EVIL, "special": False, "normalized": False}
    file.write_text(json.dumps({**tokenizer, "added_tokens": [*tokenizer["added_tokens"], {**token, "content": "q\x1b[31mq"}]}))
    harmless("an added token", "tokenize", file, text=b"a q\x1b[31mq b\n", said="q\\x1b[31mq", code=0)
    done = harmless("an added token in JSON", "tokenize", file, "--json", text="a q\x1b[31mq \x9b\u202e\n".encode(), code=0)
    expect("q\x1b[31mq" in json.loads(done.stdout)["tokens"], f"tokenize --json says {done.stdout}")
    for part in ("normalizer", "pre_tokenizer", "post_processor", "model", "decoder"):
        file.write_text(json.dumps({**tokenizer, part: {"type": EVIL, EVIL: EVIL}}))
        harmless(f"{part} of a tokenizer", "tokenize", file, text=b"a\n")
    file.write_bytes(b'{"version": "' + EVIL_BYTES + b'"')
    harmless("a tokenizer that is none", "tokenize", file, text=b"a\n", code=1)


def check_suggestions(run):
    for arguments, sentence in ((["clasify"], "no such command: \"clasify\"; did you mean classify?"), (["clasify", "--help"], "did you mean classify?"),
                                (["--help", "clasify"], "did you mean classify?"), (["tokenise", "demo"], "did you mean tokenize?"),
                                (["comp"], "did you mean completion?"), (["pasport"], "did you mean passport?"), (["embed", "demo", "--normalise", "a"], "did you mean --normalize?"),
                                (["bench", "demo", "--work", "R", "--thread", "2"], "did you mean --threads?"), (["picture", "--lenght=3"], "did you mean --length?")):
        done = run(*arguments)
        expect(done.returncode == 2 and sentence in done.stderr.decode() and not done.stdout, f"{arguments}: exit {done.returncode}, {done.stdout}{done.stderr}")
    done = run("xyzzy", "--help")
    expect(done.returncode == 2 and b"did you mean" not in done.stderr and b"weft --help" in done.stderr, f"xyzzy --help: {done}")
    expect(run("--help").returncode == 0 and run("embed", "--help").returncode == 0 and run().returncode == 2, "exit codes of --help and of nothing")


def main():
    program, data = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()

    def run(*arguments, text=None):
        return subprocess.run([program, *arguments], input=text if text is not None else b"", capture_output=True)

    model = data / "models" / "bert_classify2"
    text = b"a cat\n" * 3
    vocabulary = data / "tokenizers/wordpiece/vocab_uncased.txt"
    quiet = [["inspect", model], ["inspect", model / "config.json"], ["inspect", model / "model.safetensors"], ["type", model], ["picture"],
             ["picture", "bigbird_small"], ["completion", "bash"], ["completion", "zsh"], ["--help"], ["--version"], ["embed", "--help"]]
    check_lost_output([*((arguments, b"") for arguments in quiet), (["tokenize", vocabulary], text), (["tokenize", vocabulary, "--json"], text)], program)
    check_unread_input(program, ["tokenize", vocabulary])
    with tempfile.TemporaryDirectory() as folder:
        check_foreign_text(run, data, pathlib.Path(folder))
    check_suggestions(run)
    for fault in faults:
        print(fault)
    print(f"output: {passed} held, {len(faults)} did not")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
