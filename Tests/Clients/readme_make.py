"""Tests what the README says of `make`: how a build tells how far it is, and what is installed.

Usage: readme_make.py FOLDER
FOLDER has the programs as they were built. The scripts run in a copy of the repository's front door,
with a compiler that only says what SwiftPM says. The last line is `N passed, M failed`.
"""

import filecmp
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile

from support import expect

PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

COMPILER = """#!/bin/bash
case "$*" in *--show-bin-path*) echo "$BIN_PATH"; exit ;; esac
echo "Fetching https://example.org/package" >&2
echo "[1/1] Compiling plugin GenerateManual"
for n in $(seq 1 200); do
    echo "[$n/200] Compiling Frames File$n.swift"
    if [ "$n" = 100 ]; then
        printf '%s\\n' "/source/File.swift:3:4: warning: a long one, $(printf 'x%.0s' {1..200})" "" " 3 | let x"
        # Longer than the reader waits for a line; then the rest of it.
        printf '[101/200] Compiling'; sleep 1.3; echo " the slow one"
    fi
done
echo "error: the last word" >&2
exit "${EXIT_CODE:-0}"
"""


class Copy:
    """What `make` needs of the repository, elsewhere, with the compiler above."""

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.directory.name) / "repository"
        self.root.mkdir()
        for folder in ("scripts", "public"):
            shutil.copytree(ROOT / folder, self.root / folder)
        shutil.copy(ROOT / "Makefile", self.root)
        compiler = pathlib.Path(self.directory.name) / "compiler/swift"
        compiler.parent.mkdir()
        compiler.write_text(COMPILER)
        compiler.chmod(0o755)
        self.environment = {
            **os.environ, "PATH": f"{compiler.parent}:{os.environ['PATH']}",
            "BIN_PATH": str(PROGRAMS), "TERM": "xterm"}
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def build(self, *arguments, code=0):
        """What scripts/build writes where it is not on a terminal, from another working directory."""
        ran = subprocess.run(
            [self.root / "scripts/build", *arguments], cwd="/", capture_output=True, text=True,
            env={**self.environment, "EXIT_CODE": str(code)}, timeout=60)
        expect("exit code", ran.returncode, code)
        expect("standard output", ran.stdout, "")
        return ran.stderr


def first_build_is_announced():
    with Copy() as copy:
        for arguments, minutes in ((["-c", "release"], 7), (["--build-tests"], 9)):
            said = copy.build(*arguments)
            expect("the announcement", f"That took {minutes} minutes on two cores" in said, True)
        products = copy.root / ".build/release/dir-gateway"
        products.parent.mkdir(parents=True)
        products.touch()
        said = copy.build("-c", "release")
        expect("a second build", "only what has changed" in said, True)
        expect("a second build", "minutes" in said, False)


def progress_without_a_terminal():
    with Copy() as copy:
        said = copy.build(code=7)
        steps = [int(step) for step in re.findall(r"^build: \d+:\d\d  (\d+) %  \[", said, re.M)]
        expect("steps", steps, list(range(10, 101, 10)))
        everything_else_is_whole(said)


def progress_on_a_terminal():
    with Copy() as copy:
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [copy.root / "scripts/build"], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
            env={**copy.environment, "EXIT_CODE": "7"})
        os.close(slave)
        said = ""
        try:
            while data := os.read(master, 65536):
                said += data.decode()
        except OSError:
            pass  # the terminal's last program has ended
        finally:
            os.close(master)
        expect("exit code", process.wait(20), 7)
        moves = re.findall(r"\r\x1b\[Kbuild: \d+:\d\d  [^\r\n]*", said)
        # It moves while a single file is being compiled, and stays on its line.
        if len(moves) < 2 or "50 %  [100/200]  " not in said:
            raise AssertionError(f"{len(moves)} moves in {said!r}")
        everything_else_is_whole(said.replace("\r\n", "\n").replace("\r\x1b[K", "\n"))


def everything_else_is_whole(said):
    lines = said.splitlines()
    expect("a line without text", lines[lines.index(" 3 | let x") - 1], "")
    for line in ("Fetching https://example.org/package", " 3 | let x", "error: the last word",
                 "/source/File.swift:3:4: warning: a long one, " + "x" * 200):
        expect(f"times of {line!r}", lines.count(line), 1)


def install_brings_the_dashboard():
    with Copy() as copy:
        for prefix, staging in (("/opt/gateway", "staging"), ("/usr/local", "other")):
            target = pathlib.Path(copy.directory.name) / staging
            stale = target / prefix[1:] / "share/directory-gateway/public/stale.js"
            stale.parent.mkdir(parents=True)
            stale.touch()
            subprocess.run(
                ["make", "-C", copy.root, "install", f"PREFIX={prefix}", f"DESTDIR={target}"],
                cwd="/", env=copy.environment, check=True, capture_output=True, timeout=60)
            installed = target / prefix[1:]
            for program in ("dir-gateway", "dirctl"):
                ran = subprocess.run([installed / "bin" / program, "--help"], capture_output=True)
                expect(f"exit code of {program}", ran.returncode, 0)
            pages = installed / "share/directory-gateway/public"
            expect("the dashboard", files(pages), files(ROOT / "public"))
            for name in files(pages):
                expect(name, filecmp.cmp(pages / name, ROOT / "public" / name, False), True)
                expect(f"mode of {name}", (pages / name).stat().st_mode & 0o777, 0o644)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def main():
    tests = [first_build_is_announced, progress_without_a_terminal, progress_on_a_terminal,
             install_brings_the_dashboard]
    failed = 0
    for test in tests:
        name = test.__name__.replace("_", " ")
        try:
            test()
            print(f"ok: {name}", flush=True)
        except Exception as error:
            failed += 1
            print(f"failed: {name}: {type(error).__name__}: {error}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
