#!/usr/bin/env python3
"""Files and folders of the program weft: what it replaces, what it trusts, what it leaves behind. A stand-in for the
compiler makes shell scripts, so that nothing here takes long. Arguments: the program, the folder of test data."""
import json
import os
import pathlib
import resource
import shlex
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time

PROGRAM, DATA = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
DEMO = DATA.parent.parent / "examples/classify/electra-gloss"
passed, faults = 0, []


def expect(holds, what):
    global passed
    passed += bool(holds)
    if not holds:
        faults.append(what)


def refused(done, *sentences):
    """Exit 1, and a message of its own on standard error."""
    return done.returncode == 1 and "weft: " in done.stderr and all(s in done.stderr for s in sentences)


# Tensors are compared in earnest, so the program that says which a type needs is compiled in earnest, once for each type.
KEPT = tempfile.TemporaryDirectory(prefix="weft_describe_")
COMPILE_ONCE = f"""
import hashlib, os, pathlib, shutil, subprocess, sys
out, source = sys.argv[sys.argv.index("-o") + 1:][:2]
kept = pathlib.Path({KEPT.name!r}, hashlib.sha256(pathlib.Path(source).read_bytes()).hexdigest())
if not kept.exists():
    subprocess.run([{os.environ.get("CXX") or "c++"!r}, *sys.argv[1:]], check=True)
    shutil.copy(out, kept)
shutil.copy(kept, out)
"""
COMPILER = f"""#!/bin/sh
case "$*" in */describe.cpp*) exec {shlex.quote(sys.executable)} -c {shlex.quote(COMPILE_ONCE)} "$@";; esac
%s
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho compiled\\n' > "$2" && chmod +x "$2"
"""


def compiler(folder, first=":", name="compiler"):
    (folder / name).write_text(COMPILER % first)
    (folder / name).chmod(0o755)
    return str(folder / name)


class place:
    """A folder with a model, a cache and a compiler of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.model = pathlib.Path(shutil.copytree(DEMO, self.folder / "m.model"))
        (self.model / "notes.md").write_text("precious")
        self.cache = self.folder / "cache"
        self.environment = {**os.environ, "CXX": compiler(self.folder), "WEFT_CACHE": str(self.cache)}

    def run(self, *arguments, environment=None, **how):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=self.folder,
                              env={**self.environment, **(environment or {})}, **how)

    def tree(self):
        """Everything but the cache: path to bytes."""
        return {str(p.relative_to(self.folder)): os.readlink(p) if p.is_symlink() else p.read_bytes() if p.is_file() else None
                for p in sorted(self.folder.rglob("*")) if self.cache not in [p, *p.parents]}


def check_nothing_foreign_is_replaced(at):
    at.run("classify", "m.model", "a")  # from now on nothing is to be compiled
    (at.folder / "mine").write_text("mine")
    (at.folder / "mine.h").write_text("mine")
    (at.folder / "mine.svg").write_text("<svg/>")
    for name in ("folder", "other.model", "other.model.part", "listed.model"):
        (at.folder / name).mkdir()
        (at.folder / name / "mine").write_text("mine")
    (at.folder / "listed.model" / "weft-packed.txt").write_text("a list that weft did not write\n")
    (at.folder / "link").symlink_to("mine")
    (at.folder / "nowhere").symlink_to("absent")
    (at.folder / "linked.model").symlink_to("folder")
    os.link(at.model / "model.safetensors", at.folder / "weights")
    (at.folder / "to the model").symlink_to("m.model")
    before = at.tree()
    for arguments in (["-o", "mine"], ["-o", "m.model"], ["-o", "m.model/"], ["-o", "."], ["-o", ".."], ["-o", "folder"], ["-o", "folder/.."], ["-o", "mine/"],
                      ["-o", "m.model/model.safetensors"], ["-o", "to the model/config.json"], ["-o", "weights"], ["-o", "link"], ["-o", "nowhere"],
                      ["-o", "/dev/null"], ["-o", "no/such"], ["-o", "mine/below"], ["-o", "other", "--packed"], ["-o", "listed", "--packed"], ["-o", "linked", "--packed"],
                      ["-o", "mine.so", "--library"], ["-o", "new.h", "--library"], ["-o", "m.model/config.json", "--inside"], ["-o", "mine", "--library", "--inside"]):
        done = at.run("build", "m.model", *arguments)
        expect(refused(done, "found ") and at.tree() == before, f"build {arguments}: {done}")
    for arguments in (["-o", "mine.svg"], ["-o", "mine"], ["-o", "folder"], ["-o", "link"], ["-o", "m.model/config.json"], ["-o", "no/such.svg"]):
        for what in (["full"], ["m.model", "a sentence"]):
            done = at.run("picture", *what, *arguments)
            expect(refused(done) and at.tree() == before, f"picture {what} {arguments}: {done}")
    expect(pathlib.Path("/dev/null").is_char_device(), "/dev/null is gone")
    # A copy that would lie where the model lies in.
    (at.folder / "outer.model").mkdir()
    shutil.copytree(DEMO, at.folder / "outer.model" / "inner")
    before = at.tree()
    done = at.run("build", "outer.model/inner", "-o", "outer", "--packed")
    expect(refused(done, "lies in") and at.tree() == before, f"a copy around its model: {done}")


def check_own_is_replaced(at):
    source = {p.name: p.read_bytes() for p in at.model.iterdir()}
    for arguments in (["-o", "one"], ["-o", "two", "--inside"], ["-o", "three", "--packed"], ["-o", "four.so", "--library"], ["-o", "m", "--packed"]):
        for again in range(2):
            done = at.run("build", "m.model", *arguments)
            expect(done.returncode == 0 and os.access(at.folder / arguments[1], os.X_OK), f"build {arguments}, time {again}: {done}")
    expect({p.name: p.read_bytes() for p in at.model.iterdir()} == source, "m --packed changes the model that lies there already")
    expect((at.folder / "four.h").read_text().endswith("*/\n") and "weft_c_open" in (at.folder / "four.h").read_text(), "four.h")
    copied = at.folder / "three.model"
    expect(sorted(p.name for p in copied.iterdir()) == ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "weft-packed.txt"],
           f"three.model holds {list(copied.iterdir())}")
    # A packed copy can be packed again, and is replaced as a whole by another model's.
    done = at.run("build", "three.model", "-o", "five", "--packed")
    expect(done.returncode == 0 and (at.folder / "five.model/weft-packed.txt").read_bytes() == (copied / "weft-packed.txt").read_bytes(), f"packed twice: {done}")
    other = pathlib.Path(shutil.copytree(at.model, at.folder / "other"))
    (other / "vocab.txt").unlink()
    done = at.run("build", "other", "-o", "three", "--packed")
    expect(done.returncode == 0 and not (copied / "vocab.txt").exists(), f"another model's copy: {done}")
    for change in (lambda: (copied / "notes").write_text("mine"), lambda: (copied / "sub").mkdir(), lambda: (copied / "link").symlink_to("config.json"),
                   lambda: (copied / "config.json").write_text((copied / "config.json").read_text() + "\n")):
        change()
        before = at.tree()
        done = at.run("build", "m.model", "-o", "three", "--packed")
        expect(refused(done, "three.model/") and at.tree() == before, f"a changed copy: {done}")
        for new in ("notes", "link"):
            (copied / new).unlink(missing_ok=True)
        if (copied / "sub").exists():
            (copied / "sub").rmdir()
    for name in ("one", "four.h", "four.so"):  # what somebody changed is theirs
        with open(at.folder / name, "a") as file:
            file.write("x\n")
        before = at.tree()
        done = at.run("build", "m.model", "-o", name.replace(".h", ".so"), *(["--library"] if "four" in name else []))
        expect(refused(done, name, "changed since") and at.tree() == before, f"a changed {name}: {done}")
    for what in (["full"], ["m.model"]):
        done = [at.run("picture", *what, "-o", what[0] + ".svg") for _ in range(2)]
        expect([d.returncode for d in done] == [0, 0] and (at.folder / (what[0] + ".svg")).read_text().endswith("-->\n"), f"picture {what} twice: {done}")
    done = at.run("picture", "full", "-o", "/dev/stdout")
    expect(done.stdout.startswith("<svg") and done.stdout.endswith("</svg>\n"), "a picture to /dev/stdout")
    expect(refused(at.run("picture", "full", "-o", "/dev/full"), "/dev/full", "No space left"), "a picture to a full device")
    expect(not [p for p in at.tree() if ".part-" in p or ".old-" in p], f"builds leave {list(at.tree())}")


def check_nothing_is_half_done(at):
    """A compiler that fails, or is interrupted, leaves what was there and nothing else."""
    at.run("build", "m.model", "-o", "one", "--packed")
    failing = {"CXX": compiler(at.folder, "echo no good; exit 1", "failing"), "WEFT_CACHE": str(at.cache / "second")}
    before = at.tree()
    before = at.tree()
    done = at.run("build", "m.model", "-o", "one", "--packed", environment=failing)
    expect(refused(done, "did not compile", "no good", "the source is kept") and at.tree() == before, f"a compiler that fails: {done}")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        cache, started = at.cache / f"cache {number}", at.cache / f"started {number}"
        slow = {**at.environment, "CXX": compiler(at.folder, f"echo $$ >> {shlex.quote(str(started))}; sleep 60; sleep 60", "slow"), "WEFT_CACHE": str(cache)}
        before = at.tree()
        child = subprocess.Popen([PROGRAM, "build", "m.model", "-o", "one", "--packed"], stderr=subprocess.PIPE, cwd=at.folder, env=slow)
        child.stderr.readline()  # it says that it compiles
        end = time.monotonic() + 20
        while time.monotonic() < end and not (started.exists() and started.read_text().count("\n") == 2):
            time.sleep(0.01)
        child.send_signal(number)  # to weft alone
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
        expect(child.returncode == -number and at.tree() == before and [p.name.partition("-")[0] for p in cache.iterdir()] == ["describe"], f"{number!r} ends it with {child.returncode}, and the cache holds {list(cache.iterdir())}")
        for one in started.read_text().split():
            expect(not pathlib.Path("/proc", one).exists(), f"{number!r} leaves a compiler")


def check_cache_is_private(at):
    def program():  # the cache holds objects and the program
        return at.run("classify", "m.model", "a")

    expect(program().stdout == "compiled\n" and stat.S_IMODE(at.cache.stat().st_mode) == 0o700, f"the cache's mode is {at.cache.stat().st_mode:o}")
    name = next(p.name for p in at.cache.glob("classify-*") if p.suffix != ".o")

    def poisoned(cache):
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(at.cache, cache)
        (cache / name).write_text("#!/bin/sh\necho OWNED\n")
        return cache

    def notices(done, *sentences):
        return done.returncode == 0 and done.stdout == "compiled\n" and all(s in done.stderr for s in ("weft: ", "this run only", *sentences))

    temporary = at.folder / "temporary"
    temporary.mkdir()
    absent = {"WEFT_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "", "TMPDIR": str(temporary)}
    poisoned(temporary / f"weft-{os.getuid()}")
    done = at.run("classify", "m.model", "a", environment=absent)
    expect(notices(done, "HOME") and len(list(temporary.iterdir())) == 1, f"without HOME: {done}, {list(temporary.iterdir())}")
    done = at.run("build", "m.model", "-o", "without", environment=absent)
    expect(done.returncode == 0 and len(list(temporary.iterdir())) == 1, f"build without HOME: {done}, {list(temporary.iterdir())}")
    for mode in (0o777, 0o770, 0o702, 0o1777):
        cache = poisoned(at.folder / "writable")
        cache.chmod(mode)
        expect(notices(at.run("classify", "m.model", "a", environment={"WEFT_CACHE": str(cache)}), str(cache), "others can write"), f"a cache of mode {mode:o}")
    (at.folder / "cache link").symlink_to(poisoned(at.folder / "target"))
    expect(notices(at.run("classify", "m.model", "a", environment={"WEFT_CACHE": str(at.folder / "cache link")}), "symbolic link"), "a cache behind a link")
    expect(notices(at.run("classify", "m.model", "a", environment={"WEFT_CACHE": str(at.folder / "cache link") + "/"}), "symbolic link"), "a cache behind a link/")
    (at.folder / "open").mkdir()
    (at.folder / "open").chmod(0o777)  # where anybody may rename what is in it
    poisoned(at.folder / "open/weft")
    expect(notices(at.run("classify", "m.model", "a", environment={"WEFT_CACHE": "", "XDG_CACHE_HOME": str(at.folder / "open")}), "others can write"), "a cache in a folder of all")
    if os.getuid() == 0:
        cache = poisoned(at.folder / "of another")
        os.chown(cache, 65534, 65534)
        expect(notices(at.run("classify", "m.model", "a", environment={"WEFT_CACHE": str(cache)}), "user 65534"), "a cache of another user")
    else:
        print("SKIPPED: a cache of another user, as this is not root")
        done = at.run("classify", "m.model", "a", environment={**absent, "HOME": "/proc/nobody"})
        expect(notices(done, "/proc/nobody"), f"with a HOME that is not there: {done}")
    home = at.folder / "home"
    home.mkdir()
    done = at.run("classify", "m.model", "a", environment={"WEFT_CACHE": "", "XDG_CACHE_HOME": "", "HOME": str(home)})
    expect(done.stdout == "compiled\n" and "this run" not in done.stderr and (home / ".cache/weft").is_dir(), f"in a new home: {done}")
    (at.folder / "a file").write_text("")
    done = at.run("classify", "m.model", "a", environment={"WEFT_CACHE": str(at.folder / "a file/cache")})
    expect(refused(done, "set WEFT_CACHE"), f"a cache that cannot be made: {done}")


def check_damage(at):
    """A program of the cache that is empty, cut or changed is made anew; so are objects."""
    at.run("classify", "m.model", "a")
    kept = {p: p.read_bytes() for p in at.cache.iterdir()}
    expect(sorted(p.name.partition("-")[0] for p in kept) == ["classify", "classify", "describe", "readers"], f"the cache holds {list(kept)}")
    for file, content in kept.items():
        for damage in (b"", content[:-1], content[1:], b"\x7fELF" + content[4:], content[:10] + b"x" + content[11:], content + b"#\n", content + content):
            file.write_bytes(damage)
            describes = file.name.startswith("describe-")
            if file.suffix == ".o" or describes:  # read only where the program is made, or its objects are
                for other in kept:
                    if other != file and (describes or other.suffix != ".o"):
                        other.unlink()
            done = at.run("classify", "m.model", "a")
            expect(done.returncode == 0 and done.stdout == "compiled\n", f"{file.name} as {damage}: {done}")
            expect({p: p.read_bytes() for p in at.cache.iterdir()} == kept, f"{file.name} as {damage} is not made anew")
    # Folders that are named like those that it works in, but are not.
    (at.cache / "part-1-of-a-book").mkdir()
    (at.cache / "part-1-of-a-book" / "chapter").write_text("mine")
    os.utime(at.cache / "part-1-of-a-book", (0, 0))
    (at.cache / "part-abcdef").mkdir()
    (at.cache / "part-abcdef" / ".weft-work").write_text("")
    os.utime(at.cache / "part-abcdef", (0, 0))
    for p in kept:
        p.unlink()
    at.run("classify", "m.model", "a")
    expect(sorted(p.name for p in at.cache.iterdir() if p not in kept) == ["part-1-of-a-book"], f"the cache holds {list(at.cache.iterdir())}")


def check_same_numbers(at):
    """Runs whose process numbers are equal, as those of two containers."""
    command = ["unshare", "--pid", "--fork", "--kill-child", PROGRAM, "classify", "m.model", "--quiet", "a"]
    if subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode:
        print("SKIPPED: equal process numbers, as unshare is not allowed here")
        return
    environment = {**at.environment, "CXX": compiler(at.folder, "sleep 0.3", "slow")}
    for _ in range(3):
        shutil.rmtree(at.cache, ignore_errors=True)
        runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=at.folder, env=environment) for _ in range(4)]
        said = [child.communicate() for child in runs]
        expect(all(s == ("compiled\n", "") for s in said), f"equal process numbers: {said}")
        expect(len(list(at.cache.iterdir())) == 4, f"the cache holds {list(at.cache.iterdir())}")


def check_strange_paths(at):
    for name in ("a,comma", "-dash", "@at", "a space", "it's \"quoted\"", "new\nline", "back\\slash", "a%d$HOME", "a:colon", "\u00fc\u4e2d", "*"):
        cache = "cache/" + name
        done = at.run("build", "m.model", "--library", f"--output={name}.so", environment={"WEFT_CACHE": cache})
        expect(done.returncode == 0 and (at.folder / (name + ".so")).exists() and (at.folder / (name + ".h")).exists(), f"a path of {name!r}: {done}")


def check_full_disk(at):
    disk = at.folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none", disk], capture_output=True).returncode:
        print("SKIPPED: a full disk, as nothing can be mounted here")
        return
    try:
        for first in (f"head -c 1000000 /dev/zero > {shlex.quote(str(disk))}/fill", 'echo cannot write: No space left on device >&2; exit 1'):
            for arguments in (["classify", "m.model", "a"], ["build", "m.model", "-o", "from a full disk"]):
                done = at.run(*arguments, environment={"WEFT_CACHE": str(disk / "cache"), "CXX": compiler(at.folder, first, "filling")})
                expect(refused(done, "No space left on device", "room") and "did not compile" not in done.stderr, f"a full disk: {done}")
                (disk / "fill").unlink(missing_ok=True)
                expect(not list((disk / "cache").glob("part-*")), f"a full disk keeps {list((disk / 'cache').iterdir())}")
        before = {p.name: p.read_bytes() for p in disk.glob("*") if p.is_file()}
        for arguments in (["--inside"], ["--packed"]):
            done = at.run("build", "m.model", "-o", disk / "large", *arguments)
            expect(refused(done, "room") and {p.name: p.read_bytes() for p in disk.glob("*") if p.is_file()} == before, f"build {arguments} on a full disk: {done}")
            expect(sorted(p.name for p in disk.iterdir()) == ["cache"], f"build on a full disk leaves {list(disk.iterdir())}")
        (disk / "fill").write_bytes(bytes(230_000))
        done = at.run("picture", "full", "-o", disk / "full.svg")
        expect(refused(done, "No space left on device") and not (disk / "full.svg").exists(), f"a picture on a full disk: {done}")
    finally:
        subprocess.run(["umount", disk])


def rewritten(model, change):
    """Changes the table of a model.safetensors whose bytes stay."""
    file = model / "model.safetensors"
    content = file.read_bytes()
    length, = struct.unpack("<Q", content[:8])
    table = json.loads(content[8:8 + length])
    change(table)
    text = json.dumps(table).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length:])


def check_unsound_is_refused_first(at):
    """Before its type is compiled: what is missing, of another shape, or another model's."""
    body, head = "electra.encoder.layer.1.attention.self.key.bias", "classifier.out_proj.weight"

    def without(name):
        def change(table):
            table["unused"] = table.pop(name)
        return change

    def other_shape(table):
        table[body]["shape"] = [2, table[body]["shape"][0] // 2]

    everything = (["classify", "a"], ["embed", "a"], ["similar", "--query", "a", "b"], ["build", "-o", "new"], ["verify"], ["bench", "--work", "b1s8"], ["passport"],
                  ["picture", "a sentence", "-o", "new.html"])
    for change, sentence, commands in ((without(body), body, everything), (other_shape, "found [", everything),
                                       (without(head), head, [c for c in everything if c[0] in ("classify", "build", "verify")])):
        model = pathlib.Path(shutil.copytree(DEMO, at.folder / "unsound", dirs_exist_ok=True))
        rewritten(model, change)
        for command, *rest in commands:
            before = at.tree()
            done = at.run(command, "unsound", *rest)
            expect(refused(done, sentence, "tensors do not fit") and "compiling" not in done.stderr and at.tree() == before, f"{command} of a model without {sentence}: {done}")
    model = pathlib.Path(shutil.copytree(DEMO, at.folder / "other words"))
    (model / "tokenizer.json").unlink()
    (model / "vocab.txt").write_text((model / "vocab.txt").read_text() + "one\nmore\n")
    for command in ("classify", "embed", "build"):
        done = at.run(command, "other words", *(["-o", "new"] if command == "build" else ["a"]))
        expect(refused(done, "vocabulary: found 8002 tokens, wanted at most 8000") and "compiling" not in done.stderr, f"{command} with another vocabulary: {done}")
    done = at.run("classify", "m.model", "--max-length", 1000, "a")
    expect(refused(done, "max_length: found 1000, wanted 0 to 128") and "compiling" not in done.stderr, f"--max-length 1000: {done}")
    done = at.run("embed", "unsound", "a")  # it needs no head
    expect(done.returncode == 0, f"embed without a head: {done}")


def check_foreign_messages(at):
    """What the system or the standard library says stands in a sentence with the file."""
    (at.folder / "loop").symlink_to("loop")
    long = "n" * 300
    cases = [(["build", "m.model", "-o", "loop/x"], "loop/x"), (["build", "m.model", "-o", "loop"], "loop"), (["build", "m.model", "-o", long], long),
             (["picture", "full", "-o", long], long), (["picture", "full", "-o", "loop/x"], "loop/x"), (["picture", long], long)]
    for command in (["inspect"], ["type"], ["verify"], ["tokenize"], ["classify"], ["build"], ["bench", "--work", "b1s8"], ["passport"], ["picture"]):
        for where in ("loop", "loop/config.json", "loop/deeper/still", long, long + "/model", "m.model/config.json/x", ""):
            cases.append(([command[0], where, *command[1:]], where))
    for arguments, named in cases:
        done = at.run(*arguments, stdin=subprocess.DEVNULL)
        listed = arguments == ["picture", ""]  # the patterns
        expect(listed or done.returncode in (1, 2) and named in done.stderr and not any(foreign in done.stderr for foreign in ("filesystem error", "std::", "terminate", "basic_")),
               f"{arguments}: {done}")
    for kilobytes in range(20000, 60000, 8000):
        done = at.run("inspect", "m.model", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (kilobytes * 1024,) * 2))
        started = "error while loading shared libraries" not in done.stderr and done.returncode != -11
        expect(not started or done.returncode == 0 or refused(done) and "bad_alloc" not in done.stderr, f"inspect in {kilobytes} kB: {done}")


for check in (check_nothing_foreign_is_replaced, check_own_is_replaced, check_nothing_is_half_done, check_cache_is_private, check_damage, check_same_numbers,
              check_strange_paths, check_full_disk, check_unsound_is_refused_first, check_foreign_messages):
    with tempfile.TemporaryDirectory(prefix="weft's, \"files\" ") as folder:
        check(place(folder))
print("\n".join(faults))
print(f"{passed} passed, {len(faults)} failed")
sys.exit(1 if faults else 0)
